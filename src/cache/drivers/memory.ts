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
import { copyOf, currentOf, entryOf, entryWith, holds, leaseOf } from './memory/entry.ts';
import { NO_SLOT } from './memory/links.ts';
import { lock, unlock } from './memory/locks.ts';
import { deleteExpired } from './memory/purge.ts';
import type { MemoryRecord } from './memory/table.ts';

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
    const slot = isText ? this.#engine.find(this.#prefix + key, now) : NO_SLOT;
    if (slot !== NO_SLOT) return this.#engine.entryAt(slot, now);
    fullKey(this.#prefix, key);
    return undefined;
  }

  async getMany(keys: Iterable<string>): Promise<Map<string, CacheEntry>> {
    const now = this.#engine.now();
    const fullKeys = new Map([...keys].map((key) => [key, fullKey(this.#prefix, key)]));
    const entries = new Map<string, CacheEntry>();
    for (const [key, full] of fullKeys) {
      const entry = this.#engine.entryAt(this.#engine.find(full, now), now);
      if (entry) entries.set(key, entry);
    }
    return entries;
  }

  async set(key: string, value: CacheValue, options: SetOptions = {}): Promise<WriteResult> {
    checkSetOptions(options);
    const full = fullKey(this.#prefix, key);
    const kept = this.#keep(key, full, value);
    const now = this.#engine.now();
    const slot = this.#engine.find(full, now);
    if (options.if !== undefined) {
      const current = this.#engine.recordAt(slot);
      if (!holds(options.if, current, now)) return { written: false, ...currentOf(current, now) };
    }
    const locks = this.#engine.locksAt(slot);
    const record: MemoryRecord = {
      value: kept,
      version: newVersion(),
      expiresAt: options.ttl === undefined ? undefined : expiryOf(now, options.ttl),
      lease: options.release === true ? undefined : leaseOf(locks, now),
      line: locks?.line,
    };
    this.#engine.putAt(slot, full, record, now);
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
    const slot = this.#engine.find(full, now);
    const current = this.#engine.recordAt(slot);
    const { value: before = 0 } = current ?? {};
    if (typeof before !== 'number') throw new NotANumberError(key);
    checkSum(before, by);
    const value = before + by;
    const startExpiry = options.ttl === undefined ? undefined : expiryOf(now, options.ttl);
    const expiresAt = current?.value === undefined ? startExpiry : current.expiresAt;
    const record = { value, version: newVersion(), expiresAt, lease: current?.lease, line: current?.line };
    this.#engine.putAt(slot, full, record, now);
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
    return lock(this.#engine, fullKey(this.#prefix, key), lease);
  }

  async unlock(key: string, owner: Owner, options: { readonly ttl?: Seconds } = {}): Promise<boolean> {
    checkOwner(owner);
    checkTtl(options.ttl);
    return unlock(this.#engine, fullKey(this.#prefix, key), owner, options.ttl);
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
