/**
 * Entries in one DynamoDB table. Each operation is one request; a second one is needed only where a record in an unusual
 * state is in the way: expired but not yet deleted, holding a lock without a value, or, for `lock` and `increment` with a
 * ttl, one that never expires (no update expression can set an expiry only where the record is missing).
 */
import { ConfigError } from '../../errors.ts';
import { NotANumberError, StoreUnavailableError } from '../errors.ts';
import {
  checkIncrement,
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
import { Connection, type ConnectionOptions } from './dynamodb/connection.ts';
import * as x from './dynamodb/expressions.ts';
import {
  ENCODING,
  LOCK_EXPIRES_AT,
  LOCK_NEXT,
  LOCK_OWNER,
  LOCK_TURN,
  VERSION,
  bytesOfItem,
  encode,
  entryOf,
  leaseOf,
  overheadOf,
  readableEntryOf,
  stateOf,
  type AttributeNames,
  type Item,
} from './dynamodb/item.ts';
import { lock, unlock } from './dynamodb/locks.ts';
import { deleteExpired } from './dynamodb/purge.ts';
import { Table, type Plan } from './dynamodb/table.ts';

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

/**
 * @example
 * const store = new DynamoDBStore({ table: 'cache', prefix: 'shop' });
 * await store.set('greeting', 'hello', { ttl: 60 });
 */
export class DynamoDBStore implements CacheStore {
  readonly #options: DynamoDBStoreOptions;
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #names: AttributeNames;
  readonly #now: () => EpochMillis;
  readonly #table: Table;

  /** @throws ConfigError for attributes of the same name, or an endpoint that is no address */
  constructor(options: DynamoDBStoreOptions = {}, connection = new Connection(options)) {
    this.#options = options;
    this.#connection = connection;
    this.#prefix = normalizePrefix(options.prefix ?? '');
    this.#names = namesOf(options.attributes);
    checkEndpoint(options.endpoint);
    this.#now = options.clock ?? (() => Date.now());
    this.#table = new Table({ ...this.#context(), readsFailedConditions: options.readsFailedConditions ?? false });
  }

  async get(key: string, options?: GetOptions): Promise<CacheEntry | undefined> {
    const item = await this.#table.read(key, options?.consistent ?? this.#options.consistentRead ?? true);
    return entryOf(item, this.#names, this.#now());
  }

  getMany(keys: Iterable<string>, options?: GetOptions): Promise<Map<string, CacheEntry>> {
    return getMany(this.#context(), keys, options?.consistent ?? this.#options.consistentRead ?? true);
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
    const bytes = bytesOfItem(full, encoded, this.#names, expiresAt);
    const result = await this.#table.update(
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
        bytes,
      };
    }
    const current = entryOf(result.item, this.#names, this.#now());
    // The answer to an earlier try of ours got lost: the record is the one that we wrote.
    if (current?.version === version) return { written: true, entry: current, bytes };
    return { written: false, ...(current && { current }), ...(result.ambiguous && { ambiguous: true as const }) };
  }

  setMany(entries: Iterable<readonly [key: string, value: CacheValue, ttl?: Seconds]>): Promise<void> {
    return setMany(this.#context(), entries);
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
    const result = await this.#table.update(key, values, usual, next, { returns: 'ALL_NEW', repeatable: false });
    if (!result.done) throw new StoreUnavailableError('The record kept changing while it was incremented.', { key });
    const sum = result.item?.[this.#names.value]?.N;
    if (sum === undefined) throw new StoreUnavailableError('DynamoDB answered an increment without the sum.', { key });
    return Number(sum);
  }

  async touch(key: string, ttl: Seconds): Promise<boolean> {
    checkTtl(ttl);
    const values = { ':expires': expiryOf(this.#now(), ttl) };
    return (await this.#table.update(key, values, { update: x.TOUCH, condition: x.LIVING })).done;
  }

  async delete(key: string, options: { readonly if?: Precondition } = {}): Promise<DeleteResult> {
    checkPrecondition(options.if);
    const { if: precondition } = options;
    const condition =
      precondition === undefined ? x.PRESENT : precondition.absent === true ? x.ABSENT : x.conditionOf(precondition);
    const answer = await this.#table.delete(key, condition, {
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
    return deleteMany(this.#context(), keys);
  }

  lock(key: string, lease: Lease): Promise<LockResult> {
    return lock(this.#table, key, lease);
  }

  unlock(key: string, owner: Owner, options: { readonly ttl?: Seconds } = {}): Promise<boolean> {
    return unlock(this.#table, key, owner, options);
  }

  deleteExpired(options: PurgeOptions = {}): AsyncIterable<PurgeProgress> {
    return deleteExpired(this.#context(), options);
  }

  clear(): Promise<void> {
    return clear(this.#context());
  }

  namespace(prefix: string): DynamoDBStore {
    const nested = this.#prefix + normalizePrefix(prefix);
    return new DynamoDBStore({ ...this.#options, prefix: nested }, this.#connection);
  }

  #context(): BatchContext {
    return {
      connection: this.#connection,
      table: this.#options.table ?? 'cache',
      prefix: this.#prefix,
      names: this.#names,
      valueType: this.#options.valueType ?? 'string',
      timeoutMs: this.#options.batchTimeoutMs ?? 5000,
      now: this.#now,
    };
  }
}

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
