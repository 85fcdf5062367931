/** The lock of a record, and the line for it. */
import { checkLease, checkOwner, checkTtl, expiryOf } from '../../rules.ts';
import type { Lease, LockResult, Owner, Seconds } from '../../store.ts';
import * as x from './expressions.ts';
import { LOCK_OWNER, entryOf, leaseOf, stateOf, type Item, type RecordState } from './item.ts';
import type { Plan, Table } from './table.ts';

export async function lock(table: Table, key: string, lease: Lease): Promise<LockResult> {
  checkLease(lease);
  const end = table.now() + lease.milliseconds;
  const values = { ':owner': lease.owner, ':lease': end, ':expires': Math.ceil(end / 1000) };
  if (lease.turn === 'take') return takeTurn(table, key);
  if (lease.turn !== undefined) return lockInTurn(table, key, lease.turn, lease.owner, values);
  const existing: Plan = { update: x.LOCK_AND_CLOSE_LINE, condition: x.LOCKABLE };
  const usual: Plan = lease.existing === true ? existing : { update: x.LOCK_OR_START, condition: x.LOCKABLE_OR_ABSENT };
  const result = await table.update(
    key,
    values,
    usual,
    (item) => {
      if (item === undefined) return lease.existing === true ? undefined : usual;
      const state = stateOf(item, table.names, table.now());
      if (state.locked && state.owner !== lease.owner) return undefined;
      if (lease.existing === true) {
        if (state.expired || !state.valued) return undefined;
        if (state.locked) return { update: x.LOCK, condition: x.LOCKED_BY_OWNER };
        return state.next > state.turn ? undefined : usual;
      }
      if (state.expired) return { update: x.START_LOCK, condition: x.EXPIRED };
      if (!state.valued) return { update: x.START_LOCK, condition: x.LOCKABLE_VALUELESS };
      return item[table.names.expires] === undefined ? { update: x.LOCK, condition: x.LOCKABLE_WITHOUT_EXPIRY } : usual;
    },
    { returns: 'ALL_NEW' },
  );
  if (result.done) {
    const entry = entryOf(result.item, table.names, table.now());
    return { locked: true, ...(entry && { entry }) };
  }
  if (result.item === undefined) return { locked: false };
  const now = table.now();
  const state = stateOf(result.item, table.names, now);
  if (lease.existing === true) {
    if (state.expired || !state.valued)
      return { locked: false, ...(isForeign(state, lease) && leaseOf(state.leaseEndsAt)) };
    // The record is there, and that has to show, also where its lease has ended since it was refused.
    const isInLine = state.next > state.turn;
    const leaseEndsAt = state.locked || !isInLine ? (state.leaseEndsAt ?? now) : undefined;
    return { locked: false, ...leaseOf(leaseEndsAt), ...(isInLine && { isInLine }) };
  }
  return { locked: false, ...(isForeign(state, lease) && leaseOf(state.leaseEndsAt)) };
}

async function takeTurn(table: Table, key: string): Promise<LockResult> {
  const plan = { update: x.TAKE_TURN, condition: x.LIVING };
  const { done, item } = await table.update(key, { ':one': 1 }, plan, undefined, { returns: 'ALL_NEW' });
  return !done || item === undefined ? { locked: false } : waiting(table, item, stateOf(item, table.names, 0).next);
}

async function lockInTurn(
  table: Table,
  key: string,
  turn: number,
  owner: Owner,
  values: x.Values,
): Promise<LockResult> {
  const plan = { update: x.LOCK_IN_TURN, condition: x.LOCKABLE_IN_TURN };
  const result = await table.update(key, { ...values, ':turn': turn }, plan, undefined, { returns: 'ALL_NEW' });
  const entry = entryOf(result.item, table.names, table.now());
  if (result.item === undefined || entry === undefined) return { locked: false };
  // The answer to an earlier try of ours got lost: the lock is ours.
  const { locked, owner: holder, turn: served } = stateOf(result.item, table.names, table.now());
  if (result.done || (locked && holder === owner && served === turn)) return { locked: true, entry };
  return waiting(table, result.item, turn);
}

/** What somebody learns who is in line. */
function waiting(table: Table, item: Item, turn: number): LockResult {
  const state = stateOf(item, table.names, table.now());
  const isGood = state.next >= turn && state.turn < turn;
  return { locked: false, ...(state.locked && leaseOf(state.leaseEndsAt)), isInLine: true, ...(isGood && { turn }) };
}

export async function unlock(
  table: Table,
  key: string,
  owner: Owner,
  options: { readonly ttl?: Seconds } = {},
): Promise<boolean> {
  checkOwner(owner);
  checkTtl(options.ttl);
  const expiresAt = options.ttl === undefined ? undefined : expiryOf(table.now(), options.ttl);
  const update = expiresAt === undefined ? x.UNLOCK : x.UNLOCK_AND_TOUCH;
  const values = { ':owner': owner, ':expires': expiresAt };
  const result = await table.update(key, values, { update, condition: x.LOCKED_BY_OWNER });
  if (result.done) return true;
  const { item, ambiguous } = result;
  if (item === undefined) return false;
  // An earlier try of ours was applied and its answer lost: nobody holds a lock, and the expiry is the one asked for.
  const isMoved = expiresAt === undefined || item[table.names.expires]?.N === String(expiresAt);
  if (ambiguous && item[LOCK_OWNER] === undefined && isMoved) return true;
  const state = stateOf(item, table.names, table.now());
  if (state.valued || !state.locked || state.owner !== owner) return false;
  const answer = await table.delete(key, x.VALUELESS_LOCKED_BY_OWNER, { ':owner': owner });
  return answer.ok || (answer.ambiguous && answer.item === undefined);
}

/** Whether somebody else holds the lock. */
function isForeign({ locked, owner }: RecordState, lease: Lease): boolean {
  return locked && owner !== lease.owner;
}
