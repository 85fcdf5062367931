/**
 * Processes that contend for one session: how much longer than the holds together it takes, how many writes fail, and how
 * long the unluckiest waits. On DynamoDB Local where Java is found, else on dynalite.
 *
 * `npm run bench:locking -- [rounds] [processes...]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { keyOf, newId } from '../../src/session/ids.ts';

interface Report {
  readonly requests: number;
  readonly failedWrites: number;
  readonly reads: number;
  readonly waits: readonly number[];
  readonly givenUp: number;
}

const [rounds = 20, ...sizes] = process.argv.slice(2).map(Number);
const HOLD_MS = 50;
const emulator = await startDynamoDB();
const rows: Record<string, object> = {};

try {
  await createTable(emulator.endpoint, 'cache');
  const records = new DynamoDBStore({ endpoint: emulator.endpoint }).namespace('session');
  // The first round warms the emulator up, and is not shown.
  for (const [index, size] of [5, ...(sizes.length > 0 ? sizes : [2, 5, 10, 20])].entries()) {
    const id = newId();
    await records.set(keyOf(id), `{"data":{"n":0},"created":${Math.floor(Date.now() / 1000)}}`, { ttl: 3600 });
    const worker = join(import.meta.dirname, 'worker.ts');
    const args = [emulator.endpoint, id, String(rounds), String(HOLD_MS)];
    const processes = Array.from({ length: size }, () => fork(worker, args));
    await Promise.all(processes.map((one) => once(one, 'message')));
    const started = performance.now();
    const reports = processes.map(async (one) => {
      one.send('go');
      const [report] = (await once(one, 'message')) as [Report];
      return report;
    });
    const all = await Promise.all(reports);
    const wall = performance.now() - started;
    if (index === 0) continue;
    const turns = size * rounds;
    const sum = (count: (report: Report) => number) => all.reduce((total, report) => total + count(report), 0);
    const counted = /"n":(\d+)/.exec(String((await records.get(keyOf(id)))?.value))?.[1];
    rows[`${size} processes`] = {
      'wall / ideal': (wall / (turns * HOLD_MS)).toFixed(2),
      'failed writes a turn': (sum((report) => report.failedWrites) / turns).toFixed(2),
      'reads a turn': (sum((report) => report.reads) / turns).toFixed(1),
      'requests a turn': (sum((report) => report.requests) / turns).toFixed(1),
      'longest wait / (N x hold)': (Math.max(...all.flatMap(({ waits }) => waits)) / (size * HOLD_MS)).toFixed(2),
      'given up': sum((report) => report.givenUp),
      counted: `${counted} of ${turns}`,
    };
  }
  console.log(`${rounds} rounds, ${HOLD_MS} ms hold, Node ${process.version}, ${emulator.engine}`);
  console.table(rows);
} finally {
  await emulator.stop();
}
