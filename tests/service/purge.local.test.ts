/** The garbage collection on a table of its own: what it costs, and what it makes of failures. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import type { PurgeBatch, PurgeOptions, PurgeProgress } from '../../src/cache/store.ts';
import { manualTime } from '../cache/conformance.ts';
import { purge } from '../cache/conformance/purge.ts';
import { endpointOf } from '../support/dynamodb.ts';
import { DynamoDBProxy, type Fault } from './dynamodb-proxy.ts';
import { NOT_APPLIED } from './faults.ts';
import { Table } from './table.ts';

let proxy: DynamoDBProxy;

beforeAll(async () => {
  proxy = await DynamoDBProxy.start(endpointOf('dynamoDBLocal'));
});

afterEach(() => proxy.reset());

afterAll(() => proxy[Symbol.asyncDispose]());

/** A table with so many expired records and so many living ones, of some 140 bytes each unless told otherwise. */
async function filled(expired: number, living: number, bytes = 100) {
  const name = `purge-${randomUUID()}`;
  await createTable(endpointOf('dynamoDBLocal'), name);
  const time = manualTime();
  const store = new DynamoDBStore({ endpoint: proxy.url, table: name, clock: time.now, batchTimeoutMs: 30_000 });
  const entries = (kind: string, count: number, ttl: number) =>
    Array.from({ length: count }, (_, number) => [`${kind}-${number}`, randomBytes(bytes), ttl] as const);
  await store.setMany([...entries('old', expired, 1), ...entries('new', living, 3600)]);
  await time.advance(2000);
  proxy.reset();
  const run = async (options?: PurgeOptions): Promise<PurgeProgress | undefined> =>
    (await purge(store, options)).at(-1);
  return { store, time, run, table: new Table(endpointOf('dynamoDBLocal'), name) };
}

const operations = () => proxy.exchanges.map(({ operation }) => operation);

/** Answers for the first `count` statements of a batch that they were throttled, and does the others. */
function throttling(count: number): Fault {
  return async (forward, { body }) => {
    const request = JSON.parse(body) as { Statements: unknown[] };
    const rest = request.Statements.slice(count);
    const answer = rest.length === 0 ? '{}' : (await forward(JSON.stringify({ ...request, Statements: rest }))).body;
    const { Responses: done = [] } = JSON.parse(answer) as { Responses?: unknown[] };
    const throttled = request.Statements.slice(0, count).map(() => ({ Error: { Code: 'ThrottlingError' } }));
    return { status: 200, body: JSON.stringify({ Responses: [...throttled, ...done] }) };
  };
}

