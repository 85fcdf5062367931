import { afterEach, describe, expect, it, vi } from 'vitest';
import { DynamoDBStore, type DynamoDBStoreOptions } from '../../../../src/cache/drivers/dynamodb.ts';
import type { Write } from '../../../../src/cache/drivers/dynamodb/transport.ts';
import { BatchIncompleteError, StoreUnavailableError } from '../../../../src/cache/errors.ts';
import { InvalidArgumentError } from '../../../../src/errors.ts';
import { CAPACITY, answeringServer, refusal, type Answering, type Received } from './answering-server.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const NOW = Date.UTC(2050, 0, 1);

async function open(answer: Answering, options: DynamoDBStoreOptions = {}, holdMs = 0) {
  const { endpoint, received, state } = await answeringServer(answer, { holdMs });
  const store = new DynamoDBStore({ endpoint, prefix: 'p', clock: () => NOW, ...options });
  return { store, received, state };
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `key-${number}`);
}

function entriesOf(count: number): [string, number][] {
  return keysOf(count).map((key, number) => [key, number]);
}

/** The full keys that a batch request asks for or writes, in its order. */
function askedIn({ operation, input }: Received, table = 'cache'): string[] {
  const asked = input.RequestItems[table];
  if (operation === 'BatchGetItem') return asked.Keys.map(({ key }: { key: { S: string } }) => key.S);
  return asked.map(({ PutRequest, DeleteRequest }: Write) => (PutRequest?.Item ?? DeleteRequest?.Key)?.['key']?.S);
}

