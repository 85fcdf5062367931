import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startStub } from '../../bench/stub/start.ts';
import { stubServer } from '../../bench/stub/stub.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';

const EXPIRES = Math.ceil(Date.now() / 1000) + 3600;
const ITEMS = [
  {
    table: 'cache',
    key: 'key',
    item: { key: { S: 'a:one' }, value: { S: 'text' }, version: { N: '7' }, expires_at: { N: String(EXPIRES) } },
  },
];

async function stub(): Promise<DynamoDBStore> {
  const server = stubServer(ITEMS);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return new DynamoDBStore({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, prefix: 'a' });
}

it('The stub answers reads with the records it was given, and with nothing for others', async () => {
  const store = await stub();
  expect(await store.get('one')).toEqual({ value: 'text', version: 7, expiresAt: EXPIRES });
  expect(await store.get('other')).toBeUndefined();
});

it('The stub says of every write that it succeeded, and changes nothing', async () => {
  const store = await stub();
  expect(await store.set('one', 'new', { ttl: 60, if: { version: 1 } })).toMatchObject({ written: true });
  expect(await store.touch('one', 60)).toBe(true);
  expect(await store.get('one')).toMatchObject({ value: 'text' });
});

it('The stub runs in a process of its own, and ends when it is stopped', async () => {
  const server = await startStub(ITEMS);
  const { endpoint } = server;
  const store = new DynamoDBStore({ endpoint, prefix: 'a' });
  expect(await store.get('one')).toMatchObject({ value: 'text' });
  await server.stop();
  await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
});
