/** Locks and the lines for them; each function does what the method of CacheStore with that name does, with a full key. */
import { expiryOf } from '../../rules.ts';
import type { EpochMillis, Lease, LockResult, Owner, Seconds } from '../../store.ts';
import type { MemoryEngine } from './engine.ts';
import { endOf, entryOf, leaseOf } from './entry.ts';
import type { MemoryRecord } from './table.ts';

export function lock(engine: MemoryEngine, key: string, lease: Lease): LockResult {
  const now = engine.now();
  const current = engine.get(key, now);
  const held = leaseOf(current, now);
  const line = current?.value === undefined ? undefined : current.line;
  const isInLine = line !== undefined && line.next > line.turn;
  const isForeign = held !== undefined && held.owner !== lease.owner;
  if (current?.value === undefined && lease.existing === true && (!isForeign || lease.turn !== undefined)) {
    return { locked: false };
  }
  if (current?.value !== undefined && lease.turn !== undefined) return lockInLine(engine, key, current, lease, now);
  if (current && held && held.owner !== lease.owner) {
    return { locked: false, leaseEndsAt: endOf(held, current), ...(isInLine && { isInLine }) };
  }
  if (isInLine && !held && lease.existing === true) return { locked: false, isInLine };
  const endsAt = now + lease.milliseconds;
  const taken = { owner: lease.owner, endsAt };
  const record: MemoryRecord =
    current?.value === undefined
      ? { version: 0, expiresAt: Math.ceil(endsAt / 1000), lease: taken }
      : { ...current, lease: taken, line: lease.existing === true && !isInLine ? undefined : line };
  engine.put(key, record, now);
  return locked(record, now);
}

function lockInLine(
  engine: MemoryEngine,
  key: string,
  current: MemoryRecord,
  { turn, owner, milliseconds }: Lease,
  now: EpochMillis,
): LockResult {
  const { next, turn: served } = current.line ?? { next: 0, turn: 0 };
  const held = leaseOf(current, now);
  const waiting = {
    locked: false as const,
    ...(held && { leaseEndsAt: endOf(held, current) }),
    isInLine: true as const,
  };
  if (turn === 'take') {
    engine.put(key, { ...current, line: { next: next + 1, turn: served } }, now);
    return { ...waiting, turn: next + 1 };
  }
  if (turn === undefined || turn > next || turn <= served) return waiting;
  if (held && held.owner !== owner) return { ...waiting, turn };
  const record = { ...current, lease: { owner, endsAt: now + milliseconds }, line: { next, turn } };
  engine.put(key, record, now);
  return locked(record, now);
}

export function unlock(engine: MemoryEngine, key: string, owner: Owner, ttl: Seconds | undefined): boolean {
  const now = engine.now();
  const current = engine.get(key, now);
  if (current === undefined || leaseOf(current, now)?.owner !== owner) return false;
  if (current.value === undefined) {
    engine.delete(key);
  } else {
    const expiresAt = ttl === undefined ? current.expiresAt : expiryOf(now, ttl);
    engine.put(key, { ...current, expiresAt, lease: undefined }, now);
  }
  return true;
}

function locked(record: MemoryRecord, now: EpochMillis): LockResult {
  const entry = entryOf(record, now);
  return { locked: true, ...(entry && { entry }) };
}
