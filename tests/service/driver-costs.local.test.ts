/** What the operations of the DynamoDB driver cost, for items of up to 1 KB. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { BatchIncompleteError } from '../../src/cache/errors.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { endpointOf } from '../support/dynamodb.ts';
import { type Cost, DynamoDBProxy } from './dynamodb-proxy.ts';
import { NOT_APPLIED, unprocessed } from './faults.ts';

const OWNER = 'owner';
const LEASE = { owner: OWNER, milliseconds: 60_000 };
const WRONG = 1;

let proxy: DynamoDBProxy;
const measured: Record<string, unknown>[] = [];

beforeAll(async () => {
  proxy = await DynamoDBProxy.start(endpointOf('dynamoDBLocal'));
});

afterEach(() => proxy.reset());

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  if (process.env['PRINT_COSTS'] === '1') console.table(measured);
});

const newStore = (batchTimeoutMs = 5000): CacheStore =>
  new DynamoDBStore({ endpoint: proxy.url, prefix: randomUUID(), batchTimeoutMs });

type Act = (store: CacheStore, version: number) => Promise<unknown>;

/** A record `a` with a ttl, a number `n`, and `locked`, which `OWNER` has. */
async function prepared(): Promise<{ store: CacheStore; version: number }> {
  const store = newStore();
  const result = await store.set('a', 'x'.repeat(700), { ttl: 60 });
  await store.set('n', 1, { ttl: 60 });
  await store.set('locked', 'value', { ttl: 60 });
  await store.lock('locked', LEASE);
  await store.lock('valueless', LEASE);
  if (!result.written) throw new Error('The record was not written.');
  return { store, version: result.entry.version };
}

const READ: Cost = [1, 1, 0];
const WRITE: Cost = [1, 0, 1];
/** DynamoDB Local reports no units for a failed condition; AWS bills the write. */
const FAILED: Cost = [1, 0, 0];

const OPERATIONS: readonly [name: string, act: Act, cost: Cost, answer: unknown][] = [
  ['get', (store) => store.get('a'), READ, { value: 'x'.repeat(700) }],
  ['get, eventual', (store) => store.get('a', { consistent: false }), [1, 0.5, 0], { value: 'x'.repeat(700) }],
  ['get, a miss', (store) => store.get('missing'), READ, undefined],
  ['set', (store) => store.set('a', 'b'), WRITE, { written: true }],
  ['set with a ttl', (store) => store.set('a', 'b', { ttl: 9 }), WRITE, { written: true }],
  ['set anew', (store) => store.set('new', 'b'), WRITE, { written: true }],
  ['set if absent', (store) => store.set('new', 'b', { if: { absent: true } }), WRITE, { written: true }],
  ['set if version', (store, version) => store.set('a', 'b', { if: { version } }), WRITE, { written: true }],
  ['set if owner', (store) => store.set('locked', 'b', { if: { owner: OWNER } }), WRITE, { written: true }],
  [
    'set if owner and version',
    async (store) => {
      const version = (await store.get('locked'))?.version ?? 0;
      proxy.reset();
      return store.set('locked', 'b', { if: { owner: OWNER, version } });
    },
    WRITE,
    { written: true },
  ],
  [
    'set if owner, and release',
    (store) => store.set('locked', 'b', { ttl: 9, if: { owner: OWNER }, release: true }),
    WRITE,
    { written: true },
  ],
  [
    'set if owner, and release, a valueless record',
    (store) => store.set('valueless', 'b', { ttl: 9, if: { owner: OWNER }, release: true }),
    WRITE,
    { written: true },
  ],
  [
    'set if absent, but it is there',
    (store) => store.set('a', 'b', { if: { absent: true } }),
    FAILED,
    { written: false, current: { value: 'x'.repeat(700) } },
  ],
  [
    'set if version, but it has another',
    (store) => store.set('a', 'b', { if: { version: WRONG } }),
    FAILED,
    { written: false, current: { value: 'x'.repeat(700) } },
  ],
  [
    'set if version, but it is gone',
    (store, version) => store.set('missing', 'b', { if: { version } }),
    FAILED,
    { written: false },
  ],
  [
    'set if owner, but it is another’s',
    (store) => store.set('locked', 'b', { if: { owner: 'other' }, release: true }),
    FAILED,
    { written: false, current: { value: 'value' } },
  ],
  ['touch', (store) => store.touch('a', 60), WRITE, true],
  ['touch of what is gone', (store) => store.touch('missing', 60), FAILED, false],
  ['increment', (store) => store.increment('n'), WRITE, 2],
  ['increment with a ttl', (store) => store.increment('n', 1, { ttl: 60 }), WRITE, 2],
  ['increment from nothing', (store) => store.increment('new', 5, { ttl: 60 }), WRITE, 5],
  ['lock', (store) => store.lock('a', LEASE), WRITE, { locked: true, entry: { value: 'x'.repeat(700) } }],
  ['lock if existing', (store) => store.lock('a', { ...LEASE, existing: true }), WRITE, { locked: true }],
  ['lock from nothing', (store) => store.lock('new', LEASE), WRITE, { locked: true }],
  ['lock again', (store) => store.lock('locked', LEASE), WRITE, { locked: true }],
  [
    'lock of what another has',
    (store) => store.lock('locked', { ...LEASE, owner: 'other' }),
    FAILED,
    { locked: false, leaseEndsAt: expect.any(Number) },
  ],
  ['lock if existing, but it is gone', (store) => store.lock('new', { ...LEASE, existing: true }), FAILED, {}],
  ['unlock', (store) => store.unlock('locked', OWNER), WRITE, true],
  ['unlock and touch', (store) => store.unlock('locked', OWNER, { ttl: 9 }), WRITE, true],
  ['unlock of what another has', (store) => store.unlock('locked', 'other'), FAILED, false],
  ['delete', (store) => store.delete('a'), WRITE, { deleted: true, entry: { value: 'x'.repeat(700) } }],
  ['delete if version', (store, version) => store.delete('a', { if: { version } }), WRITE, { deleted: true }],
  [
    'delete if version, but it has another',
    (store) => store.delete('a', { if: { version: WRONG } }),
    FAILED,
    { deleted: false, current: { value: 'x'.repeat(700) } },
  ],
];

