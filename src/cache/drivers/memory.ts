/**
 * Entries in this process, for development, tests and caches of one instance. It behaves as DynamoDB does, limits
 * included, so that what works here works there.
 */
import { MAX_TEXT_BYTES, compress } from '../codec.ts';
import { EntryTooLargeError, NotANumberError } from '../errors.ts';
import {
  LEASE_BYTES,
  MAX_ENTRY_BYTES,
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
import { MemoryEngine, type MemoryEngineOptions } from './memory/engine.ts';
import type { MemoryRecord } from './memory/table.ts';
import { deleteExpired } from './memory/purge.ts';

export { MemoryEngine, type MemoryEngineOptions } from './memory/engine.ts';

/** Bounds and clock of an engine of its own, or an engine that the caller keeps, for instance across code reloads. */
export type MemoryStoreOptions = {
  /** Before every key; gets a `:` at its end if it has none. @default none */
  readonly prefix?: string;
} & (
  | ({ readonly engine?: never } & MemoryEngineOptions)
  | ({ readonly engine: MemoryEngine } & { readonly [Name in keyof MemoryEngineOptions]?: never })
);

/** What DynamoDB counts for an item's attribute names, version, expiry and encoding, under the default names, and a lock. */
const OVERHEAD_BYTES = 53 + LEASE_BYTES;

/**
 * @example
 * const store = new MemoryStore({ prefix: 'shop' });
 * await store.set('greeting', 'hello', { ttl: 60 });
 */
export class MemoryStore implements CacheStore {
  readonly #prefix: string;
  readonly #engine: MemoryEngine;

  /** @throws InvalidArgumentError for a bound that is not a positive whole number */
  constructor(options: MemoryStoreOptions = {}) {
    const { prefix = '', engine, ...own } = options;
    this.#prefix = normalizePrefix(prefix);
    this.#engine = engine ?? new MemoryEngine(own);
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const now = this.#engine.now();
    // Only keys that were found valid have a record: those need no second check.
    const isText = typeof key === 'string' && key !== '';
    const record = isText ? this.#engine.get(this.#prefix + key, now) : undefined;
    if (record === undefined) fullKey(this.#prefix, key);
    return entryOf(record, now);
  }

  async getMany(keys: Iterable<string>): Promise<Map<string, CacheEntry>> {
    const now = this.#engine.now();
    const fullKeys = new Map([...keys].map((key) => [key, fullKey(this.#prefix, key)]));
    const entries = new Map<string, CacheEntry>();
    for (const [key, full] of fullKeys) {
      const entry = entryOf(this.#engine.get(full, now), now);
      if (entry) entries.set(key, entry);
    }
    return entries;
  }

  async set(key: string, value: CacheValue, options: SetOptions = {}): Promise<WriteResult> {
    checkSetOptions(options);
    const full = fullKey(this.#prefix, key);
    const kept = this.#keep(key, full, value);
    const now = this.#engine.now();
    const current = this.#engine.get(full, now);
    if (!holds(options.if, current, now)) return { written: false, ...currentOf(current, now) };
    const record: MemoryRecord = {
      value: kept,
      version: newVersion(),
      expiresAt: options.ttl === undefined ? undefined : expiryOf(now, options.ttl),
      lease: options.release === true ? undefined : leaseOf(current, now),
      line: current?.line,
    };
    this.#engine.put(full, record, now);
    return { written: true, entry: entryWith(record, kept, now) };
  }

  async setMany(entries: Iterable<readonly [key: string, value: CacheValue, ttl?: Seconds]>): Promise<void> {
    const now = this.#engine.now();
    const records = new Map<string, MemoryRecord>();
    for (const [key, value, ttl] of entries) {
      checkTtl(ttl);
      const full = fullKey(this.#prefix, key);
      const kept = this.#keep(key, full, value);
      const expiresAt = ttl === undefined ? undefined : expiryOf(now, ttl);
      records.set(full, { value: kept, version: newVersion(), expiresAt });
    }
    for (const [full, record] of records) this.#engine.put(full, record, now);
  }

  async increment(key: string, by = 1, options: { readonly ttl?: Seconds } = {}): Promise<number> {
    checkIncrement(by);
    checkTtl(options.ttl);
    const full = fullKey(this.#prefix, key);
    const now = this.#engine.now();
    const current = this.#engine.get(full, now);
    const { value: before = 0 } = current ?? {};
    if (typeof before !== 'number') throw new NotANumberError(key);
    checkSum(before, by);
    const value = before + by;
    const startExpiry = options.ttl === undefined ? undefined : expiryOf(now, options.ttl);
    const expiresAt = current?.value === undefined ? startExpiry : current.expiresAt;
    this.#engine.put(
      full,
      { value, version: newVersion(), expiresAt, lease: current?.lease, line: current?.line },
      now,
    );
    return value;
  }

  async touch(key: string, ttl: Seconds): Promise<boolean> {
    checkTtl(ttl);
    const full = fullKey(this.#prefix, key);
    const now = this.#engine.now();
    const current = this.#engine.get(full, now);
    if (current?.value === undefined) return false;
    this.#engine.put(full, { ...current, expiresAt: expiryOf(now, ttl) }, now);
    return true;
  }

  async delete(key: string, options: { readonly if?: Precondition } = {}): Promise<DeleteResult> {
    checkPrecondition(options.if);
    const full = fullKey(this.#prefix, key);
    const now = this.#engine.now();
    const current = this.#engine.get(full, now);
    if (options.if?.absent === true || !holds(options.if, current, now)) {
      return { deleted: false, ...currentOf(current, now) };
    }
    const entry = entryOf(current, now);
    this.#engine.delete(full);
    return entry ? { deleted: true, entry } : { deleted: false };
  }

  async deleteMany(keys: Iterable<string>): Promise<void> {
    for (const full of [...keys].map((key) => fullKey(this.#prefix, key))) this.#engine.delete(full);
  }

  async lock(key: string, lease: Lease): Promise<LockResult> {
    checkLease(lease);
    const full = fullKey(this.#prefix, key);
    const now = this.#engine.now();
    const current = this.#engine.get(full, now);
    const held = leaseOf(current, now);
    const line = current?.value === undefined ? undefined : current.line;
    const isInLine = line !== undefined && line.next > line.turn;
    const isForeign = held !== undefined && held.owner !== lease.owner;
    if (current?.value === undefined && lease.existing === true && (!isForeign || lease.turn !== undefined)) {
      return { locked: false };
    }
    if (current?.value !== undefined && lease.turn !== undefined) return this.#lockInLine(full, current, lease, now);
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
    this.#engine.put(full, record, now);
    const entry = entryOf(record, now);
    return { locked: true, ...(entry && { entry }) };
  }

  #lockInLine(full: string, current: MemoryRecord, { turn, owner, milliseconds }: Lease, now: EpochMillis): LockResult {
    const { next, turn: served } = current.line ?? { next: 0, turn: 0 };
    const held = leaseOf(current, now);
    const waiting = {
      locked: false as const,
      ...(held && { leaseEndsAt: endOf(held, current) }),
      isInLine: true as const,
    };
    if (turn === 'take') {
      this.#engine.put(full, { ...current, line: { next: next + 1, turn: served } }, now);
      return { ...waiting, turn: next + 1 };
    }
    if (turn === undefined || turn > next || turn <= served) return waiting;
    if (held && held.owner !== owner) return { ...waiting, turn };
    const record = { ...current, lease: { owner, endsAt: now + milliseconds }, line: { next, turn } };
    this.#engine.put(full, record, now);
    const entry = entryOf(record, now);
    return { locked: true, ...(entry && { entry }) };
  }

  async unlock(key: string, owner: Owner, options: { readonly ttl?: Seconds } = {}): Promise<boolean> {
    checkOwner(owner);
    checkTtl(options.ttl);
    const full = fullKey(this.#prefix, key);
    const now = this.#engine.now();
    const current = this.#engine.get(full, now);
    if (current === undefined || leaseOf(current, now)?.owner !== owner) return false;
    if (current.value === undefined) {
      this.#engine.delete(full);
    } else {
      const expiresAt = options.ttl === undefined ? current.expiresAt : expiryOf(now, options.ttl);
      this.#engine.put(full, { ...current, expiresAt, lease: undefined }, now);
    }
    return true;
  }

  deleteExpired(options: PurgeOptions = {}): AsyncGenerator<PurgeProgress, void, void> {
    return deleteExpired(this.#engine, this.#prefix, options);
  }

  async clear(): Promise<void> {
    for (const [key] of this.#engine.records(this.#prefix)) this.#engine.delete(key);
  }

  namespace(prefix: string): MemoryStore {
    return new MemoryStore({ prefix: this.#prefix + prefix, engine: this.#engine });
  }

  /** The value as it is kept: checked, and bytes copied. */
  #keep(key: string, full: string, value: CacheValue): CacheValue {
    const checked = checkValue(value);
    // A character takes at most three bytes in UTF-8: most text need not be measured.
    if (typeof checked === 'string' && 3 * (full.length + checked.length) + OVERHEAD_BYTES <= MAX_ENTRY_BYTES) {
      return checked;
    }
    const size = OVERHEAD_BYTES + Buffer.byteLength(full) + sizeOf(key, checked);
    if (size > MAX_ENTRY_BYTES) throw new EntryTooLargeError(key, size, MAX_ENTRY_BYTES);
    return copyOf(checked);
  }
}

/** Bytes that DynamoDB would keep: text that is too large as it is may still fit when compressed. */
function sizeOf(key: string, value: CacheValue): number {
  if (typeof value === 'number') return 21;
  if (typeof value !== 'string') return value.byteLength;
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_TEXT_BYTES) throw new EntryTooLargeError(key, bytes, MAX_TEXT_BYTES);
  return bytes <= MAX_ENTRY_BYTES / 2 ? bytes : Math.min(bytes, compress(Buffer.from(value)).length);
}

function copyOf(value: CacheValue): CacheValue {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}

/** The lease on a living record, if it is live as well. */
function leaseOf(record: MemoryRecord | undefined, now: EpochMillis): MemoryRecord['lease'] {
  return record?.lease !== undefined && record.lease.endsAt > now ? record.lease : undefined;
}

/** A lease never outlives its record. */
function endOf(lease: NonNullable<MemoryRecord['lease']>, record: MemoryRecord): EpochMillis {
  return record.expiresAt === undefined ? lease.endsAt : Math.min(lease.endsAt, record.expiresAt * 1000);
}

function holds(precondition: Precondition | undefined, record: MemoryRecord | undefined, now: EpochMillis): boolean {
  if (precondition === undefined) return true;
  const { absent, version, owner } = precondition;
  if (absent === true) return record?.value === undefined;
  if (version !== undefined && (record?.value === undefined || record.version !== version)) return false;
  return owner === undefined || leaseOf(record, now)?.owner === owner;
}

function currentOf(record: MemoryRecord | undefined, now: EpochMillis): { current?: CacheEntry } {
  const current = entryOf(record, now);
  return current ? { current } : {};
}

/** The entry of a living record; none of one that only holds a lock. */
function entryOf(record: MemoryRecord | undefined, now: EpochMillis): CacheEntry | undefined {
  return record?.value === undefined ? undefined : entryWith(record, record.value, now);
}

function entryWith(record: MemoryRecord, value: CacheValue, now: EpochMillis): CacheEntry {
  const lease = leaseOf(record, now);
  // Spelled out, since a spread here takes as long as all the rest of a read.
  const { version, expiresAt, line } = record;
  const copy = copyOf(value);
  if (lease || line) {
    return {
      value: copy,
      version,
      ...(expiresAt !== undefined && { expiresAt }),
      ...(lease && { leaseEndsAt: endOf(lease, record) }),
      ...(line && { turn: line.turn }),
    };
  }
  return expiresAt === undefined ? { value: copy, version } : { value: copy, version, expiresAt };
}