/** Answers every key of a read with a record, and every write with success. */
function done(request: Received) {
  if (!request.operation.startsWith('Batch')) return { body: CAPACITY };
  const items = askedIn(request).map((full) => ({ key: { S: full }, value: { S: `at ${full}` }, version: { N: '1' } }));
  return { body: { ...CAPACITY, ...(request.operation === 'BatchGetItem' && { Responses: { cache: items } }) } };
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

describe('getMany', () => {
  it('asks for 100 keys at a time, four times at once', async () => {
    const { store, received, state } = await open(done, {}, 30);
    const entries = await store.getMany(keysOf(950));
    expect(entries.size).toBe(950);
    expect(entries.get('key-949')).toEqual({ value: 'at p:key-949', version: 1 });
    const sizes = received.map((request) => askedIn(request).length);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([100, 100, 100, 100, 100, 100, 100, 100, 100, 50]);
    expect(new Set(received.flatMap((request) => askedIn(request))).size).toBe(950);
    expect(state.mostOpen).toBe(4);
  });

  it.each([
    [undefined, undefined, true],
    [false, undefined, false],
    [true, undefined, true],
    [undefined, false, false],
    [true, false, true],
    [false, true, false],
  ])(
    'asked to be consistent: %s, by a store that is: %s, asks DynamoDB for that: %s',
    async (asked, usual, expected) => {
      const { store, received } = await open(done, usual === undefined ? {} : { consistentRead: usual });
      await store.getMany(['a'], asked === undefined ? {} : { consistent: asked });
      await store.get('a', asked === undefined ? {} : { consistent: asked });
      expect(received[0]?.input).toMatchObject({
        RequestItems: { cache: { ConsistentRead: expected } },
        ReturnConsumedCapacity: 'TOTAL',
      });
      expect(received[1]?.input).toMatchObject({ ConsistentRead: expected, ReturnConsumedCapacity: 'TOTAL' });
    },
  );

  it('asks again for keys that DynamoDB had no room for', async () => {
    const { store, received } = await open((request, count) => {
      const answer = done(request);
      if (count > 1) return answer;
      const Keys = askedIn(request).slice(1).map((full) => ({ key: { S: full } })); // prettier-ignore
      const Responses = { cache: [{ key: { S: 'p:a' }, value: { S: 'first' }, version: { N: '1' } }] };
      return { body: { ...CAPACITY, Responses, UnprocessedKeys: { cache: { Keys } } } };
    });
    const entries = await store.getMany(['a', 'b', 'c']);
    expect([...entries].map(([key, { value }]) => [key, value])).toEqual([
      ['a', 'first'],
      ['b', 'at p:b'],
      ['c', 'at p:c'],
    ]);
    expect(received.map((request) => askedIn(request))).toEqual([
      ['p:a', 'p:b', 'p:c'],
      ['p:b', 'p:c'],
    ]);
  });

  it('leaves out records that it did not ask for, that are damaged, and that have expired', async () => {
    const record = (full: string, more: object = {}) => ({
      key: { S: full },
      value: { S: 'v' },
      version: { N: '1' },
      ...more,
    });
    const items = [
      record('p:good'),
      record('p:unasked'),
      record('p:damaged', { value: { B: 'AAAA' }, encoding: { S: 'br' } }),
      record('p:expired', { expires_at: { N: String(NOW / 1000) } }),
    ];
    const { store } = await open(() => ({ body: { ...CAPACITY, Responses: { cache: items } } }));
    expect([...(await store.getMany(['good', 'damaged', 'expired', 'missing'])).keys()]).toEqual(['good']);
  });

  it('finds nothing in an answer without results', async () => {
    const { store } = await open(() => ({ body: CAPACITY }));
    expect(await store.getMany(['a'])).toEqual(new Map());
  });
});

describe('setMany', () => {
  it('writes 25 entries at a time, four times at once', async () => {
    const { store, received, state } = await open(done, {}, 30);
    await store.setMany(entriesOf(210));
    const sizes = received.map((request) => askedIn(request).length);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([25, 25, 25, 25, 25, 25, 25, 25, 10]);
    expect(state.mostOpen).toBe(4);
  });

  it('writes whole records', async () => {
    const { store, received } = await open((request) => ({ body: { ...CAPACITY, request } }), { table: 'other' });
    await store.setMany([
      ['text', 'v'],
      ['long', 'x'.repeat(3000), 60],
    ]);
    const [text, long] = received.flatMap(({ input }) => input.RequestItems.other);
    const version = { N: expect.stringMatching(/^\d+$/) };
    expect(text.PutRequest.Item).toEqual({ key: { S: 'p:text' }, value: { S: 'v' }, version });
    expect(long.PutRequest.Item).toEqual({
      key: { S: 'p:long' },
      value: { B: expect.any(String) },
      encoding: { S: 'br' },
      version,
      expires_at: { N: String(NOW / 1000 + 60) },
    });
    expect(received[0]?.input.ReturnConsumedCapacity).toBe('TOTAL');
  });

  it('writes what was left over again, together with what waits', async () => {
    const { store, received } = await open((request, count) => {
      if (count > 4) return done(request);
      const left = request.input.RequestItems.cache.slice(0, 1);
      return { body: { ...CAPACITY, UnprocessedItems: { cache: left } } };
    });
    await store.setMany(entriesOf(110));
    expect(received.map((request) => askedIn(request).length)).toEqual([25, 25, 25, 25, 14]);
    const last = received[4] as Received;
    expect(new Set(askedIn(last).slice(0, 4))).toEqual(new Set(['p:key-0', 'p:key-25', 'p:key-50', 'p:key-75']));
  });

  it('does not pause after a round that left nothing over', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const { store } = await open(done);
    const started = performance.now();
    await store.setMany(entriesOf(400));
    expect(performance.now() - started).toBeLessThan(4 * 50);
  });

  it('pauses the longer the more rounds got nothing done', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const times: number[] = [];
    const { store } = await open((request, count) => {
      times.push(performance.now());
      if (count > 3) return done(request);
      return { body: { ...CAPACITY, UnprocessedItems: request.input.RequestItems } };
    });
    await store.setMany(entriesOf(2));
    const [first = 0, second = 0, third = 0, fourth = 0] = times;
    expect(second - first).toBeGreaterThan(48);
    expect(third - second).toBeGreaterThan(98);
    expect(fourth - third).toBeGreaterThan(198);
  });

  it('pauses briefly again after a round that got something done', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const times: number[] = [];
    const { store } = await open((request, count) => {
      times.push(performance.now());
      if (count > 4) return done(request);
      const { cache } = request.input.RequestItems;
      return { body: { ...CAPACITY, UnprocessedItems: { cache: count === 3 ? cache.slice(1) : cache } } };
    });
    await store.setMany(entriesOf(2));
    expect(Number(times[3]) - Number(times[2])).toBeLessThan(90);
    expect(Number(times[2]) - Number(times[1])).toBeGreaterThan(98);
  });

  it.each([
    ['after five seconds', {}, 5000],
    ['after the time that it is given', { batchTimeoutMs: 300 }, 300],
  ])('ends %s, and names what is left over', async (_, options, milliseconds) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    let now = 1_000_000;
    vi.spyOn(Date, 'now').mockImplementation(() => now);
    const { store } = await open((request) => {
      now += 100;
      return { body: { ...CAPACITY, UnprocessedItems: request.input.RequestItems } };
    }, options);
    const error = await failure(store.setMany(entriesOf(2)));
    expect(error).toBeInstanceOf(BatchIncompleteError);
    expect(error).toHaveProperty('keys', ['key-0', 'key-1']);
    expect(now - 1_000_000).toBe(milliseconds);
  });

  it('that is refused is no matter of time', async () => {
    const { store } = await open(() => refusal('AccessDeniedException'), { batchTimeoutMs: 10_000 });
    const error = await failure(store.setMany(entriesOf(2)));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toHaveProperty('cause.name', 'AccessDeniedException');
  });

  it('that fails near its deadline names what is left over, also of batches that were not begun', async () => {
    const answer: Answering = (request) =>
      askedIn(request).includes('p:key-0') ? refusal('InternalServerError', 500) : done(request);
    const { store } = await open(answer, { batchTimeoutMs: 200, maxAttempts: 1 });
    const error = await failure(store.setMany(entriesOf(110)));
    expect(error).toBeInstanceOf(BatchIncompleteError);
    expect(new Set((error as BatchIncompleteError).keys)).toEqual(new Set([...keysOf(25), ...keysOf(110).slice(100)]));
    expect(error).toHaveProperty('cause.name', 'StoreUnavailableError');
  });

  it('sends nothing where one of its entries is wrong', async () => {
    const { store, received } = await open(done);
    await expect(store.setMany([...entriesOf(30), ['bad', 1, 0]])).rejects.toThrow(InvalidArgumentError);
    expect(received).toEqual([]);
  });
});

