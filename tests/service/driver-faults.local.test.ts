/** What the driver makes of answers that got lost: nothing counts twice, whoever sends the requests. */
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cache } from '../../src/cache/cache.ts';
import { DynamoDBStore, type DynamoDBStoreOptions } from '../../src/cache/drivers/dynamodb.ts';
import { AmbiguousWriteError, StoreUnavailableError } from '../../src/cache/errors.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { CREDENTIALS, endpointOf } from '../support/dynamodb.ts';
import { DynamoDBProxy, type Fault } from './dynamodb-proxy.ts';
import { APPLIED, NOT_APPLIED } from './faults.ts';
import { requests } from './requests.ts';

let proxy: DynamoDBProxy;
let client: DynamoDBClient;

beforeAll(async () => {
  proxy = await DynamoDBProxy.start(endpointOf('dynamoDBLocal'));
  client = new DynamoDBClient({ endpoint: proxy.url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 5 });
});

afterAll(async () => {
  client.destroy();
  await proxy[Symbol.asyncDispose]();
});

const SENDERS: readonly [string, () => DynamoDBStoreOptions][] = [
  ['the driver’s own transport', () => ({ endpoint: proxy.url })],
  ['a client of the AWS SDK that would try five times', () => ({ client })],
];

/** Where the request may have been applied, for all that the driver knows. */
const UNKNOWN = Object.entries(NOT_APPLIED).filter(([name]) => !name.startsWith('throttles'));
const THROTTLING = Object.entries(NOT_APPLIED).filter(([name]) => name.startsWith('throttles'));

/** A store of its own, and faults that are for its requests alone. */
function fresh(options: DynamoDBStoreOptions) {
  const prefix = randomUUID();
  const store: CacheStore = new DynamoDBStore({ ...options, prefix, requestTimeoutMs: 500 });
  const on = (fault: Fault, times: number, operation: string): void =>
    proxy.on({ fault, times, operation, containing: prefix });
  return { store, on, once: (operation: string, fault: Fault) => on(fault, 1, operation) };
}

