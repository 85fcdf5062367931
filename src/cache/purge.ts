/**
 * The garbage collection in runs that take up where the last one stopped, one at a time. Its cursor, and the lock on it,
 * are a record of the store itself.
 */
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError } from '../errors.ts';
import type { PurgeNote } from './counter.ts';
import type { CacheStore, EpochMillis, Owner, PurgeProgress, PurgeTally } from './store.ts';

/** Beside `session:` and `cache:`. */
const NAMESPACE = 'purge';
const KEY = 'cursor';

/** A run that was ended from outside holds up others no longer than this after its deadline. Milliseconds. */
const LEASE_MARGIN_MS = 10_000;

export interface PurgeRunOptions {
  /** When to stop. Requests under way, and saving the cursor, come after it. */
  readonly deadline: EpochMillis;
  /** Read plus write units in any second. @default unlimited */
  readonly capacityPerSecond?: number;
  /** Counts the records of a namespace apart. */
  readonly tally?: PurgeObserver;
}

/** Called while no other run is at it. A failure of either is the run's own. */
export interface PurgeObserver {
  readonly namespace: string;
  /** Before a pass that begins at the start. */
  begins(): Promise<void>;
  /** After what this run did, also where it failed. `pass` is there where it ended one that was counted from its start. */
  ends(note: PurgeNote): Promise<void>;
}

export type PurgeTotals = Omit<PurgeProgress, 'cursor' | 'tally'>;

export type PurgeOutcome =
  /** Everything was looked at: the next run begins anew. */
  | ({ readonly state: 'finished' } & PurgeTotals)
  /** The next run goes on from here. */
  | ({ readonly state: 'stopped' } & PurgeTotals)
  /** The same, if that much could be saved. */
  | ({ readonly state: 'failed'; readonly error: unknown } & PurgeTotals)
  /** Another run is at it; nothing was done. */
  | { readonly state: 'locked' };

const NOTHING: PurgeTotals = { scanned: 0, expired: 0, deleted: 0, skipped: 0, readUnits: 0, writeUnits: 0 };

/**
 * Deletes expired records of a store, its namespaces included, until the deadline.
 *
 * @throws StoreUnavailableError where not even the lock can be asked for
 * @example
 * const outcome = await purgeUntil(store, { deadline: Date.now() + 60_000, capacityPerSecond: 20 });
 */
export async function purgeUntil(store: CacheStore, options: PurgeRunOptions): Promise<PurgeOutcome> {
  const owner = randomUUID();
  const own = store.namespace(NAMESPACE);
  const milliseconds = Math.max(0, Math.ceil(options.deadline - Date.now())) + LEASE_MARGIN_MS;
  const lock = await own.lock(KEY, { owner, milliseconds });
  if (!lock.locked) return { state: 'locked' };
  const start = lock.entry?.value;
  const { tally: observer, ...limits } = options;
  let totals = NOTHING;
  let tally: PurgeTally | undefined;
  let cursor = typeof start === 'string' ? start : undefined;
  try {
    const from = {
      ...limits,
      ...(observer && { tally: observer.namespace }),
      ...(cursor !== undefined && { cursor }),
    };
    if (cursor === undefined) await observer?.begins();
    try {
      for await (const progress of store.deleteExpired(from)) ({ cursor, tally, ...totals } = progress);
    } catch (error) {
      // The first failure is the one to tell.
      await observer?.ends({ deleted: tally?.deleted ?? 0 }).catch(() => {});
      throw error;
    }
    if (tally) await observer?.ends(noteOf(tally, cursor));
    await save(own, owner, cursor);
    return { state: cursor === undefined ? 'finished' : 'stopped', ...totals };
  } catch (error) {
    // With a cursor that can't be read, the next run had better begin anew.
    const last = error instanceof InvalidArgumentError ? undefined : cursor;
    await save(own, owner, last).catch(() => {});
    return { state: 'failed', error, ...totals };
  }
}

function noteOf({ deleted, pass }: PurgeTally, cursor: string | undefined): PurgeNote {
  return { deleted, ...(cursor === undefined && pass && { pass }) };
}

/** Ends the lock with it. Without a cursor, nothing is kept. */
async function save(own: CacheStore, owner: Owner, cursor: string | undefined): Promise<void> {
  if (cursor === undefined) await own.delete(KEY, { if: { owner } });
  else await own.set(KEY, cursor, { if: { owner }, release: true });
}
