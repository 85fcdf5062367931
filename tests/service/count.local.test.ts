/**
 * The packaged functions `count` and `purge` beside 2,000 sessions, on DynamoDB Local's own stream: it is delivered as
 * Lambda delivers at its worst.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable, type Emulator, startDynamoDB } from '../../scripts/emulator.ts';
import { type StreamBatchEvent, TableStream } from '../../scripts/stream.ts';
import { DynamoDBCounter } from '../../src/cache/drivers/dynamodb/counter.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { visits } from '../session/visits.ts';
import { CREDENTIALS } from '../support/dynamodb.ts';
import { DynamoDBProxy } from './dynamodb-proxy.ts';
import { Instance, packagedHandler } from './packaged.ts';
import { Table } from './table.ts';

const DAY = 24 * 60 * 60 * 1000;

/** What a run of the function meets. */
type Fate = 'lives' | 'dies before its request' | 'dies after its request' | 'dies while its request is on the way';

interface Delivery {
  readonly fate: Fate;
  /** Where the second delivery is split; 0: it comes as the first did. */
  readonly splitAt: number;
}

const deliveries = (batches: number): readonly Delivery[] =>
  fc.sample(
    fc.record({
      fate: fc.oneof(
        { weight: 8, arbitrary: fc.constant<Fate>('lives') },
        { weight: 1, arbitrary: fc.constant<Fate>('dies before its request') },
        { weight: 1, arbitrary: fc.constant<Fate>('dies after its request') },
        { weight: 1, arbitrary: fc.constant<Fate>('dies while its request is on the way') },
      ),
      splitAt: fc.oneof(
        { weight: 9, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 49 }) },
      ),
    }),
    { numRuns: batches, seed: 20_261_124 },
  );

const BATCH = 50;

/** Its own: TTL takes a few records every ten seconds from all tables of an emulator together. */
let emulator: Emulator;
let endpoint: string;
let name: string;
let table: Table;
let proxy: DynamoDBProxy;
let instance: Instance | undefined;
let kills = 0;

beforeAll(async () => {
  await packagedHandler();
  emulator = await startDynamoDB({ engine: 'dynamodb-local' });
  endpoint = emulator.endpoint;
  proxy = await DynamoDBProxy.start(endpoint);
  name = `count-${randomUUID()}`;
  table = new Table(endpoint, name);
  await createTable(endpoint, name, {}, { stream: true });
}, 90_000);

