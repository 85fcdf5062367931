/** The driver against a server that answers as DynamoDB should not, or as it does on a bad day. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DynamoDBStore, type DynamoDBStoreOptions } from '../../../../src/cache/drivers/dynamodb.ts';
import {
  AmbiguousWriteError,
  BatchIncompleteError,
  CorruptEntryError,
  StoreUnavailableError,
} from '../../../../src/cache/errors.ts';
import { ConfigError } from '../../../../src/errors.ts';

type Handler = (operation: string, count: number) => { readonly status?: number; readonly body: unknown } | undefined;

const CAPACITY = { ConsumedCapacity: { CapacityUnits: 1 } };

let server: Server;
let requests: string[];
let handler: Handler;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      requests.push(operation);
      const answer = handler(operation, requests.length);
      if (answer === undefined) response.destroy();
      else response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function newStore(options: DynamoDBStoreOptions = {}): DynamoDBStore {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return new DynamoDBStore({ endpoint: `http://127.0.0.1:${address.port}`, ...options });
}

const throttling = { status: 400, body: { __type: 'x#ProvisionedThroughputExceededException', message: 'slow' } };

describe('The DynamoDB driver', () => {
  it.each(['InvalidSignatureException', 'IncompleteSignatureException', 'ValidationException', 'InternalServerError'])(
    'repeats nothing of what a %s quotes',
    async (type) => {
      handler = () => ({
        status: type === 'InternalServerError' ? 500 : 400,
        body: { __type: `x#${type}`, message: "The Canonical String should have been 'x-amz-security-token:SECRET'" },
      });
      const error: unknown = await newStore({ maxAttempts: 2 })
        .get('k')
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('SECRET');
    },
  );

  it.each([
    { message: 'hello' },
    { __type: 'x#InternalServerError' },
    { Attributes: null },
    { Item: null },
    { Item: 5 },
  ])('takes %j for no answer of DynamoDB', async (body) => {
    handler = () => ({ body });
    const store = newStore({ maxAttempts: 1 });
    await expect(store.get('k')).rejects.toThrow(StoreUnavailableError);
    await expect(store.set('k', 'v')).rejects.toThrow(StoreUnavailableError);
    await expect(store.lock('k', { owner: 'o', milliseconds: 10 })).rejects.toThrow(StoreUnavailableError);
  });

  it('does not make a number out of an increment that was answered without one', async () => {
    handler = () => ({ body: CAPACITY });
    await expect(newStore().increment('n')).rejects.toThrow(StoreUnavailableError);
  });

  it('says of an increment that never left that it was not applied', async () => {
    handler = () => ({ body: CAPACITY });
    const failing = (thrown: unknown) => newStore({ credentials: () => Promise.reject(thrown) });
    for (const thrown of [new Error('no profile'), undefined, 'text']) {
      await expect(failing(thrown).increment('n')).rejects.toThrow(StoreUnavailableError);
    }
    expect(requests).toEqual([]);
  });

  it('says of an increment whose answer was lost that it may have been applied, and sends it once', async () => {
    handler = () => undefined;
    await expect(newStore().increment('n')).rejects.toThrow(AmbiguousWriteError);
    expect(requests).toEqual(['UpdateItem']);
  });

  it('survives a hook that throws, or rejects', async () => {
    handler = () => ({ body: CAPACITY });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    await newStore({ onRequest: () => Promise.reject(new Error('hook')) }).get('k');
    await newStore({
      onRequest: () => {
        throw new Error('hook');
      },
    }).get('k');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('tries a batch that is throttled as a whole again until it is done', async () => {
    handler = (_operation, count) => (count <= 7 ? throttling : { body: { ...CAPACITY, UnprocessedItems: {} } });
    await newStore({ maxAttempts: 2 }).setMany([['k', 'v']]);
    expect(requests).toHaveLength(8);
  });

  it('names the keys of a batch that is throttled until its deadline', async () => {
    handler = () => throttling;
    const error: unknown = await newStore({ batchTimeoutMs: 200 })
      .setMany([
        ['a', 1],
        ['b', 2],
      ])
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BatchIncompleteError);
    expect((error as BatchIncompleteError).keys).toEqual(['a', 'b']);
  });

  it('is done with all requests of a batch when the batch fails', async () => {
    let open = 0;
    handler = () => ({ status: 400, body: { __type: 'x#ValidationException', message: '' } });
    server.on('request', (_request, response) => {
      open++;
      response.on('close', () => open--);
    });
    const entries = Array.from({ length: 60 }, (_, index) => [`k${index}`, 'v'] as const);
    await expect(newStore().setMany(entries)).rejects.toThrow(StoreUnavailableError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests).toHaveLength(3);
    expect(open).toBe(0);
  });

  it('does not take an unlock for done whose expiry was not moved', async () => {
    const item = { key: { S: 'k' }, value: { S: 'v' }, version: { N: '1' }, expires_at: { N: '99999999999' } };
    handler = (_operation, count) =>
      count === 1
        ? { status: 500, body: {} }
        : { status: 400, body: { __type: 'x#ConditionalCheckFailedException', Item: item } };
    expect(await newStore().unlock('k', 'nobody', { ttl: 60 })).toBe(false);
  });

  it('tells a damaged record from an engine that is down', async () => {
    const item = { key: { S: 'k' }, value: { B: 'AAAA' }, encoding: { S: 'br' }, version: { N: '1' } };
    handler = (operation) => ({
      body:
        operation === 'DeleteItem'
          ? { ...CAPACITY, Attributes: item }
          : { ...CAPACITY, Item: item, Responses: { cache: [item] } },
    });
    const store = newStore();
    await expect(store.get('k')).rejects.toThrow(CorruptEntryError);
    expect(await store.getMany(['k'])).toEqual(new Map());
    expect(await store.delete('k')).toEqual({ deleted: false });
  });

  it.each<DynamoDBStoreOptions>([
    { endpoint: 'not a url' },
    { endpoint: '127.0.0.1:8000' },
    { endpoint: 'ftp://127.0.0.1' },
    { attributes: { value: 'version' } },
    { attributes: { value: 'key' } },
    { attributes: { expires: 'value' } },
    { attributes: { key: 'lock_owner' } },
  ])('refuses the configuration %j at once', (options) => {
    expect(() => new DynamoDBStore(options)).toThrow(ConfigError);
  });
});
