/** The packaged function `purge` on DynamoDB Local, with the proxy between them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { endpointOf } from '../support/dynamodb.ts';
import { type MetricsLine, readMetricsLine } from '../telemetry/embedded-format.ts';
import { DynamoDBProxy } from './dynamodb-proxy.ts';
import { Instance, packagedHandler } from './packaged.ts';
import { Table } from './table.ts';

const endpoint = endpointOf('dynamoDBLocal');
const EXPIRED = 'outdated-record';

let name: string;
let table: Table;
let proxy: DynamoDBProxy;
let instances: Instance[];

beforeAll(async () => {
  await packagedHandler('purge');
  proxy = await DynamoDBProxy.start(endpoint);
}, 60_000);

beforeEach(async () => {
  name = `purge-${randomUUID()}`;
  table = new Table(endpoint, name);
  // Without TTL, which here is what the function is for: `expires_at` is not the attribute that the emulator looks at.
  await createTable(endpoint, name, { expires: 'unused' });
  instances = [];
});

afterEach(async () => {
  await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]()));
  proxy.reset();
});

afterAll(() => proxy[Symbol.asyncDispose]());

async function start(own: Readonly<Record<string, string>> = {}): Promise<Instance> {
  const env = { DYNAMODB_CACHE_TABLE: name, DYNAMODB_ENDPOINT: proxy.url, ...own };
  const instance = await Instance.start(env, 'purge');
  instances.push(instance);
  return instance;
}

/** Expired a minute ago. */
async function fill(count: number, bytes = 100): Promise<void> {
  const past = new DynamoDBStore({ endpoint, table: name, clock: () => Date.now() - 120_000, batchTimeoutMs: 30_000 });
  await past.setMany(Array.from({ length: count }, (_, number) => [`${EXPIRED}-${number}`, randomBytes(bytes), 60]));
}

const scans = () => proxy.exchanges.filter(({ operation }) => operation === 'Scan');

