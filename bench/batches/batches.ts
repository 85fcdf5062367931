/** What is measured of a store: operations on many entries. */

/** Seconds that entries live. */
export const TTL = 3600;

export interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface Batches {
  /** Absent: the store has no such operation. */
  readonly setMany?: (entries: readonly Entry[]) => Promise<unknown>;
  /** Answers how many it found. */
  readonly getMany?: (keys: readonly string[]) => Promise<number>;
  readonly deleteMany?: (keys: readonly string[]) => Promise<unknown>;
  readonly clear: () => Promise<unknown>;
  /** Puts entries there, whichever way. */
  readonly fill: (entries: readonly Entry[]) => Promise<unknown>;
}

/** @param endpoint of DynamoDB; not for stores in memory */
export type OpenBatches = (endpoint: string, table: string) => Batches;

export type Operation = 'setMany' | 'getMany' | 'deleteMany' | 'clear';

export const OPERATIONS: readonly Operation[] = ['setMany', 'getMany', 'deleteMany', 'clear'];