afterAll(async () => {
  await instance?.[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await emulator.stop();
});

const env = () => ({ DYNAMODB_CACHE_TABLE: name, DYNAMODB_ENDPOINT: proxy.url });

async function invoke(event: StreamBatchEvent): Promise<void> {
  instance ??= await Instance.start(env(), 'count');
  await instance.invoke({ ...event, state: {}, isFinalInvokeForWindow: false });
}

/** Kills the function at its request, as SIGKILL does, and answers what may still let the request through. */
async function invokeAndKill(event: StreamBatchEvent, fate: Fate): Promise<() => void> {
  const isApplied = fate === 'dies after its request';
  const held = isApplied
    ? proxy.holdAnswer({ operation: 'UpdateItem' })
    : proxy.holdRequest({ operation: 'UpdateItem' });
  const run = invoke(event).catch(() => {});
  // A batch without anything new is no request, so that there is nothing to die at.
  const isReached = await Promise.race([held.reached.then(() => true), run.then(() => false)]);
  await instance?.[Symbol.asyncDispose]();
  instance = undefined;
  await run;
  if (isReached) kills += 1;
  return () => (fate === 'dies before its request' ? undefined : held.release());
}

async function deliver(event: StreamBatchEvent, fate: Fate = 'lives'): Promise<void> {
  if (fate === 'lives') return invoke(event);
  const release = await invokeAndKill(event, fate);
  await invoke(event);
  // A request of the dead function arrives after the batch has come again.
  release();
  proxy.reset();
}

interface Tally {
  batches: number;
  kills: number;
  splits: number;
  /** For batches that came once, and for the same again, whole or in two parts. */
  requests: { first: number; again: number };
}

/** In order, as Lambda does: each batch until it succeeds, and then a second time. */
async function deliverAll(stream: TableStream): Promise<Tally> {
  const batches: StreamBatchEvent[] = [];
  for await (const batch of stream.batches(BATCH)) batches.push(batch);
  const tally: Tally = { batches: batches.length, kills, splits: 0, requests: { first: 0, again: 0 } };
  for (const [index, { fate, splitAt }] of deliveries(batches.length).entries()) {
    const batch = batches[index];
    if (batch === undefined) continue;
    await deliver(batch, fate);
    if (fate === 'lives') tally.requests.first += proxy.cost()[0];
    const parts = [part(batch, 0, splitAt), part(batch, splitAt)].filter(({ Records }) => Records.length > 0);
    tally.splits += parts.length - 1;
    for (const one of parts) await deliver(one);
    tally.requests.again += proxy.cost()[0];
  }
  return { ...tally, kills: kills - tally.kills };
}

const part = (batch: StreamBatchEvent, from: number, to?: number): StreamBatchEvent => ({
  ...batch,
  Records: batch.Records.slice(from, to),
});

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

function sessionsAt(ageMs: number) {
  const clock = () => Date.now() - ageMs;
  return visits({ store: new DynamoDBStore({ endpoint, table: name, clock }), clock });
}

const numbers = (length: number) => Array.from({ length }, (_, index) => index);

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds());) {
    if (Date.now() > end) throw new Error('DynamoDB Local did not delete what had expired.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function setTimeToLive(Enabled: boolean): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  const TimeToLiveSpecification = { AttributeName: 'expires_at', Enabled };
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
  client.destroy();
}

describe('The live count', { timeout: 180_000 }, () => {
  it('is exact after 2,000 sessions came and went, every batch came twice, and the function was killed', async () => {
    const stream = await TableStream.open(endpoint, name);
    const current = sessionsAt(0);
    const ids: string[] = [];
    await inParallel(numbers(1400), async () => ids.push(await current.begin()));
    const changed = ids.slice(0, 200);
    await inParallel(changed, async (id) => {
      const { session, commit } = await current.open(id);
      session.set('cart', 1);
      await commit();
    });
    const destroyed = ids.slice(200, 800);
    await inParallel(destroyed, async (id) => {
      const { session, commit } = await current.open(id);
      session.destroy();
      await commit();
    });
    // What else is in the table counts for nothing.
    await new DynamoDBStore({ endpoint, table: name, prefix: 'cache' }).setMany(
      numbers(100).map((number) => [`key-${number}`, number] as const),
    );
    // Expired when they are written. DynamoDB Local deletes a few by TTL, every ten seconds; the rest is for the purge.
    await inParallel(numbers(600), () => sessionsAt(DAY).begin());
    const left = async () => (await table.keys('session:')).length;
    await waitUntil(async () => (await left()) < 1400);
    await setTimeToLive(false);
    const first = await deliverAll(stream);
    const counter = new DynamoDBCounter({ endpoint, table: name, name: 'sessions' });
    const expired = 1400 - (await left());
    expect(await counter.read()).toMatchObject({
      count: 1400 - expired,
      sums: { created: 2000, removed: 600, expired, purged: 0 },
    });

    await using purge = await Instance.start({ ...env(), DYNAMODB_ENDPOINT: endpoint }, 'purge');
    await purge.invoke({}, { remainingMs: 60_000 });
    await deliverAll(stream);

    const counts = await counter.read();
    expect(counts).toMatchObject({
      count: await left(),
      sums: { created: 2000, removed: 1200 - expired, expired, purged: 600 - expired },
      lastPass: { living: 800, expired: 600 - expired, deleted: 600 - expired, drift: 0, changes: 0 },
    });
    expect(counts?.count).toBe(800);
    // One request for a batch, and for each delivery of it that finds it counted.
    expect(first.kills).toBeGreaterThan(5);
    expect(first.splits).toBeGreaterThan(2);
    expect(first.requests.first).toBeLessThanOrEqual(first.batches - first.kills);
    expect(first.requests.again).toBeLessThanOrEqual(first.batches + first.splits);
    if (process.env['PRINT_COSTS'] !== undefined) console.log({ ...first, expired });
  });
});
