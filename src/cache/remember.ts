/**
 * Computing a missing value once across instances. The lease lies in the value's own record, so deleting or replacing the
 * record ends it, and a value computed from what was true before is then not written.
 */
import { randomUUID } from 'node:crypto';
import { attempt, type Report } from './outage.ts';
import type { CacheEntry, CacheStore, CacheValue, EpochMillis, Owner, Seconds } from './store.ts';

export interface RememberTerms {
  readonly ttl: Seconds;
  readonly leaseMs: number;
  readonly waitMs: number;
  readonly clock: () => EpochMillis;
  readonly report: Report;
  /** Whether there is a record, and holds what the cache understands. */
  readonly isReadable: (entry: CacheEntry | undefined) => entry is CacheEntry;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/** How many reads go by between two tries for the lease: a failed one is billed as a write. */
const READS_PER_TRY = 4;

/**
 * The stored value, or the computed one. A hit is 1 request, an uncontended miss 3: read, lock, write and release.
 *
 * After the first request that fails there are no more: the value is computed and not kept.
 */
export async function rememberAcrossInstances(
  store: CacheStore,
  key: string,
  compute: () => Promise<CacheValue>,
  terms: RememberTerms,
): Promise<CacheValue> {
  const owner = randomUUID();
  const found = await findOrLock(store, key, owner, terms);
  if (found === 'neither') return compute();
  if (found !== 'locked') return found.value;
  const { ttl, report } = terms;
  try {
    const value = await compute();
    await attempt(() => store.set(key, value, { ttl, if: { owner }, release: true }), report);
    return value;
  } catch (error) {
    await attempt(() => store.unlock(key, owner), report);
    throw error;
  }
}

/** `neither`: the store fails, or another instance has held the lease for as long as one is willing to wait. */
type Found = { readonly value: CacheValue } | 'locked' | 'neither';

async function findOrLock(store: CacheStore, key: string, owner: Owner, terms: RememberTerms): Promise<Found> {
  const { clock, report, isReadable } = terms;
  const deadline = clock() + terms.waitMs;
  let leaseEndsAt = Infinity;
  for (let reads = 0; ; reads += 1) {
    const read = await attempt(() => store.get(key), report);
    if (read === undefined) return 'neither';
    if (isReadable(read.answer)) return { value: read.answer.value };
    if (reads % READS_PER_TRY === 0 || clock() >= leaseEndsAt) {
      const lock = await attempt(() => store.lock(key, { owner, milliseconds: terms.leaseMs }), report);
      if (lock === undefined) return 'neither';
      if (lock.answer.locked) return releaseIfWritten(store, key, owner, lock.answer.entry, terms);
      leaseEndsAt = lock.answer.leaseEndsAt ?? Infinity;
    }
    const now = clock();
    if (now >= deadline) return 'neither';
    await pause(Math.min(pauseMs(reads), deadline - now, Math.max(leaseEndsAt - now, FIRST_PAUSE_MS)));
  }
}

/** Between the read and the lock, another instance may have written the value. */
async function releaseIfWritten(
  store: CacheStore,
  key: string,
  owner: Owner,
  entry: CacheEntry | undefined,
  { report, isReadable }: RememberTerms,
): Promise<Found> {
  if (!isReadable(entry)) return 'locked';
  await attempt(() => store.unlock(key, owner), report);
  return { value: entry.value };
}

/** Ever longer up to a bound, and never the same for two waiters. */
function pauseMs(reads: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** reads, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
