/**
 * What it takes to delete the expired half of a table: requests, units, seconds, memory, and the most units that any second
 * had; 100 records are renewed once the first ones are gone, and have to be there at the end. On DynamoDB Local where Java
 * is found, else on dynalite, which gets one request for each record.
 *
 * `npm run bench:purge -- [records] [budget]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import type { PurgeOptions, PurgeProgress } from '../../src/cache/store.ts';
import { peakOf, startRecorder } from './recorder.ts';

interface Report extends PurgeProgress {
  readonly milliseconds: number;
  /** Bytes of the process, before and at the most. */
  readonly before: number;
  readonly peak: number;
}

const [records = 40_000, budget = 200] = process.argv.slice(2).map(Number);
const RENEWED = 100;
const HOUR_MS = 3_600_000;
const SESSION = JSON.stringify({
  data: { userId: 'ada', cart: [{ sku: 'A-1', quantity: 2 }] },
  created: 1_700_000_000,
});

const CASES: readonly [string, PurgeOptions][] = [
  ['unlimited', {}],
  ['unlimited, 4 segments', { segments: 4 }],
  [`${budget} units a second`, { capacityPerSecond: budget }],
];

const rows: Record<string, object> = {};
for (const [name, options] of CASES) rows[name] = await measured(options);
console.log(`${records} records, half of them expired, Node ${process.version}`);
console.table(rows);

async function measured(options: PurgeOptions): Promise<object> {
  const emulator = await startDynamoDB();
  const recorder = await startRecorder(emulator.endpoint);
  try {
    // The emulator's own TTL looks at another attribute.
    await createTable(emulator.endpoint, 'cache', { expires: 'unused' });
    const past = new DynamoDBStore({
      endpoint: emulator.endpoint,
      clock: () => Date.now() - 2 * HOUR_MS,
      batchTimeoutMs: 300_000,
    });
    const keys = Array.from({ length: records }, (_, number) => `session:${number}`);
    await past.setMany(keys.map((key, number) => [key, SESSION, number % 2 === 0 ? 3600 : 36_000]));

    const child = fork(join(import.meta.dirname, 'worker.ts'), [recorder.url, JSON.stringify(options)]);
    await once(child, 'message');
    recorder.requests.length = 0;
    child.send('go');
    await once(child, 'message');
    const reported = once(child, 'message') as Promise<[Report]>;
    const renewed = await renew(past, keys.filter((_, number) => number % 2 === 0).toReversed());
    const [report] = await reported;

    const kept = await new DynamoDBStore({ endpoint: emulator.endpoint, batchTimeoutMs: 60_000 }).getMany(renewed);
    const left = (await past.getMany(keys)).size;
    return {
      requests: recorder.requests.length,
      RCU: report.readUnits,
      WCU: report.writeUnits,
      seconds: Number((report.milliseconds / 1000).toFixed(1)),
      'most units in a second': peakOf(recorder.requests),
      'MB before': megabytes(report.before),
      'MB at most': megabytes(report.peak),
      deleted: report.deleted,
      left,
      'renewed kept': `${kept.size} of ${renewed.length}`,
    };
  } finally {
    recorder.stop();
    await emulator.stop();
  }
}

/** By a clock that finds them alive: only those that are still there are renewed. */
async function renew(past: DynamoDBStore, expired: readonly string[]): Promise<string[]> {
  const renewed: string[] = [];
  for (const key of expired) {
    if (renewed.length === RENEWED) break;
    if (await past.touch(key, 36_000)) renewed.push(key);
  }
  return renewed;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
