import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { DynamoDBStore } from '../../../../src/cache/drivers/dynamodb.ts';
import { HttpTransport } from '../../../../src/cache/drivers/dynamodb/transport.ts';
import { MemoryStore } from '../../../../src/cache/drivers/memory.ts';
import { InvalidArgumentError } from '../../../../src/errors.ts';
import { CREDENTIALS, endpointOf } from '../../../support/dynamodb.ts';

const endpoint = endpointOf('dynamoDBLocal');
const prefix = `foreign-${randomUUID()}:`;
const store = new DynamoDBStore({ endpoint, prefix });

it('A record that Laravel wrote, which has no version, can be replaced under the one that it reads with, once', async () => {
  const options = { endpoint: new URL(endpoint), region: 'us-east-1', credentials: () => Promise.resolve(CREDENTIALS) };
  const update = {
    TableName: 'cache',
    Key: { key: { S: `${prefix}k` } },
    UpdateExpression: 'SET #value = :value',
    ExpressionAttributeNames: { '#value': 'value' },
    ExpressionAttributeValues: { ':value': { S: 's:1:"a";' } },
  };
  await new HttpTransport(options).send('UpdateItem', update, AbortSignal.timeout(5000));
  const { version = 0, value } = (await store.get('k')) ?? {};
  expect(value).toBe('s:1:"a";');
  expect(await store.set('k', 'new', { if: { version } })).toMatchObject({ written: true });
  expect(await store.set('k', 'newer', { if: { version } })).toMatchObject({
    written: false,
    current: { value: 'new' },
  });
});

it.each([
  [2 ** 53, -1],
  [2 ** 53 + 2, -10],
  [-(2 ** 53), 1],
  [Number.MAX_SAFE_INTEGER, 1],
])('Both drivers refuse to increment %d by %d, and leave it as it is', async (value, by) => {
  for (const driver of [store, new MemoryStore()]) {
    await driver.set('n', value);
    await expect(driver.increment('n', by)).rejects.toThrow(InvalidArgumentError);
    expect((await driver.get('n'))?.value).toBe(value);
  }
});

it('Both drivers can lock whatever they hold', async () => {
  for (const driver of [store, new MemoryStore()]) {
    const largest = async (low: number, high: number): Promise<number> => {
      if (high - low <= 1) return low;
      const middle = Math.floor((low + high) / 2);
      const fits = await driver.set('big', new Uint8Array(middle)).then(
        () => true,
        () => false,
      );
      return fits ? largest(middle, high) : largest(low, middle);
    };
    const size = await largest(380_000, 420_000);
    await driver.set('big', new Uint8Array(size));
    const owner = 'o'.repeat(36);
    expect(await driver.lock('big', { owner, milliseconds: 1000 })).toMatchObject({ locked: true });
    expect(await driver.set('big', new Uint8Array(size), { if: { owner }, release: true })).toMatchObject({
      written: true,
    });
  }
});
