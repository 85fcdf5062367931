/**
 * Deletes expired records: scans keys only and eventually consistently, and deletes each record under the condition that
 * it is still expired. Each segment of the scan holds one page of keys at a time, and goes its own pace within the budget.
 */
import { checkPurgeOptions, MAX_PURGE_BATCH } from '../../rules.ts';
import { Stop } from '../../stop.ts';
import type { PurgeOptions, PurgeProgress } from '../../store.ts';
import type { BatchContext } from './batch.ts';
import { CapacityBudget, RecordCost } from './capacity.ts';
import { consumedBy } from './connection.ts';
import { cursorOf, startFrom, type Positions } from './cursor.ts';
import { bind, scannedFor } from './expressions.ts';
import { keyOf, stateOf, type Item } from './item.ts';
import { deleteStillExpired, triesIn, type PurgeRun } from './purge-delete.ts';
import { Tally } from './purge-tally.ts';

/** @throws StoreUnavailableError @throws InvalidArgumentError for options out of range, or a cursor that can't be */
export async function* deleteExpired(context: BatchContext, options: PurgeOptions): AsyncGenerator<PurgeProgress> {
  checkPurgeOptions(options);
  const { positions, tally: earlier } = startFrom(options);
  const left = new AbortController();
  const signals = options.signal === undefined ? [left.signal] : [left.signal, options.signal];
  const run: PurgeRun = {
    context,
    stop: new Stop({ deadline: options.deadline, signal: AbortSignal.any(signals) }),
    budget: new CapacityBudget(options.capacityPerSecond),
    cost: new RecordCost(),
    batchSize: options.batchSize ?? MAX_PURGE_BATCH,
    before: options.before,
    totals: { scanned: 0, expired: 0, deleted: 0, skipped: 0, readUnits: 0, writeUnits: 0 },
    hasStatements: true,
    tally: options.tally === undefined ? undefined : new Tally(context.prefix, options.tally, earlier),
  };
  const progress = (): PurgeProgress => ({
    ...run.totals,
    ...cursorOf(positions, run.tally?.kept),
    ...(run.tally && { tally: run.tally.progress }),
  });
  const segments = positions.map((_position, segment) => purgeSegment(run, positions, segment));
  try {
    for await (const report of merged(segments, progress, () => left.abort())) yield report;
  } catch (error) {
    // What was deleted since the last report must not be lost.
    yield progress();
    throw error;
  }
  yield progress();
}

/** A step for every request, or batch left alone, but the one that ends a page: then the position has moved. */
async function* purgeSegment(run: PurgeRun, positions: Positions, segment: number): AsyncGenerator<void> {
  for (;;) {
    const position = positions[segment];
    if (position === undefined || position === null) return;
    const page = await scanPage(run, position, segment, positions.length);
    // A page that was begun and not ended is scanned again by the run that takes up the cursor.
    if (page === undefined) return;
    for (let start = 0; start < page.items.length;) {
      yield;
      const size = Math.min(run.batchSize, run.cost.deletableWith(run.budget.share));
      if (!(await purgeBatch(run, page, page.items.slice(start, start + size)))) return;
      start += size;
    }
    positions[segment] = page.next;
    run.tally?.endPage(page.living, page.expired);
    if (page.next !== null) yield;
  }
}

interface Page {
  /** The keys of what has expired. */
  readonly items: readonly Item[];
  /** Of the namespace that is counted: the living, and the expired that were not deleted. */
  readonly living: number;
  expired: number;
  /** `null`: this was the last one. */
  readonly next: string | null;
}

/** `undefined`: the stop came first. */
async function scanPage(run: PurgeRun, position: string, segment: number, segments: number): Promise<Page | undefined> {
  const { budget, cost, stop, totals } = run;
  const { connection, names, table, prefix, now } = run.context;
  // Without a budget, a page is as large as DynamoDB makes it: 1 MB of records.
  const limit = budget.share === Infinity ? undefined : cost.readableWith(budget.share);
  const time = now();
  const request = {
    TableName: table,
    Segment: segment,
    TotalSegments: segments,
    ...bind(scannedFor(prefix, run.tally?.prefix), names, {
      ':now': time / 1000,
      ':prefix': prefix,
      ':tally': run.tally?.prefix,
    }),
    ...(limit !== undefined && { Limit: limit }),
    ...(position !== '' && { ExclusiveStartKey: { [names.key]: { S: position } } }),
    ReturnConsumedCapacity: 'TOTAL',
  };
  const answer = await budget.spend(
    limit === undefined ? 0 : cost.reading(limit),
    stop,
    () => connection.call('Scan', request),
    (scan) => (scan.ok ? consumedBy(scan.output) * triesIn(scan) : 0),
  );
  if (answer?.ok !== true) return undefined;
  const { Items: found = [], ScannedCount: scanned = 0, LastEvaluatedKey: last } = answer.output;
  const items = run.tally === undefined ? found : found.filter((item) => stateOf(item, names, time).expired);
  const counted = (some: readonly Item[]): number => some.filter((item) => run.tally?.has(keyOf(item, names))).length;
  const expired = counted(items);
  const units = consumedBy(answer.output);
  cost.sawPage(scanned, units);
  totals.scanned += scanned;
  totals.expired += items.length;
  totals.readUnits += units;
  const keys = items.map((item) => ({ [names.key]: { S: keyOf(item, names) } }));
  return {
    items: keys,
    living: counted(found) - expired,
    expired,
    next: last === undefined ? null : keyOf(last, names),
  };
}

/** False: the stop came first, and records of the batch may be left. */
async function purgeBatch(run: PurgeRun, page: Page, items: readonly Item[]): Promise<boolean> {
  const { scanned, expired, deleted, skipped } = run.totals;
  const isWanted = await run.before?.({ records: items.length, scanned, expired, deleted, skipped });
  if (isWanted === false) {
    run.totals.skipped += items.length;
    return !run.stop.isDue;
  }
  return deleteStillExpired(run, items, (item) => {
    run.totals.deleted++;
    if (run.tally?.has(keyOf(item, run.context.names)) !== true) return;
    run.tally.deleted();
    page.expired--;
  });
}

/** Reports after each step, whoever is ready first. What is under way at the end is told to stop, and waited for. */
async function* merged<T>(
  parts: readonly AsyncGenerator<void>[],
  report: () => T,
  stop: () => void,
): AsyncGenerator<T> {
  const underWay = new Map(parts.map((part) => [part, stepOf(part)]));
  try {
    while (underWay.size > 0) {
      const { part, isDone } = await Promise.race(underWay.values());
      underWay.delete(part);
      if (isDone) continue;
      yield report();
      underWay.set(part, stepOf(part));
    }
  } finally {
    stop();
    await Promise.allSettled(underWay.values());
  }
}

async function stepOf(part: AsyncGenerator<void>): Promise<{ part: AsyncGenerator<void>; isDone: boolean }> {
  return { part, isDone: (await part.next()).done === true };
}
