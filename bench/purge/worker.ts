/** The purge in a process of its own, so that its memory is seen. Tells its parent when the first records are gone. */
import process from 'node:process';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import type { PurgeProgress } from '../../src/cache/store.ts';

const [endpoint = '', options = '{}'] = process.argv.slice(2);
const store = new DynamoDBStore({ endpoint });
await store.get('warm');
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));

const before = process.memoryUsage().rss;
let peak = before;
const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
const started = performance.now();
let last: PurgeProgress | undefined;
for await (const progress of store.deleteExpired(JSON.parse(options))) {
  if ((last?.deleted ?? 0) === 0 && progress.deleted > 0) process.send?.('deleting');
  last = progress;
}
clearInterval(sampling);
process.send?.({ ...last, milliseconds: performance.now() - started, before, peak });
process.disconnect?.();
