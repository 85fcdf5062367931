/**
 * Typed JSON values over any CacheStore.
 *
 * A cache that is down never takes the site down: reads miss, writes are dropped, `remember` computes, and the failure goes
 * to the `onError` hook. Mistakes of the caller still throw: a key or value the store can't hold, a ttl of 0, `increment`
 * on text.
 */
import { AmbiguousWriteError, CorruptEntryError } from './errors.ts';
import { decode, encode, type Json, type Jsonable } from './json.ts';
import { CacheLock, type LockTerms } from './lock.ts';
import { attempt, type Report } from './outage.ts';
import { rememberAcrossInstances } from './remember.ts';
import { checkIncrement, checkTtl } from './rules.ts';
import type { CacheEntry, CacheStore, CacheValue, EpochMillis, Seconds } from './store.ts';

export interface CacheOptions {
  /** Told of every failure that the cache hides, with the verb that met it. What it throws is ignored. @default none */
  readonly onError?: (error: Error, operation: string) => void | Promise<void>;
  /** Of values that are stored without one, in seconds. @default they stay until they are deleted */
  readonly ttl?: Seconds;
  /** How long one instance may compute a value for all, in milliseconds; what takes longer is not kept. @default 10000 */
  readonly leaseMs?: number;
  /** How long the others wait for it before they compute for themselves, in milliseconds. @default 5000 */
  readonly waitMs?: number;
  /** The time. @default Date.now */
  readonly clock?: () => EpochMillis;
}

/** Locks have records of their own, so that a lock and a value can have the same name. */
const LOCKS = 'lock:';

/**
 * Keys and their types are given once; a key can be a pattern. Keys that begin with `lock:` are those of `lock()`.
 *
 * @example
 * const cache = new Cache<{ rates: Rates; [key: `user:${string}`]: User }>(store.namespace('cache'));
 * const rates = await cache.remember('rates', 60, () => fetchRates());
 */
export class Cache<Values extends { [K in keyof Values]: Jsonable<Values[K]> } = Record<string, Json>> {
  readonly #store: CacheStore;
  readonly #options: CacheOptions;
  readonly #clock: () => EpochMillis;
  /** What this process is computing or fetching for `remember`, by key. */
  readonly #flights = new Map<string, Promise<CacheValue>>();

  /** @throws InvalidArgumentError for a ttl that is not a positive whole number */
  constructor(store: CacheStore, options: CacheOptions = {}) {
    checkTtl(options.ttl);
    this.#store = store;
    this.#options = options;
    this.#clock = options.clock ?? (() => Date.now());
  }

  /** The value as a copy of its own; `undefined`: there is none. */
  async get<K extends keyof Values & string>(key: K): Promise<Values[K] | undefined> {
    const result = await this.#attempt('get', () => this.#store.get(key));
    return this.#value('get', result?.answer) as Values[K] | undefined;
  }

  /** Whether `get` would find something; `null` is something. */
  async has(key: keyof Values & string): Promise<boolean> {
    const result = await this.#attempt('has', () => this.#store.get(key));
    return this.#value('has', result?.answer) !== undefined;
  }

  /** Any number of keys. Those that are missing are left out. */
  async getMany<K extends keyof Values & string>(keys: Iterable<K>): Promise<Map<K, Values[K]>> {
    const wanted = new Set(keys);
    const found = await this.#attempt('getMany', () => this.#store.getMany(wanted));
    const values = new Map<K, Values[K]>();
    for (const key of wanted) {
      const value = this.#value('getMany', found?.answer.get(key));
      if (value !== undefined) values.set(key, value as Values[K]);
    }
    return values;
  }

  /**
   * Stores a value. False: the store failed.
   *
   * @param ttl seconds; without it, the cache's own, else the value stays
   * @throws InvalidArgumentError for what JSON would change
   */
  async set<K extends keyof Values & string>(key: K, value: Values[K], ttl?: Seconds): Promise<boolean> {
    return this.#setMany('set', [[key, value, ttl]]);
  }

  /** Any number of entries; the last of a repeated key wins. False: the store failed for some of them. */
  async setMany<K extends keyof Values & string>(
    entries: Iterable<readonly [key: K, value: Values[K], ttl?: Seconds | undefined]>,
  ): Promise<boolean> {
    return this.#setMany('setMany', entries);
  }