/** Of the log. */
function lines({ output }: Instance): Record<string, unknown>[] {
  return written(output)
    .filter((line) => !line.startsWith('{"_aws"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function metrics({ output }: Instance): MetricsLine[] {
  return written(output)
    .filter((line) => line.startsWith('{"_aws"'))
    .map(readMetricsLine);
}

const written = (output: string) => output.split('\n').filter((line) => line.startsWith('{'));

describe('The packaged function purge', () => {
  it('deletes what has expired, logs one line without a key, and leaves nothing of its own', async () => {
    await fill(60);
    const living = new DynamoDBStore({ endpoint, table: name });
    await living.set('new', 1, { ttl: 60 });
    const instance = await start();
    await instance.invoke({});
    expect(await table.keys()).toEqual(['new']);
    expect(lines(instance)).toEqual([
      expect.objectContaining({ level: 'INFO', part: 'purge', driver: 'dynamodb', state: 'finished', deleted: 60 }),
    ]);
    expect(instance.output).not.toContain(EXPIRED);
    // The second and the last but one are for the count of sessions, which is not there.
    expect(proxy.exchanges.map(({ operation }) => operation)).toEqual([
      'UpdateItem',
      'UpdateItem',
      'Scan',
      ...Array.from({ length: 3 }, () => 'BatchExecuteStatement'),
      'UpdateItem',
      'DeleteItem',
    ]);
  });

  it('counts in one line what it did, and what that cost', async () => {
    await fill(60);
    const instance = await start();
    await instance.invoke({});
    const [, ReadUnits, WriteUnits] = proxy.cost();
    expect(metrics(instance)).toEqual([
      {
        FunctionName: 'cloakroom-test-purge',
        requestId: 'request-1',
        state: 'finished',
        Latency: expect.any(Number),
        ColdStart: 1,
        StoreRequests: 8,
        // The two for the count of sessions, which is not there.
        ConditionsFailed: 2,
        ReadUnits,
        WriteUnits,
        Scanned: 61,
        Expired: 60,
        Deleted: 60,
        Unfinished: 0,
      },
    ]);
  });

  it('stops in time, and the next run goes on there', async () => {
    // At 20 units a second, these take a minute; the first run has half a second.
    await fill(600);
    const slow = await start({ PURGE_CAPACITY: '20' });
    await slow.invoke({}, { remainingMs: 6500 });
    const [first] = lines(slow);
    expect(first).toMatchObject({ state: 'stopped' });
    expect(await table.item('purge:cursor')).toBeDefined();
    const scanned = Number(first?.['scanned']);
    expect(scanned).toBeLessThan(600);
    const fast = await start();
    await fast.invoke({});
    const [second] = lines(fast);
    expect(second).toMatchObject({ state: 'finished', deleted: 600 - Number(first?.['deleted']) });
    expect(scanned + Number(second?.['scanned'])).toBeGreaterThanOrEqual(600);
    expect(await table.keys()).toEqual([]);
  });

  it('does nothing while another run is at it', async () => {
    await fill(30);
    const [one, other] = await Promise.all([start(), start()]);
    const held = proxy.holdAnswer({ operation: 'Scan' });
    const running = one?.invoke({});
    await held.reached;
    await other?.invoke({});
    expect(scans().length).toBe(1);
    held.release();
    await running;
    expect(other && lines(other)).toEqual([expect.objectContaining({ state: 'locked' })]);
    expect(other && metrics(other)).toEqual([expect.objectContaining({ state: 'locked', Unfinished: 1 })]);
    expect(one && lines(one)).toEqual([expect.objectContaining({ state: 'finished', deleted: 30 })]);
  });

  it('keeps what is renewed while it runs', async () => {
    await fill(30);
    const instance = await start();
    const held = proxy.holdAnswer({ operation: 'Scan' });
    const running = instance.invoke({});
    await held.reached;
    const renewed = Array.from({ length: 10 }, (_, number) => [`${EXPIRED}-${number}`, 'renewed', 60] as const);
    await new DynamoDBStore({ endpoint, table: name }).setMany(renewed);
    held.release();
    await running;
    expect(lines(instance)).toEqual([expect.objectContaining({ expired: 30, deleted: 20 })]);
    expect((await table.keys()).length).toBe(10);
  });

  it('fails where a scan fails, and goes on the next time from where it came', async () => {
    await fill(60, 40_000);
    const instance = await start();
    let pages = 0;
    proxy.on({
      operation: 'Scan',
      fault: async (forward) =>
        ++pages === 2 ? { status: 400, body: '{"__type":"x#ValidationException","message":"no"}' } : forward(),
    });
    await expect(instance.invoke({})).rejects.toThrow('StoreUnavailableError');
    expect(lines(instance)).toEqual([expect.objectContaining({ level: 'ERROR', state: 'failed', deleted: 27 })]);
    expect(metrics(instance)).toEqual([
      expect.objectContaining({
        state: 'failed',
        code: 'STORE_UNAVAILABLE',
        Errors: 1,
        Scanned: 27,
        Deleted: 27,
        Unfinished: 1,
      }),
    ]);
    await instance.invoke({});
    expect(lines(instance)[1]).toMatchObject({ state: 'finished', scanned: 34, deleted: 33 });
    expect(await table.keys()).toEqual([]);
  });

  it('keeps to the capacity that it was given', async () => {
    await fill(40, 100);
    const instance = await start({ PURGE_CAPACITY: '40' });
    await instance.invoke({});
    const batches = proxy.exchanges.filter(({ operation }) => operation === 'BatchExecuteStatement');
    expect(batches.every(({ body }) => (JSON.parse(body) as { Statements: unknown[] }).Statements.length <= 10)).toBe(
      true,
    );
    expect(lines(instance)).toEqual([expect.objectContaining({ deleted: 40, writeUnits: 40 })]);
  });
});
