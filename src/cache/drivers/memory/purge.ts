/** Deletes expired records before the engine comes to it, in batches as on DynamoDB. */
import { checkPurgeOptions, isExpired, MAX_PURGE_BATCH, normalizePrefix } from '../../rules.ts';
import { Stop } from '../../stop.ts';
import type { PurgeOptions, PurgeProgress } from '../../store.ts';
import type { MemoryEngine } from './engine.ts';

/** A stopped run is taken up from the start: what it deleted is gone, and looking costs nothing. */
const START = 'start';

/** @throws InvalidArgumentError for options out of range */
export async function* deleteExpired(
  engine: MemoryEngine,
  prefix: string,
  options: PurgeOptions,
): AsyncGenerator<PurgeProgress, void, void> {
  checkPurgeOptions(options);
  const { batchSize = MAX_PURGE_BATCH, before } = options;
  const stop = new Stop(options);
  const totals = { scanned: 0, expired: 0, deleted: 0, skipped: 0, readUnits: 0, writeUnits: 0 };
  // Every run looks at everything: it is a pass of its own.
  const tally = { living: 0, expired: 0, deleted: 0 };
  const counted = options.tally === undefined ? undefined : prefix + normalizePrefix(options.tally);
  const isCounted = (key: string): boolean => counted !== undefined && key.startsWith(counted);
  const progress = (isStopped: boolean): PurgeProgress => ({
    ...totals,
    ...(isStopped && { cursor: START }),
    ...(counted !== undefined && { tally: { deleted: tally.deleted, pass: { ...tally } } }),
  });
  let batch: string[] = [];
  let isStopped = stop.isDue;

  const purgeBatch = async (): Promise<void> => {
    const { scanned, expired, deleted, skipped } = totals;
    const isWanted = await before?.({ records: batch.length, scanned, expired, deleted, skipped });
    isStopped = stop.isDue;
    if (isWanted === false) totals.skipped += batch.length;
    else if (!isStopped) {
      const gone = deleteStillExpired(engine, batch);
      totals.deleted += gone.length;
      tally.deleted += gone.filter(isCounted).length;
    }
    batch = [];
  };

  for (const [key, { expiresAt }] of engine.records(prefix)) {
    if (isStopped) break;
    totals.scanned++;
    if (!isExpired(expiresAt, engine.now())) {
      if (isCounted(key)) tally.living++;
      continue;
    }
    totals.expired++;
    if (isCounted(key)) tally.expired++;
    batch.push(key);
    if (batch.length < batchSize) continue;
    await purgeBatch();
    if (!isStopped) yield progress(true);
  }
  if (batch.length > 0 && !isStopped) await purgeBatch();
  yield progress(isStopped);
}

/** Records may have been renewed while `before` ran. */
function deleteStillExpired(engine: MemoryEngine, keys: readonly string[]): readonly string[] {
  const deleted: string[] = [];
  for (const key of keys) {
    if (!isExpired(engine.expiryOf(key), engine.now())) continue;
    engine.delete(key);
    deleted.push(key);
  }
  return deleted;
}
