import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { DynamoDBStore } from '../../../../src/cache/drivers/dynamodb.ts';
import { acquire } from '../../../../src/session/lock.ts';
import { createTable } from '../../../../scripts/emulator.ts';
import { endpointOf } from '../../../support/dynamodb.ts';

it('A lease that ends while the refusal is looked at is not a missing record', async () => {
  const endpoint = endpointOf('dynamoDBLocal');
  const table = `race-${randomUUID()}`;
  await createTable(endpoint, table);
  const start = Date.now();
  let calls = 0;
  let jump = Infinity;
  const clock = () => (++calls > jump ? start + 10_000 : start);
  const store = new DynamoDBStore({ endpoint, table, clock });
  const missing: number[] = [];
  for (let after = 1; after <= 6; after++) {
    jump = Infinity;
    await store.set('key', 'value', { ttl: 600 });
    await store.delete('key');
    await store.set('key', 'value', { ttl: 600 });
    await store.lock('key', { owner: 'a', milliseconds: 10_000, existing: true });
    calls = 0;
    jump = after;
    const entry = await acquire(store, 'key', {
      owner: 'b',
      leaseMs: 1000,
      until: Date.now() + 500,
      retryMinMs: 1,
      retryMaxMs: 2,
    });
    if (entry === undefined) missing.push(after);
  }
  expect(missing).toEqual([]);
});