  /** Stores a value where there is none. False: there is one, or the store failed. */
  async add<K extends keyof Values & string>(key: K, value: Values[K], ttl?: Seconds): Promise<boolean> {
    const stored = encode(value);
    const result = await this.#attempt('add', () =>
      this.#store.set(key, stored, { ...this.#ttl(ttl), if: { absent: true } }),
    );
    this.#flights.delete(key);
    return result?.answer.written ?? false;
  }

  /**
   * Removes a value and answers it.
   *
   * @throws AmbiguousWriteError where the value was removed, perhaps by this call, but the answer that held it got lost
   */
  async pull<K extends keyof Values & string>(key: K): Promise<Values[K] | undefined> {
    const result = await this.#attempt('pull', () => this.#store.delete(key));
    this.#flights.delete(key);
    if (result === undefined) return undefined;
    if (result.answer.deleted) return this.#value('pull', result.answer.entry) as Values[K];
    if (result.answer.ambiguous === true) {
      throw new AmbiguousWriteError('The value may have been removed, but the answer that held it got lost.', key);
    }
    return undefined;
  }

  /** False: there was nothing to remove, or the store failed. */
  async delete(key: keyof Values & string): Promise<boolean> {
    const result = await this.#attempt('delete', () => this.#store.delete(key));
    this.#flights.delete(key);
    if (result === undefined) return false;
    return result.answer.deleted || result.answer.ambiguous === true;
  }

  /** Any number of keys. False: the store failed for some of them. */
  async deleteMany(keys: Iterable<keyof Values & string>): Promise<boolean> {
    const unwanted = [...keys];
    const result = await this.#attempt('deleteMany', () => this.#store.deleteMany(unwanted));
    for (const key of unwanted) this.#flights.delete(key);
    return result !== undefined;
  }

  /** Gives what is there another ttl, in seconds from now. False: there is nothing, or the store failed. */
  async touch(key: keyof Values & string, ttl: Seconds): Promise<boolean> {
    const result = await this.#attempt('touch', () => this.#store.touch(key, ttl));
    return result?.answer ?? false;
  }

  /**
   * Adds atomically and answers the sum; `undefined`: the store failed, and may have added or not.
   *
   * @param by a safe integer
   * @param ttl seconds, for a number that begins with this call
   * @throws NotANumberError where the value is something else
   */
  async increment(key: keyof Values & string, by = 1, ttl?: Seconds): Promise<number | undefined> {
    const result = await this.#attempt('increment', () => this.#store.increment(key, by, this.#ttl(ttl)));
    this.#flights.delete(key);
    return result?.answer;
  }

  /** Subtracts; otherwise {@link increment}. */
  async decrement(key: keyof Values & string, by = 1, ttl?: Seconds): Promise<number | undefined> {
    checkIncrement(by);
    const result = await this.#attempt('decrement', () => this.#store.increment(key, 0 - by, this.#ttl(ttl)));
    this.#flights.delete(key);
    return result?.answer;
  }

  /** Removes everything of this cache, locks included. On DynamoDB it scans the table. False: the store failed. */
  async clear(): Promise<boolean> {
    const result = await this.#attempt('clear', () => this.#store.clear());
    this.#flights.clear();
    return result !== undefined;
  }

  /**
   * Takes a lock of the application, or answers `undefined` where it is taken, or where the store fails and nobody can tell.
   *
   * @example
   * await using lock = await cache.lock('import', { milliseconds: 30_000 });
   * if (lock) await importEverything();
   */
  async lock(name: string, lease: LockTerms): Promise<CacheLock | undefined> {
    return CacheLock.take(this.#store, LOCKS + name, lease, this.#clock, this.#reporter('lock'));
  }

  /**
   * The value, computed where there is none: once in this process however many callers wait, and once across instances, while
   * the others wait for it. `null` is a value. What `compute` throws reaches every waiting caller, and nothing is kept. A key
   * that is deleted or set while its value is computed keeps what that left (what `add` or `increment` leave is replaced).
   *
   * Requests: 1 for a hit, 3 for a miss. Where the store fails, `compute` runs and its value is not kept.
   *
   * @param ttl seconds
   * @param compute must not ask for the same key
   */
  async remember<K extends keyof Values & string>(
    key: K,
    ttl: Seconds,
    compute: () => Values[K] | Promise<Values[K]>,
  ): Promise<Values[K]> {
    checkTtl(ttl);
    const flight = this.#flights.get(key) ?? this.#depart(key, ttl, compute);
    return decode(await flight) as Values[K];
  }

  #depart(key: string, ttl: Seconds, compute: () => unknown): Promise<CacheValue> {
    const terms = {
      ttl,
      leaseMs: this.#options.leaseMs ?? 10_000,
      waitMs: this.#options.waitMs ?? 5_000,
      clock: this.#clock,
      report: this.#reporter('remember'),
      isReadable: (entry: CacheEntry | undefined): entry is CacheEntry => this.#value('remember', entry) !== undefined,
    };
    const flight = rememberAcrossInstances(this.#store, key, async () => encode(await compute()), terms).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  /** `set` goes this way too: a batch write drops the lease of a value being computed, which is then out of date. */
  async #setMany(
    operation: string,
    entries: Iterable<readonly [key: string, value: unknown, ttl?: Seconds | undefined]>,
  ): Promise<boolean> {
    const stored = Array.from(entries, ([key, value, ttl = this.#options.ttl]) =>
      ttl === undefined ? ([key, encode(value)] as const) : ([key, encode(value), ttl] as const),
    );
    const result = await this.#attempt(operation, () => this.#store.setMany(stored));
    for (const [key] of stored) this.#flights.delete(key);
    return result !== undefined;
  }

  /** What an entry holds; one that can't be read is reported and counts as missing. */
  #value(operation: string, entry: CacheEntry | undefined): unknown {
    if (entry === undefined) return undefined;
    try {
      return decode(entry.value);
    } catch (error) {
      if (!(error instanceof CorruptEntryError)) throw error;
      this.#reporter(operation)(error);
      return undefined;
    }
  }

  #ttl(ttl: Seconds | undefined): { readonly ttl?: Seconds } {
    const seconds = ttl ?? this.#options.ttl;
    return seconds === undefined ? {} : { ttl: seconds };
  }

  #attempt<T>(operation: string, action: () => Promise<T>): Promise<{ readonly answer: T } | undefined> {
    return attempt(action, this.#reporter(operation));
  }

  #reporter(operation: string): Report {
    return (error) => void this.#report(error, operation);
  }

  /** Never rejects: a hook that fails must not break the caller. */
  async #report(error: Error, operation: string): Promise<void> {
    try {
      await this.#options.onError?.(error, operation);
    } catch {
      // The hook is where failures end; there is nobody left to tell.
    }
  }
}