it('A batch that is not answered ends with its time', async () => {
  const { store } = await open(() => 'never', { batchTimeoutMs: 100 });
  const started = Date.now();
  const errors = await Promise.all([failure(store.getMany(['a'])), failure(store.setMany([['a', 1]]))]);
  expect(Date.now() - started).toBeLessThan(700);
  for (const error of errors) expect(error).toHaveProperty('keys', ['a']);
});

describe('deleteMany', () => {
  it('deletes each key once, 25 at a time', async () => {
    const { store, received } = await open(done);
    await store.deleteMany([...keysOf(30), ...keysOf(30)]);
    expect(received.map((request) => askedIn(request).length)).toEqual([25, 5]);
    expect(received[0]?.input.RequestItems.cache[0]).toEqual({ DeleteRequest: { Key: { key: { S: 'p:key-0' } } } });
  });

  it('names the keys that are left over as it was given them', async () => {
    const { store } = await open(
      (request) => ({ body: { ...CAPACITY, UnprocessedItems: request.input.RequestItems } }),
      { batchTimeoutMs: 100 },
    );
    expect(await failure(store.deleteMany(['a', 'b']))).toHaveProperty('keys', ['a', 'b']);
  });
});

describe('clear', () => {
  it('scans the keys under the prefix, page by page, and deletes them', async () => {
    const { store, received } = await open((request, count) => {
      if (request.operation !== 'Scan') return done(request);
      const Items = [{ key: { S: `p:key-${count}` } }];
      return { body: { ...CAPACITY, Items, ...(count === 1 && { LastEvaluatedKey: { key: { S: 'p:last' } } }) } };
    });
    await store.clear();
    expect(received.map(({ operation }) => operation)).toEqual(['Scan', 'BatchWriteItem', 'Scan', 'BatchWriteItem']);
    const scan = {
      TableName: 'cache',
      ProjectionExpression: '#key',
      FilterExpression: 'begins_with(#key, :prefix)',
      ExpressionAttributeNames: { '#key': 'key' },
      ExpressionAttributeValues: { ':prefix': { S: 'p:' } },
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
    };
    expect(received[0]?.input).toEqual(scan);
    expect(received[2]?.input).toEqual({ ...scan, ExclusiveStartKey: { key: { S: 'p:last' } } });
    expect(received.filter(({ operation }) => operation !== 'Scan').map((request) => askedIn(request))).toEqual([
      ['p:key-1'],
      ['p:key-3'],
    ]);
  });

  it('scans all of the table where there is no prefix', async () => {
    const { store, received } = await open(() => ({ body: CAPACITY }), { prefix: '' });
    await store.clear();
    expect(received).toHaveLength(1);
    expect(received[0]?.input).not.toHaveProperty('FilterExpression');
    expect(received[0]?.input).not.toHaveProperty('ExpressionAttributeValues');
  });

  it('names the keys it could not delete as its namespace has them', async () => {
    const { store } = await open(
      (request) =>
        request.operation === 'Scan'
          ? { body: { ...CAPACITY, Items: [{ key: { S: 'p:a' } }] } }
          : { body: { ...CAPACITY, UnprocessedItems: request.input.RequestItems } },
      { batchTimeoutMs: 100 },
    );
    expect(await failure(store.clear())).toHaveProperty('keys', ['a']);
  });
});
