/**
 * Entries in one DynamoDB table. Each operation is one request; a second one is needed only where a record in an unusual
 * state is in the way: expired but not yet deleted, holding a lock without a value, or, for `lock` and `increment` with a
 * ttl, one that never expires (no update expression can set an expiry only where the record is missing).
 */
import { ConfigError } from '../../errors.ts';
import { NotANumberError, StoreUnavailableError } from '../errors.ts';
import {
  checkIncrement,
  checkLease,
  checkOwner,
  checkPrecondition,
  checkSetOptions,
  checkSum,
  checkTtl,
  checkValue,
  expiryOf,
  fullKey,
  newVersion,
  normalizePrefix,
} from '../rules.ts';
import type {
  CacheEntry,
  CacheStore,
  CacheValue,
  DeleteResult,
  EpochMillis,
  GetOptions,
  Lease,
  LockResult,
  Owner,
  Precondition,
  PurgeOptions,
  PurgeProgress,
  Seconds,
  SetOptions,
  WriteResult,
} from '../store.ts';
import { clear, deleteMany, getMany, setMany, type BatchContext } from './dynamodb/batch.ts';
import { Connection, type Answer, type ConnectionOptions } from './dynamodb/connection.ts';
import * as x from './dynamodb/expressions.ts';
import {
  ENCODING,
  LOCK_EXPIRES_AT,
  LOCK_NEXT,
  LOCK_OWNER,
  LOCK_TURN,
  VERSION,
  encode,
  entryOf,
  overheadOf,
  readableEntryOf,
  stateOf,
  type AttributeNames,
  type Item,
  type RecordState,
} from './dynamodb/item.ts';
import { deleteExpired } from './dynamodb/purge.ts';

export interface DynamoDBStoreOptions extends ConnectionOptions {
  /** The table's name or ARN. @default 'cache' */
  readonly table?: string;
  /** Before every key; gets a `:` at its end if it has none. @default none */
  readonly prefix?: string;
  /** What the attributes are called. @default { key: 'key', value: 'value', expires: 'expires_at' } */
  readonly attributes?: Partial<AttributeNames>;
  /** `binary`: text is kept as B. @default 'string' */
  readonly valueType?: 'string' | 'binary';
  /** What `get` and `getMany` do unless told: consistent reads cost twice as much. @default true */
  readonly consistentRead?: boolean;
  /** Read the record after a failed condition, for engines that do not bring it back, such as dynalite. @default false */
  readonly readsFailedConditions?: boolean;
  /** Milliseconds a batch of any size, or a `clear`, may take. @default 5000 */
  readonly batchTimeoutMs?: number;
  /** The time. @default Date.now */
  readonly clock?: () => EpochMillis;
}

/** How often an operation follows a record that changes under it before it gives up. */
const MAX_PLANS = 10;

/**
 * @example
 * const store = new DynamoDBStore({ table: 'cache', prefix: 'shop' });
 * await store.set('greeting', 'hello', { ttl: 60 });
 */
export class DynamoDBStore implements CacheStore {
  readonly #options: DynamoDBStoreOptions;
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #table: string;
  readonly #names: AttributeNames;
  readonly #now: () => EpochMillis;

  /** @throws ConfigError for attributes of the same name, or an endpoint that is no address */
  constructor(options: DynamoDBStoreOptions = {}, connection = new Connection(options)) {
    this.#options = options;
    this.#connection = connection;
    this.#prefix = normalizePrefix(options.prefix ?? '');
    this.#table = options.table ?? 'cache';
    this.#names = namesOf(options.attributes);
    checkEndpoint(options.endpoint);
    this.#now = options.clock ?? (() => Date.now());
  }

