/**
 * The contract every driver keeps. A failed precondition is an outcome, not an exception; what throws is in `errors.ts`.
 * The fine print (expiry, versions, locks, numbers, bytes, namespaces) is checked on each driver by
 * `tests/cache/conformance.ts`.
 */

import type { PassTally } from './counter.ts';

/** Whole seconds, at least 1. */
export type Seconds = number;

/** Milliseconds since 1970. */
export type EpochMillis = number;

/** Who holds a lock: any text that no other holder uses, such as a random UUID. */
export type Owner = string;

/** What a driver keeps: text, a number (kept native, so that `increment` is atomic in the engine), or bytes. */
export type CacheValue = string | number | Uint8Array;

export interface CacheEntry {
  readonly value: CacheValue;
  /** Epoch seconds; absent: never expires. */
  readonly expiresAt?: number;
  /** A fresh random 52-bit number with every write of the value; compared only for equality. */
  readonly version: number;
  /** When the live lock on the record ends; absent: not locked. */
  readonly leaseEndsAt?: EpochMillis;
  /** The turn that had the lock last, where a line for it was formed. */
  readonly turn?: number;
}

/** What must hold for a write. `version` and `owner` may be given together: then both must hold. */
export type Precondition =
  | { readonly absent: true; readonly version?: never; readonly owner?: never }
  | { readonly absent?: never; readonly version?: number; readonly owner?: Owner };

export interface GetOptions {
  /** Read what was last written, instead of what may be up to a second old. The driver's own default otherwise. */
  readonly consistent?: boolean;
}

export interface SetOptions {
  /** Without it, the entry never expires, also where it did before. */
  readonly ttl?: Seconds;
  readonly if?: Precondition;
  /** Ends the lease in the same write; goes with `if: { owner }`. */
  readonly release?: boolean;
}

export interface Lease {
  readonly owner: Owner;
  /** How long the lock lasts unless it is renewed or released. */
  readonly milliseconds: number;
  /** Lock only a record that is there; otherwise a missing key gets a record without a value that holds the lock. */
  readonly existing?: boolean;
  /**
   * Goes with `existing`: a place in the line for the lock. `'take'` only takes one; a number is one that was taken, and
   * passes those before it. Without it, the lock is not given while somebody is in line.
   */
  readonly turn?: 'take' | number;
}

export type WriteResult =
  | {
      readonly written: true;
      readonly entry: CacheEntry;
      /** What the record takes in the engine, where that is what writes are billed by. */
      readonly bytes?: number;
    }
  | {
      readonly written: false;
      readonly current?: CacheEntry;
      /** An earlier try may have been applied and overwritten since; its answer got lost. */
      readonly ambiguous?: true;
    };

export type DeleteResult =
  | { readonly deleted: true; readonly entry: CacheEntry }
  | {
      readonly deleted: false;
      readonly current?: CacheEntry;
      /** An earlier try may have removed the record, but its answer, and so the value, got lost. */
      readonly ambiguous?: true;
    };

export type LockResult =
  | { readonly locked: true; readonly entry?: CacheEntry }
  | {
      readonly locked: false;
      readonly leaseEndsAt?: EpochMillis;
      /** The lock is free, or will be, but others are in line for it. */
      readonly isInLine?: true;
      /** The caller's place in line; absent where it has none, or has been passed. */
      readonly turn?: number;
    };

/** Options of the garbage collection. An engine without requests to pay for ignores `segments` and `capacityPerSecond`. */
export interface PurgeOptions {
  /** Parallel parts of the scan, 1 to 1,000; a `cursor` brings its own number along. @default 1 */
  readonly segments?: number;
  /**
   * Read plus write units that may be consumed in any one second. Requests are made small enough, and wait long enough,
   * for that; only a single record that takes more by itself goes beyond it. @default unlimited
   */
  readonly capacityPerSecond?: number;
  /** Records deleted in one go, 1 to 25. @default 25 */
  readonly batchSize?: number;
  /**
   * Called before a batch is deleted, and waited for: it may delay the deletion, and `false` leaves these records alone.
   * With several segments, it is called for several batches at a time.
   */
  readonly before?: (batch: PurgeBatch) => boolean | void | Promise<boolean | void>;
  /** Nothing more is begun after this time; the last `cursor` tells where to go on. Epoch milliseconds. @default none */
  readonly deadline?: EpochMillis;
  /** Stops as the deadline does, once it is aborted: after the requests under way. */
  readonly signal?: AbortSignal;
  /** Where an earlier, stopped run ended: its last `cursor`. What was under way then is looked at again. */
  readonly cursor?: string;
  /** A namespace below this one whose records are counted apart, the living ones too. @default none */
  readonly tally?: string;
}