describe.concurrent.each(SENDERS)('With %s,', (_sender, options) => {
  it.each(Object.entries(APPLIED))(
    'an increment whose answer is lost (%s) counts once, and says so',
    async (_, fault) => {
      const { store, once } = fresh(options());
      await store.increment('n');
      once('UpdateItem', fault);
      await expect(store.increment('n')).rejects.toThrow(AmbiguousWriteError);
      expect((await store.get('n'))?.value).toBe(2);
    },
  );

  it.each(UNKNOWN)('an increment that DynamoDB %s at is not repeated', async (_, fault) => {
    const { store, once } = fresh(options());
    await store.increment('n');
    once('UpdateItem', fault);
    await expect(store.increment('n')).rejects.toThrow(AmbiguousWriteError);
    expect((await store.get('n'))?.value).toBe(1);
  });

  it.each(THROTTLING)('an increment is repeated where DynamoDB %s', async (_, fault) => {
    const { store, on } = fresh(options());
    on(fault, 2, 'UpdateItem');
    expect(await store.increment('n')).toBe(1);
  });

  it.each(Object.entries(APPLIED))('a conditional write whose answer is lost (%s) knows itself', async (_, fault) => {
    const { store, once } = fresh(options());
    once('UpdateItem', fault);
    const added = await store.set('a', 'first', { if: { absent: true } });
    expect(added).toMatchObject({ written: true, entry: { value: 'first' } });
    once('UpdateItem', fault);
    const { version } = (await store.get('a')) ?? { version: 0 };
    expect(await store.set('a', 'second', { if: { version } })).toMatchObject({ written: true });
    expect((await store.get('a'))?.value).toBe('second');
  });

  it.each(Object.entries(APPLIED))(
    'a delete whose answer is lost (%s) is done, and a pull says so',
    async (_, fault) => {
      const { store, once } = fresh(options());
      await store.set('a', 'value');
      once('DeleteItem', fault);
      expect(await store.delete('a')).toEqual({ deleted: false, ambiguous: true });
      await store.set('b', '"value"');
      once('DeleteItem', fault);
      await expect(new Cache(store, { onError: () => {} }).pull('b')).rejects.toThrow(AmbiguousWriteError);
    },
  );

  it.each(Object.entries(APPLIED))(
    'a lock whose answer is lost (%s) is held, and can be released',
    async (_, fault) => {
      const { store, once } = fresh(options());
      await store.set('a', 'value', { ttl: 60 });
      once('UpdateItem', fault);
      expect(await store.lock('a', { owner: 'me', milliseconds: 60_000 })).toMatchObject({ locked: true });
      once('UpdateItem', fault);
      expect(await store.unlock('a', 'me')).toBe(true);
      expect(await store.lock('a', { owner: 'other', milliseconds: 60_000 })).toMatchObject({ locked: true });
    },
  );

  it.each(Object.entries(APPLIED))('a session whose answer is lost (%s) counts an update once', async (_, fault) => {
    const { store, once } = fresh(options());
    const { begin, send, dataOf } = requests(store);
    const cookie = await begin({ n: 1 });
    once('UpdateItem', fault);
    const reply = await send(cookie, (session) => session.update('n', (n) => Number(n) + 1));
    expect(reply.status).toBe(200);
    expect(await dataOf(cookie)).toEqual({ n: 2 });
  });

  it('a session whose answer is lost, and which another request changes before the second try, is not counted twice', async () => {
    const { store, once } = fresh(options());
    const { begin, send, dataOf } = requests(store);
    const cookie = await begin({ n: 1 });
    once('UpdateItem', async (forward) => {
      await forward();
      await send(cookie, (session) => session.set('other', true));
      return 'reset';
    });
    const reply = await send(cookie, (session) => session.update('n', (n) => Number(n) + 1));
    expect(reply).toMatchObject({ status: 503, setCookies: [] });
    expect(await dataOf(cookie)).toEqual({ n: 2, other: true });
  });

  it('requests that hang end within three seconds', async () => {
    const prefix = randomUUID();
    const store = new DynamoDBStore({ ...options(), prefix });
    proxy.on({ fault: async () => 'hang', containing: prefix });
    const started = Date.now();
    const outcomes = await Promise.allSettled([
      store.get('a'),
      store.set('a', 'b'),
      store.delete('a'),
      store.touch('a', 1),
    ]);
    expect(Date.now() - started).toBeLessThan(3000);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
    }
  });

  it('an error of any kind prints no key and no value', async () => {
    const store = new DynamoDBStore({ ...options(), prefix: 'prefix-of-a-secret' });
    proxy.on({
      containing: 'prefix-of-a-secret',
      fault: async (_forward, { body }) => ({
        status: 400,
        body: JSON.stringify({ __type: 'x#ValidationException', message: body }),
      }),
    });
    const failing = [store.set('key-of-a-secret', 'value-of-a-secret'), store.getMany(['key-of-a-secret'])];
    for (const outcome of await Promise.allSettled(failing)) {
      const { reason } = outcome as PromiseRejectedResult;
      const printed = [inspect(reason, { depth: 10 }), JSON.stringify(reason), String(reason)].join('\n');
      expect(printed).toContain('StoreUnavailableError');
      expect(printed).not.toContain('of-a-secret');
    }
  });
});

it('An increment that can not be sent has not happened, and the error says no more', async () => {
  await using refusing = await DynamoDBProxy.start(endpointOf('dynamoDBLocal'));
  await refusing.refuse();
  const store = new DynamoDBStore({ endpoint: refusing.url, prefix: randomUUID() });
  await expect(store.increment('n')).rejects.toThrow(StoreUnavailableError);
  await refusing.accept();
  expect(await store.get('n')).toBeUndefined();
});