describe('A purge', () => {
  it('of 250 expired records among 500 is a scan and 10 batches', async () => {
    const { run, table } = await filled(250, 250);
    const last = await run();
    expect(last).toEqual({ scanned: 500, expired: 250, deleted: 250, skipped: 0, readUnits: 9, writeUnits: 250 });
    expect(operations()).toEqual(['Scan', ...Array.from({ length: 10 }, () => 'BatchExecuteStatement')]);
    expect(proxy.cost()).toEqual([11, 9, 0]);
    expect((await table.keys('old')).length).toBe(0);
    expect((await table.keys('new')).length).toBe(250);
  });

  it('of nothing is one request', async () => {
    const { run } = await filled(0, 0);
    expect(await run()).toMatchObject({ scanned: 0, expired: 0, deleted: 0, writeUnits: 0 });
    expect(operations()).toEqual(['Scan']);
  });

  it('counts what large records cost to delete', async () => {
    const { run } = await filled(4, 0, 20_000);
    expect(await run()).toMatchObject({ deleted: 4, writeUnits: 80 });
  });

  it('in segments deletes the same', async () => {
    const { run, table } = await filled(250, 250);
    expect(await run({ segments: 3 })).toMatchObject({ scanned: 500, expired: 250, deleted: 250 });
    expect((await table.keys('old')).length).toBe(0);
  });

  it('removes locked records, and ended locks without a value', async () => {
    const { store, time, run, table } = await filled(0, 0);
    await store.set('locked', 1, { ttl: 1 });
    await store.lock('locked', { owner: 'a', milliseconds: 3_600_000 });
    await store.lock('ended', { owner: 'a', milliseconds: 500 });
    await store.lock('held', { owner: 'a', milliseconds: 3_600_000 });
    await time.advance(3000);
    expect(await run()).toMatchObject({ scanned: 3, expired: 2, deleted: 2 });
    expect(await table.keys()).toEqual(['held']);
  });

  it('keeps what is renewed between the scan and the deletion', async () => {
    const { store, run, table } = await filled(100, 100);
    const renewed = Array.from({ length: 30 }, (_, number) => [`old-${number}`, 'renewed', 3600] as const);
    const held = proxy.holdAnswer({ operation: 'Scan' });
    const running = run();
    await held.reached;
    await store.setMany(renewed);
    held.release();
    expect(await running).toMatchObject({ expired: 100, deleted: 70 });
    expect((await table.keys('old')).toSorted()).toEqual(renewed.map(([key]) => key).toSorted());
  });

  it('deletes as many at a time as it may, and leaves alone what it is not to delete', async () => {
    const { run, table } = await filled(100, 0);
    const batches: PurgeBatch[] = [];
    const before = (batch: PurgeBatch) => batches.push(batch) !== 3;
    expect(await run({ batchSize: 10, before })).toMatchObject({ expired: 100, deleted: 90, skipped: 10 });
    expect(batches.map(({ records }) => records)).toEqual(Array.from({ length: 10 }, () => 10));
    expect(batches[3]).toEqual({ records: 10, scanned: 100, expired: 100, deleted: 20, skipped: 10 });
    expect(operations().length).toBe(1 + 9);
    expect((await table.keys('old')).length).toBe(10);
  });

  it('that only counts sends nothing but scans', async () => {
    const { run } = await filled(100, 100);
    expect(await run({ before: () => false })).toMatchObject({
      scanned: 200,
      expired: 100,
      skipped: 100,
      writeUnits: 0,
    });
    expect(operations()).toEqual(['Scan']);
  });
});

describe('A purge within a budget', () => {
  it('scans pages, and deletes batches, that take a quarter of it at the most', async () => {
    const { run } = await filled(60, 440, 1000);
    await run({ capacityPerSecond: 40, before: () => false });
    const pages = proxy.exchanges.map(({ readUnits }) => readUnits);
    expect(Math.max(...pages)).toBe(10);
    expect(pages.slice(0, 3)).toEqual([0.5, 0.5, 0.5]);
    proxy.reset();
    await run({ capacityPerSecond: 200, segments: 2 });
    expect(operations().filter((name) => name === 'BatchExecuteStatement').length).toBeGreaterThanOrEqual(5);
    expect(await run()).toMatchObject({ scanned: 440, expired: 0 });
  });
});