/** What `before` is told of a batch: its size, and the run's counts so far. */
export interface PurgeBatch extends PurgeCounts {
  /** Records in this batch. They have expired, unless they are renewed while `before` runs: then they are kept. */
  readonly records: number;
}

export interface PurgeCounts {
  /** Records looked at so far. */
  readonly scanned: number;
  /** Of these, expired. */
  readonly expired: number;
  /** Of these, deleted: one that was renewed in between is not. */
  readonly deleted: number;
  /** Of the expired, those that `before` left alone. */
  readonly skipped: number;
}

export interface PurgeProgress extends PurgeCounts {
  /**
   * Read and write units consumed so far, as the engine reports them; where it reports none, as DynamoDB Local does of
   * deletions, they are taken from the size of the records.
   */
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Where to go on after a stop; absent once everything was looked at. It holds keys: not for logs. */
  readonly cursor?: string;
  /** Of the namespace that `tally` names. */
  readonly tally?: PurgeTally;
}

export interface PurgeTally {
  /** Records that this run deleted. */
  readonly deleted: number;
  /**
   * The same of the whole pass since it began at the start, with what was seen of the living and the expired: the cursor
   * brings the counts of earlier runs along. Absent where one of them did not count.
   */
  readonly pass?: PassTally;
}

export interface CacheStore {
  /** The entry, or `undefined` where there is none or it has expired. */
  get(key: string, options?: GetOptions): Promise<CacheEntry | undefined>;
  /** Any number of keys, duplicates allowed. Answers under the keys it was asked for; missing ones are left out. */
  getMany(keys: Iterable<string>, options?: GetOptions): Promise<Map<string, CacheEntry>>;
  /** Writes a value, under a precondition if one is given. A failed one answers `written: false` with what is there. */
  set(key: string, value: CacheValue, options?: SetOptions): Promise<WriteResult>;
  /** Any number of entries; the last of a repeated key wins. Does not ask for locks, and drops them. */
  setMany(entries: Iterable<readonly [key: string, value: CacheValue, ttl?: Seconds]>): Promise<void>;
  /** Adds atomically and answers the sum. A missing or expired key starts at 0, and only then gets the ttl. */
  increment(key: string, by?: number, options?: { readonly ttl?: Seconds }): Promise<number>;
  /** Moves the expiry of an entry that is there and alive, keeping value and version. False: there is none. */
  touch(key: string, ttl: Seconds): Promise<boolean>;
  /** Removes the record and its lock, and brings back what it removed. */
  delete(key: string, options?: { readonly if?: Precondition }): Promise<DeleteResult>;
  /** Any number of keys, duplicates allowed. */
  deleteMany(keys: Iterable<string>): Promise<void>;
  /** Takes, or renews, the lock of a record, and brings back its entry. */
  lock(key: string, lease: Lease): Promise<LockResult>;
  /** Releases a live lock of this owner, moving the expiry in the same write if a ttl is given. */
  unlock(key: string, owner: Owner, options?: { readonly ttl?: Seconds }): Promise<boolean>;
  /**
   * Deletes expired records, locked or not: a lease never outlives its record. Runs only while it is iterated, and
   * reports at least once, the last time how it ended.
   *
   * @throws InvalidArgumentError for options out of range, or a cursor that no run reported
   * @example
   * for await (const { scanned, deleted } of store.deleteExpired({ capacityPerSecond: 50 })) console.log(scanned, deleted);
   */
  deleteExpired(options?: PurgeOptions): AsyncIterable<PurgeProgress>;
  /** Removes everything of this namespace, locks included. */
  clear(): Promise<void>;
  /** A view of the same engine under `prefix`, which gets a `:` at its end if it has none. */
  namespace(prefix: string): CacheStore;
}