  async get(key: string, options?: GetOptions): Promise<CacheEntry | undefined> {
    const item = await this.#read(key, options?.consistent ?? this.#options.consistentRead ?? true);
    return entryOf(item, this.#names, this.#now());
  }

  getMany(keys: Iterable<string>, options?: GetOptions): Promise<Map<string, CacheEntry>> {
    return getMany(this.#batch(), keys, options?.consistent ?? this.#options.consistentRead ?? true);
  }

  async set(key: string, value: CacheValue, options: SetOptions = {}): Promise<WriteResult> {
    checkSetOptions(options);
    const full = fullKey(this.#prefix, key);
    const checked = checkValue(value);
    const encoded = encode(key, checked, overheadOf(full, this.#names), this.#options.valueType ?? 'string');
    const version = newVersion();
    const expiresAt = options.ttl === undefined ? undefined : expiryOf(this.#now(), options.ttl);
    const write = { expires: expiresAt, encoding: encoded.encoding };
    const values = {
      ':value': encoded.value,
      ':encoding': encoded.encoding,
      ':version': version,
      ':expires': expiresAt,
      ':ifVersion': options.if?.version,
      ':ifOwner': options.if?.owner,
    };
    const usual: Plan = {
      update: x.writeOf({ ...write, unlock: options.release === true ? 'lease' : undefined }),
      condition: options.if === undefined ? x.NO_EXPIRED_LOCK : x.conditionOf(options.if),
    };
    const overExpired: Plan = { update: x.writeOf({ ...write, unlock: 'all' }), condition: x.EXPIRED };
    const replaces = options.if === undefined || options.if.absent === true;
    const result = await this.#update(
      key,
      values,
      usual,
      (item) => {
        if (!replaces) return undefined;
        if (item === undefined) return usual;
        const state = stateOf(item, this.#names, this.#now());
        if (state.expired) return overExpired;
        return options.if === undefined || !state.valued ? usual : undefined;
      },
      { returns: options.release === true ? 'NONE' : 'ALL_NEW' },
    );
    if (result.done) {
      const lease = result.item === undefined ? undefined : stateOf(result.item, this.#names, this.#now());
      const kept = checked instanceof Uint8Array ? new Uint8Array(checked) : checked;
      return {
        written: true,
        entry: {
          value: kept,
          version,
          ...(expiresAt !== undefined && { expiresAt }),
          ...(lease?.locked === true && leaseOf(lease.leaseEndsAt)),
        },
      };
    }
    const current = entryOf(result.item, this.#names, this.#now());
    // The answer to an earlier try of ours got lost: the record is the one that we wrote.
    if (current?.version === version) return { written: true, entry: current };
    return { written: false, ...(current && { current }), ...(result.ambiguous && { ambiguous: true as const }) };
  }

  setMany(entries: Iterable<readonly [key: string, value: CacheValue, ttl?: Seconds]>): Promise<void> {
    return setMany(this.#batch(), entries);
  }

  async increment(key: string, by = 1, options: { readonly ttl?: Seconds } = {}): Promise<number> {
    checkIncrement(by);
    checkTtl(options.ttl);
    const expiresAt = options.ttl === undefined ? undefined : expiryOf(this.#now(), options.ttl);
    const values = {
      ':by': by,
      ':value': by,
      ':version': newVersion(),
      ':expires': expiresAt,
      ':low': Number.MIN_SAFE_INTEGER - Math.min(by, 0),
      ':high': Number.MAX_SAFE_INTEGER - Math.max(by, 0),
    };
    const withTtl = { update: x.COUNT_OR_START, condition: x.COUNTABLE_WITH_EXPIRY };
    const usual = expiresAt === undefined ? { update: x.COUNT, condition: x.COUNTABLE } : withTtl;
    const start = { expires: expiresAt, encoding: undefined };
    const next = (item: Item | undefined): Plan => {
      if (item === undefined) return usual;
      const state = stateOf(item, this.#names, this.#now());
      if (state.expired) return { update: x.writeOf({ ...start, unlock: 'all' }), condition: x.EXPIRED };
      if (!state.valued) return { update: x.writeOf({ ...start, unlock: undefined }), condition: x.VALUELESS };
      const number = item[this.#names.value]?.N;
      if (number === undefined) throw new NotANumberError(key);
      checkSum(Number(number), by);
      return item[this.#names.expires] === undefined && expiresAt !== undefined
        ? { update: x.COUNT, condition: x.COUNTABLE_WITHOUT_EXPIRY }
        : usual;
    };
    const result = await this.#update(key, values, usual, next, { returns: 'ALL_NEW', repeatable: false });
    if (!result.done) throw new StoreUnavailableError('The record kept changing while it was incremented.', { key });
    const sum = result.item?.[this.#names.value]?.N;
    if (sum === undefined) throw new StoreUnavailableError('DynamoDB answered an increment without the sum.', { key });
    return Number(sum);
  }

  async touch(key: string, ttl: Seconds): Promise<boolean> {
    checkTtl(ttl);
    const values = { ':expires': expiryOf(this.#now(), ttl) };
    return (await this.#update(key, values, { update: x.TOUCH, condition: x.LIVING })).done;
  }

  async delete(key: string, options: { readonly if?: Precondition } = {}): Promise<DeleteResult> {
    checkPrecondition(options.if);
    const { if: precondition } = options;
    const condition =
      precondition === undefined ? x.PRESENT : precondition.absent === true ? x.ABSENT : x.conditionOf(precondition);
    const answer = await this.#delete(key, condition, {
      ':ifVersion': precondition?.version,
      ':ifOwner': precondition?.owner,
    });
    const found = answer.ok ? answer.output.Attributes : answer.item;
    const entry = readableEntryOf(found, this.#names, this.#now());
    if (answer.ok && entry !== undefined) return { deleted: true, entry };
    if (entry !== undefined) return { deleted: false, current: entry };
    return { deleted: false, ...(answer.ambiguous && found === undefined && { ambiguous: true as const }) };
  }

  deleteMany(keys: Iterable<string>): Promise<void> {
    return deleteMany(this.#batch(), keys);
  }

  async lock(key: string, lease: Lease): Promise<LockResult> {
    checkLease(lease);
    const end = this.#now() + lease.milliseconds;
    const values = { ':owner': lease.owner, ':lease': end, ':expires': Math.ceil(end / 1000) };
    if (lease.turn === 'take') return this.#takeTurn(key);
    if (lease.turn !== undefined) return this.#lockInTurn(key, lease.turn, lease.owner, values);
    const existing: Plan = { update: x.LOCK_AND_CLOSE_LINE, condition: x.LOCKABLE };
    const usual: Plan =
      lease.existing === true ? existing : { update: x.LOCK_OR_START, condition: x.LOCKABLE_OR_ABSENT };
    const result = await this.#update(
      key,
      values,
      usual,
      (item) => {
        if (item === undefined) return lease.existing === true ? undefined : usual;
        const state = stateOf(item, this.#names, this.#now());
        if (state.locked && state.owner !== lease.owner) return undefined;
        if (lease.existing === true) {
          if (state.expired || !state.valued) return undefined;
          if (state.locked) return { update: x.LOCK, condition: x.LOCKED_BY_OWNER };
          return state.next > state.turn ? undefined : usual;
        }
        if (state.expired) return { update: x.START_LOCK, condition: x.EXPIRED };
        if (!state.valued) return { update: x.START_LOCK, condition: x.LOCKABLE_VALUELESS };
        return item[this.#names.expires] === undefined
          ? { update: x.LOCK, condition: x.LOCKABLE_WITHOUT_EXPIRY }
          : usual;
      },
      { returns: 'ALL_NEW' },
    );
    if (result.done) {
      const entry = entryOf(result.item, this.#names, this.#now());
      return { locked: true, ...(entry && { entry }) };
    }
    if (result.item === undefined) return { locked: false };
    const now = this.#now();
    const state = stateOf(result.item, this.#names, now);
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

  async #takeTurn(key: string): Promise<LockResult> {
    const plan = { update: x.TAKE_TURN, condition: x.LIVING };
    const { done, item } = await this.#update(key, { ':one': 1 }, plan, undefined, { returns: 'ALL_NEW' });
    return !done || item === undefined ? { locked: false } : this.#waiting(item, stateOf(item, this.#names, 0).next);
  }

  async #lockInTurn(key: string, turn: number, owner: Owner, values: x.Values): Promise<LockResult> {
    const plan = { update: x.LOCK_IN_TURN, condition: x.LOCKABLE_IN_TURN };
    const result = await this.#update(key, { ...values, ':turn': turn }, plan, undefined, { returns: 'ALL_NEW' });
    const entry = entryOf(result.item, this.#names, this.#now());
    if (result.item === undefined || entry === undefined) return { locked: false };
    // The answer to an earlier try of ours got lost: the lock is ours.
    const { locked, owner: holder, turn: served } = stateOf(result.item, this.#names, this.#now());
    if (result.done || (locked && holder === owner && served === turn)) return { locked: true, entry };
    return this.#waiting(result.item, turn);
  }

  /** What somebody learns who is in line. */
  #waiting(item: Item, turn: number): LockResult {
    const state = stateOf(item, this.#names, this.#now());
    const isGood = state.next >= turn && state.turn < turn;
    return { locked: false, ...(state.locked && leaseOf(state.leaseEndsAt)), isInLine: true, ...(isGood && { turn }) };
  }

  async unlock(key: string, owner: Owner, options: { readonly ttl?: Seconds } = {}): Promise<boolean> {
    checkOwner(owner);
    checkTtl(options.ttl);
    const expiresAt = options.ttl === undefined ? undefined : expiryOf(this.#now(), options.ttl);
    const update = expiresAt === undefined ? x.UNLOCK : x.UNLOCK_AND_TOUCH;
    const values = { ':owner': owner, ':expires': expiresAt };
    const result = await this.#update(key, values, { update, condition: x.LOCKED_BY_OWNER });
    if (result.done) return true;
    const { item, ambiguous } = result;
    if (item === undefined) return false;
    // An earlier try of ours was applied and its answer lost: nobody holds a lock, and the expiry is the one asked for.
    const isMoved = expiresAt === undefined || item[this.#names.expires]?.N === String(expiresAt);
    if (ambiguous && item[LOCK_OWNER] === undefined && isMoved) return true;
    const state = stateOf(item, this.#names, this.#now());
    if (state.valued || !state.locked || state.owner !== owner) return false;
    const answer = await this.#delete(key, x.VALUELESS_LOCKED_BY_OWNER, { ':owner': owner });
    return answer.ok || (answer.ambiguous && answer.item === undefined);
  }

  deleteExpired(options: PurgeOptions = {}): AsyncIterable<PurgeProgress> {
    return deleteExpired(this.#batch(), options);
  }

  clear(): Promise<void> {
    return clear(this.#batch());
  }

  namespace(prefix: string): DynamoDBStore {
    const nested = this.#prefix + normalizePrefix(prefix);
    return new DynamoDBStore({ ...this.#options, prefix: nested }, this.#connection);
  }

  async #read(key: string, consistent: boolean): Promise<Item | undefined> {
    const request = {
      TableName: this.#table,
      Key: this.#key(key),
      ConsistentRead: consistent,
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await this.#connection.call('GetItem', request, { key });
    return answer.ok ? answer.output.Item : undefined;
  }

  /**
   * One UpdateItem as `plan` has it, and others while `next` has a plan for the record that made the condition fail
   * (`undefined`: there is none). Without one, the failure is the outcome.
   */
  async #update(
    key: string,
    values: x.Values,
    plan: Plan,
    next: (item: Item | undefined) => Plan | undefined = () => undefined,
    { returns = 'NONE', repeatable = true }: { returns?: 'NONE' | 'ALL_NEW'; repeatable?: boolean } = {},
  ): Promise<Updated> {
    let current: Plan | undefined = plan;
    let item: Item | undefined;
    let ambiguous = false;
    for (let plans = 0; current !== undefined && plans < MAX_PLANS; plans++) {
      const request = {
        TableName: this.#table,
        Key: this.#key(key),
        ...this.#bind({ UpdateExpression: current.update, ConditionExpression: current.condition }, values),
        ReturnValues: returns,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ReturnConsumedCapacity: 'TOTAL',
      };
      const answer = await this.#connection.call('UpdateItem', request, { key, repeatable });
      if (answer.ok) return { done: true, item: answer.output.Attributes };
      ambiguous ||= answer.ambiguous;
      item = await this.#failedItem(key, answer.item);
      current = next(item);
    }
    return { done: false, item, ambiguous };
  }

  async #delete(key: string, condition: string, values: x.Values): Promise<Answer> {
    const request = {
      TableName: this.#table,
      Key: this.#key(key),
      ...this.#bind({ ConditionExpression: condition }, values),
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await this.#connection.call('DeleteItem', request, { key });
    return answer.ok ? answer : { ...answer, item: await this.#failedItem(key, answer.item) };
  }

  async #failedItem(key: string, item: Item | undefined): Promise<Item | undefined> {
    return item ?? (this.#options.readsFailedConditions === true ? this.#read(key, true) : undefined);
  }

  #key(key: string): Item {
    return { [this.#names.key]: { S: fullKey(this.#prefix, key) } };
  }

  #bind(expressions: x.Expressions, values: x.Values): x.BoundExpressions {
    const now = this.#now();
    return x.bind(expressions, this.#names, { ...values, ':now': now / 1000, ':nowMs': now });
  }

  #batch(): BatchContext {
    return {
      connection: this.#connection,
      table: this.#table,
      prefix: this.#prefix,
      names: this.#names,
      valueType: this.#options.valueType ?? 'string',
      timeoutMs: this.#options.batchTimeoutMs ?? 5000,
      now: this.#now,
    };
  }
}

interface Plan {
  readonly update: string;
  readonly condition: string;
}

type Updated =
  | { readonly done: true; readonly item: Item | undefined }
  | { readonly done: false; readonly item: Item | undefined; readonly ambiguous: boolean };

function namesOf({
  key = 'key',
  value = 'value',
  expires = 'expires_at',
}: Partial<AttributeNames> = {}): AttributeNames {
  const all = [key, value, expires, VERSION, ENCODING, LOCK_OWNER, LOCK_EXPIRES_AT, LOCK_NEXT, LOCK_TURN];
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigError(`Two attributes are called ${JSON.stringify(twice)}.`);
  return { key, value, expires };
}

function checkEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined || (URL.canParse(endpoint) && /^https?:\/\//.test(endpoint))) return;
  throw new ConfigError('The endpoint of DynamoDB must be an http or https URL.');
}

/** Whether somebody else holds the lock. */
function isForeign({ locked, owner }: RecordState, lease: Lease): boolean {
  return locked && owner !== lease.owner;
}

function leaseOf(leaseEndsAt: EpochMillis | undefined): { leaseEndsAt?: EpochMillis } {
  return leaseEndsAt === undefined ? {} : { leaseEndsAt };
}
