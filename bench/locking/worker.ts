/** One process that takes its turns on a session: locks it, holds it for a while, counts, and releases it. */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { SessionStore } from '../../src/session/store.ts';

const [endpoint = '', id = '', rounds = '20', holdMs = '50'] = process.argv.slice(2);
const counts = { requests: 0, failedWrites: 0, reads: 0 };
const store = new DynamoDBStore({
  endpoint,
  onRequest: ({ operation, outcome }) => {
    counts.requests++;
    if (operation === 'GetItem') counts.reads++;
    if (outcome === 'condition-failed') counts.failedWrites++;
  },
});
const sessions = new SessionStore({ store, lockWait: 120 });
const waits: number[] = [];
let givenUp = 0;

await store.get('warm');
counts.requests = 0;
counts.reads = 0;
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
for (let round = 0; round < Number(rounds); round++) {
  const started = performance.now();
  try {
    const draft = await sessions.open(id, { lock: true });
    waits.push(performance.now() - started);
    await delay(Number(holdMs));
    draft.set('n', Number(draft.read('n')) + 1);
    await sessions.commit(draft, { release: true });
  } catch {
    givenUp++;
  }
}
process.send?.({ ...counts, waits, givenUp });
process.disconnect?.();