describe('A purge that is stopped', () => {
  it('in the middle of a page begins no other batch, and the next one loses nothing', async () => {
    const { run, table } = await filled(200, 200);
    const stop = new AbortController();
    let asked = 0;
    const before = () => void (++asked === 4 && stop.abort());
    const first = await run({ before, signal: stop.signal });
    expect(first).toMatchObject({ scanned: 400, expired: 200, deleted: 75 });
    expect(operations().length).toBe(1 + 3);
    const second = await run({ cursor: first?.cursor ?? '' });
    expect(second).toMatchObject({ scanned: 325, expired: 125, deleted: 125 });
    expect(second).not.toHaveProperty('cursor');
    expect((await table.keys('old')).length).toBe(0);
  });

  it('by its deadline begins no other batch either', async () => {
    const { run } = await filled(200, 0);
    const deadline = Date.now() + 60_000;
    let asked = 0;
    const before = () => {
      if (++asked === 3) vi.spyOn(Date, 'now').mockReturnValue(deadline);
    };
    const last = await run({ before, deadline }).finally(() => vi.restoreAllMocks());
    expect(last).toMatchObject({ deleted: 50, cursor: expect.any(String) });
    expect(operations().length).toBe(1 + 2);
  });

  it('between pages goes on with the next one', async () => {
    const { store, run } = await filled(0, 60, 40_000);
    const scanned: number[] = [];
    let cursor: string | undefined;
    for await (const progress of store.deleteExpired()) {
      ({ cursor } = progress);
      scanned.push(progress.scanned);
      break;
    }
    expect(scanned).toEqual([27]);
    expect(await run({ cursor: cursor ?? '' })).toMatchObject({ scanned: 33 });
    expect(operations().length).toBe(3);
  });

  it('by whoever iterates has nothing under way any more', async () => {
    const { store } = await filled(200, 0);
    for await (const { deleted } of store.deleteExpired({ segments: 4 })) if (deleted > 0) break;
    const sent = proxy.exchanges.length;
    expect(proxy.exchanges.every(({ status }) => status === 200)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(proxy.exchanges.length).toBe(sent);
  });

  it.each(['', 'rubbish', Buffer.from('{}').toString('base64url'), Buffer.from('[]').toString('base64url')])(
    'is not taken up with the cursor %j',
    async (cursor) => {
      const { run } = await filled(0, 0);
      await expect(run({ cursor })).rejects.toThrow('cursor');
    },
  );
});

describe('A purge, where DynamoDB', () => {
  it('throttles a part of a batch, deletes that part after a while', async () => {
    const { run, table } = await filled(50, 0);
    proxy.on({ operation: 'BatchExecuteStatement', fault: throttling(20), times: 1 });
    proxy.on({ operation: 'BatchExecuteStatement', fault: throttling(1), times: 1 });
    expect(await run()).toMatchObject({ deleted: 50, writeUnits: 50 });
    expect((await table.keys('old')).length).toBe(0);
  });

  it('throttles everything, gives up, and what was done is told', async () => {
    const { store } = await filled(50, 0);
    proxy.on({ operation: 'BatchExecuteStatement', fault: throttling(25) });
    const reports: PurgeProgress[] = [];
    const iterate = async () => {
      for await (const progress of store.deleteExpired()) reports.push(progress);
    };
    await expect(iterate()).rejects.toThrow(StoreUnavailableError);
    expect(reports.at(-1)).toMatchObject({ scanned: 50, deleted: 0, cursor: expect.any(String) });
  });

  it('throttles everything, is still stopped in time', async () => {
    const { run } = await filled(50, 0);
    const stop = new AbortController();
    proxy.on({
      operation: 'BatchExecuteStatement',
      fault: async (forward, exchange) => {
        stop.abort();
        return throttling(25)(forward, exchange);
      },
    });
    expect(await run({ signal: stop.signal })).toMatchObject({ deleted: 0, cursor: expect.any(String) });
    expect(operations()).toEqual(['Scan', 'BatchExecuteStatement']);
  });

  it.each(['throttles the table', 'closes the connection', 'answers 500'])('%s once, scans again', async (name) => {
    const { run } = await filled(30, 0);
    proxy.on({ operation: 'Scan', fault: NOT_APPLIED[name] ?? throttling(0), times: 1 });
    expect(await run()).toMatchObject({ scanned: 30, deleted: 30 });
  });

  it('fails at a later page, the cursor goes on from there', async () => {
    const { store, run } = await filled(60, 0, 40_000);
    let pages = 0;
    proxy.on({
      operation: 'Scan',
      fault: async (forward) =>
        ++pages === 2 ? { status: 400, body: '{"__type":"x#ValidationException","message":"no"}' } : forward(),
    });
    let last: PurgeProgress | undefined;
    const iterate = async () => {
      for await (last of store.deleteExpired());
    };
    await expect(iterate()).rejects.toThrow(StoreUnavailableError);
    expect(last).toMatchObject({ scanned: 27, deleted: 27 });
    expect(await run({ cursor: last?.cursor ?? '' })).toMatchObject({ scanned: 33, deleted: 33 });
  });
});