describe('One request each:', () => {
  it.each(OPERATIONS)('%s', async (name, act, cost, expected) => {
    const { store, version } = await prepared();
    proxy.reset();
    const answer = await act(store, version);
    const spent = proxy.cost();
    const [requests, RCU, WCU] = spent;
    measured.push({ operation: name, requests, RCU, WCU });
    expect(spent).toEqual(cost);
    if (typeof expected === 'object') expect(answer).toMatchObject(expected ?? {});
    else expect(answer).toEqual(expected);
  });
});

describe('Two requests, where a record is in an unusual state:', () => {
  it.each<[string, Act]>([
    ['set over an expired lock', (store) => store.set('a', 'b')],
    ['set if absent', (store) => store.set('a', 'b', { if: { absent: true } })],
    ['increment', (store) => store.increment('a')],
    ['lock', (store) => store.lock('a', LEASE)],
  ])('%s, which has expired but is still there', async (_, act) => {
    const prefix = randomUUID();
    const past = new DynamoDBStore({ endpoint: proxy.url, prefix, clock: () => Date.now() - 100_000 });
    await past.set('a', 'old', { ttl: 50 });
    await past.lock('a', LEASE);
    proxy.reset();
    const [requests] = await act(new DynamoDBStore({ endpoint: proxy.url, prefix }), 0).then(() => proxy.cost());
    // The emulator itself may have deleted the record by now, as its TTL does: then it is one.
    expect(requests).toBeLessThanOrEqual(2);
  });
});

describe('A batch', () => {
  const keysOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `key${index}`);
  const fill = async (store: CacheStore, count: number) => {
    await store.setMany(keysOf(count).map((key) => [key, key, 60] as const));
    proxy.reset();
  };

  it('of 250 reads is 3 requests, whatever is asked for twice', async () => {
    const store = newStore();
    await fill(store, 250);
    expect((await store.getMany([...keysOf(250), ...keysOf(10)])).size).toBe(250);
    expect(proxy.cost()).toEqual([3, 250, 0]);
    await store.getMany(keysOf(250), { consistent: false });
    expect(proxy.cost()).toEqual([3, 125, 0]);
  });

  it('of 60 writes is 3 requests', async () => {
    const store = newStore();
    await store.setMany(keysOf(60).map((key) => [key, key, 60] as const));
    expect(proxy.cost()).toEqual([3, 0, 60]);
    await store.deleteMany([...keysOf(60), ...keysOf(10)]);
    expect(proxy.cost()).toEqual([3, 0, 60]);
  });

  it('of nothing is no request', async () => {
    const store = newStore();
    await store.setMany([]);
    await store.deleteMany([]);
    expect(await store.getMany([])).toEqual(new Map());
    expect(proxy.cost()).toEqual([0, 0, 0]);
  });

  it('asks again for what was left over', async () => {
    const store = newStore();
    proxy.on({ operation: 'BatchWriteItem', fault: unprocessed(5), times: 3 });
    await store.setMany(keysOf(60).map((key) => [key, key, 60] as const));
    proxy.on({ operation: 'BatchGetItem', fault: unprocessed(30), times: 2 });
    expect([...(await store.getMany(keysOf(60))).keys()].toSorted()).toEqual(keysOf(60).toSorted());
    proxy.on({ operation: 'BatchWriteItem', fault: unprocessed(0), times: 2 });
    await store.deleteMany(keysOf(60));
    expect((await store.getMany(keysOf(60))).size).toBe(0);
  });

  it('that the deadline cuts short names exactly the keys that were left over', async () => {
    const store = newStore(250);
    let left = 40;
    // Forty are done, five in a request; then nothing is any more.
    proxy.on({
      operation: 'BatchWriteItem',
      fault: (forward, exchange) => {
        const count = Math.min(5, left);
        left -= count;
        return unprocessed(count)(forward, exchange);
      },
    });
    const error: unknown = await store
      .setMany(keysOf(60).map((key) => [key, key, 60] as const))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BatchIncompleteError);
    const { keys } = error as BatchIncompleteError;
    proxy.reset();
    const stored = await store.getMany(keysOf(60));
    expect(keys.toSorted()).toEqual(
      keysOf(60)
        .filter((key) => !stored.has(key))
        .toSorted(),
    );
    expect(stored.size).toBe(40);
    expect(String(error)).not.toContain('key1');
  });

  it('that the deadline cuts short because nothing is answered any more names the keys too', async () => {
    const store = newStore(300);
    proxy.on({ operation: 'BatchGetItem', fault: NOT_APPLIED['hangs'] ?? unprocessed(0) });
    const error: unknown = await store.getMany(keysOf(3)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BatchIncompleteError);
    expect((error as BatchIncompleteError).keys.toSorted()).toEqual(keysOf(3).toSorted());
  });
});
