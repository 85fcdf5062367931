/**
 * The contract of `CacheStore`, as tests. Run it on a driver of your own from a test file like this one:
 *
 * @example
 * import { cacheStoreConformance } from '../conformance.ts';
 *
 * cacheStoreConformance('ValkeyStore', ({ prefix, clock }) => new ValkeyStore({ url, prefix, clock }));
 */
import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { MAX_ENTRY_BYTES } from '../../src/cache/rules.ts';
import type { CacheStore, EpochMillis } from '../../src/cache/store.ts';
import { describeBatches } from './conformance/batches.ts';
import { describeConcurrency } from './conformance/concurrency.ts';
import { describeExpiry } from './conformance/expiry.ts';
import { describeLockLine } from './conformance/lock-line.ts';
import { describeLocks } from './conformance/locks.ts';
import { describeLockWrites } from './conformance/lock-writes.ts';
import { describeNamespaces } from './conformance/namespaces.ts';
import { describePurge } from './conformance/purge.ts';
import { describeRefusals } from './conformance/refusals.ts';
import { describeValues } from './conformance/values.ts';
import { describeWrites } from './conformance/writes.ts';

/** How time passes for a store. */
export interface TestTime {
  readonly now: () => EpochMillis;
  readonly advance: (milliseconds: number) => Promise<void> | void;
}

export interface ConformanceOptions {
  /**
   * The time that the stores are given as their clock. A driver that leaves expiry to its engine, and so can't be given
   * a clock, passes one that sleeps. @default a clock that moves only when a test moves it
   */
  readonly time?: () => TestTime;
  /** Bytes the engine holds: more is refused with `EntryTooLargeError`. @default 400 KiB, as DynamoDB */
  readonly maxEntryBytes?: number;
}

export type CreateStore = (options: {
  readonly prefix: string;
  readonly clock: () => EpochMillis;
}) => Promise<CacheStore> | CacheStore;

/** What a group of the suite's tests works with. */
export interface Subject {
  /** A store of its own for each call, under a prefix that nobody else uses unless one is given. */
  readonly open: (options?: { readonly prefix?: string; readonly time?: TestTime }) => Promise<CacheStore>;
  /** A time for a store, at which no second begins. */
  readonly startTime: () => TestTime;
  readonly maxEntryBytes: number;
}

/**
 * Declares the suite for the stores that `createStore` makes. All may share one engine and one table: each gets a prefix
 * of its own.
 */
export function cacheStoreConformance(name: string, createStore: CreateStore, options: ConformanceOptions = {}): void {
  const startTime = options.time ?? manualTime;
  const subject: Subject = {
    startTime,
    maxEntryBytes: options.maxEntryBytes ?? MAX_ENTRY_BYTES,
    open: async ({ prefix = randomPrefix(), time = startTime() } = {}) =>
      createStore({ prefix, clock: () => time.now() }),
  };
  describe(`${name} keeps the contract of CacheStore:`, () => {
    describeValues(subject);
    describeWrites(subject);
    describeExpiry(subject);
    describeLocks(subject);
    describeLockWrites(subject);
    describeLockLine(subject);
    describeBatches(subject);
    describePurge(subject);
    describeNamespaces(subject);
    describeRefusals(subject);
    describeConcurrency(subject);
  });
}

export function randomPrefix(): string {
  return `test-${randomUUID()}:`;
}

/** Years ahead of the engine's own clock, so that an engine's own expiry does not remove what a test has yet to see. */
export function manualTime(): TestTime {
  let now = Date.UTC(2050, 0, 1) + 250;
  return {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}
