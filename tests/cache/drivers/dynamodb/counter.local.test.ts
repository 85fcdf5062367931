/** The record of a count on DynamoDB Local, with the proxy before it. */
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Change, SEQUENCE_DIGITS, sumsOf } from '../../../../src/cache/counter.ts';
import { DynamoDBStore } from '../../../../src/cache/drivers/dynamodb.ts';
import { DynamoDBCounter } from '../../../../src/cache/drivers/dynamodb/counter.ts';
import { StoreUnavailableError } from '../../../../src/cache/errors.ts';
import { shardDeliveries } from '../../../count/deliveries.ts';
import { DynamoDBProxy, type Fault } from '../../../service/dynamodb-proxy.ts';
import { Table } from '../../../service/table.ts';
import { endpointOf } from '../../../support/dynamodb.ts';
import { tries } from '../../../support/property-tries.ts';
import { manualTime } from '../../conformance.ts';
import { purge } from '../../conformance/purge.ts';

const endpoint = endpointOf('dynamoDBLocal');
const HOUR = 3_600_000;

let proxy: DynamoDBProxy;

beforeAll(async () => {
  proxy = await DynamoDBProxy.start(endpoint);
});

afterEach(() => proxy.reset());

afterAll(() => proxy[Symbol.asyncDispose]());

/** Each in a namespace of its own. */
function counter(own: Partial<ConstructorParameters<typeof DynamoDBCounter>[0]> = {}) {
  const prefix = `${randomUUID()}:`;
  const options = { endpoint: proxy.url, name: 'sessions', prefix, ...own };
  const item = () => new Table(endpoint, 'cache').item(`${prefix}count:sessions`);
  return { counter: new DynamoDBCounter(options), another: () => new DynamoDBCounter(options), prefix, item };
}

function changes(kind: Change['kind'], from: number, to: number): readonly Change[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    kind,
    sequence: String(from + index).padStart(SEQUENCE_DIGITS, '0'),
    at: 1_700_000_000_000 + from + index,
  }));
}

/** Does what was asked, and loses the answer. */
const lost: Fault = async (forward) => {
  await forward();
  return 'reset';
};

const requests = () => proxy.exchanges.map(({ operation }) => operation);

describe('A batch', () => {
  it('is one request and one write unit', async () => {
    const { counter: sessions } = counter();
    await sessions.count('shard', [...changes('created', 1, 300), ...changes('expired', 301, 320)]);
    const counts = await sessions.count('shard', changes('removed', 321, 330));
    expect(proxy.cost()).toEqual([2, 0, 2]);
    expect(counts).toEqual({
      count: 270,
      asOf: 1_700_000_000_330,
      sums: { created: 300, expired: 20, removed: 10, purged: 0, corrected: 0, changes: 330 },
    });
    expect(await sessions.read()).toEqual(counts);
    expect(proxy.cost()).toEqual([1, 0.5, 0]);
  });

  it('is counted once whose answer gets lost', async () => {
    const { counter: sessions } = counter();
    proxy.on({ operation: 'UpdateItem', times: 1, fault: lost });
    expect(await sessions.count('shard', changes('created', 1, 5))).toMatchObject({ count: 5 });
  });

  it('that fails before it is counted is counted the next time', async () => {
    const { counter: sessions } = counter({ maxAttempts: 1 });
    proxy.on({ operation: 'UpdateItem', times: 1, fault: async () => 'reset' });
    await expect(sessions.count('shard', changes('created', 1, 5))).rejects.toThrow(StoreUnavailableError);
    expect(await sessions.count('shard', changes('created', 1, 5))).toMatchObject({ count: 5 });
  });

  it('that was counted, or comes in parts that overlap, adds only what is new', async () => {
    const { counter: sessions } = counter();
    await sessions.count('shard', changes('created', 1, 10));
    await sessions.count('shard', changes('created', 3, 7));
    expect(await sessions.count('shard', changes('created', 1, 10))).toMatchObject({ count: 10 });
    expect(await sessions.count('shard', changes('created', 8, 14))).toMatchObject({ count: 14 });
    expect(await sessions.count('shard', changes('created', 1, 2))).toMatchObject({ count: 14 });
  });

  it('is one of its own shard only', async () => {
    const { counter: sessions } = counter();
    const shards = ['shardId-00000001414576573621-f55eea83', 'shardId-00000001414576573621-f55eea84', 'other'];
    for (const shard of shards) await sessions.count(shard, changes('created', 1, 10));
    expect(await sessions.read()).toMatchObject({ count: 30 });
  });

  it('is counted once by two invocations at the same time, in the same or in other parts', async () => {
    const parts: readonly (readonly [first: number, second: number])[] = [
      [10, 10],
      [10, 4],
      [4, 10],
    ];
    for (const [first, second] of parts) {
      const { counter: one, another } = counter();
      const held = proxy.holdRequest({ operation: 'UpdateItem' });
      const slow = one.count('shard', changes('created', 1, first));
      await held.reached;
      await another().count('shard', changes('created', 1, second));
      held.release();
      await slow;
      expect(await one.read()).toMatchObject({ count: 10 });
    }
  });

  it('that is late by far changes nothing', async () => {
    const { counter: one, another } = counter();
    const held = proxy.holdRequest({ operation: 'UpdateItem' });
    const late = one.count('shard', changes('created', 1, 5));
    await held.reached;
    for (const to of [5, 9]) await another().count('shard', changes('created', to - 4, to));
    held.release();
    expect(await late).toMatchObject({ count: 9 });
  });

  it('comes to the same however often, and in whichever parts, the shards are delivered', async () => {
    await fc.assert(
      fc.asyncProperty(shardDeliveries, fc.infiniteStream(fc.nat(9)), async ({ all, deliveries }, dice) => {
        const { counter: sessions } = counter();
        for (const { shard, changes: delivered } of deliveries) {
          if (dice.next().value === 0) proxy.on({ operation: 'UpdateItem', times: 1, fault: lost });
          await sessions.count(shard, delivered);
        }
        const { created, expired, removed } = sumsOf(all);
        expect(await sessions.read()).toMatchObject({
          count: created - expired - removed,
          sums: { created, expired, removed, changes: all.length },
        });
      }),
      tries(15),
    );
  });
});

describe('The record of a count', () => {
  it('drops the marks of shards that have closed, and keeps those of others', async () => {
    const time = manualTime();
    const { counter: sessions, item } = counter({ clock: time.now });
    const marks = async () => Object.keys((await item()) ?? {}).filter((name) => name.startsWith('m_'));
    for (let shard = 0; shard < 40; shard++) {
      await sessions.count(`shard-${shard}`, changes('created', 1, 10));
      await time.advance(HOUR);
    }
    // Looked through every 4 hours, and old after 26.
    expect((await marks()).length).toBeLessThanOrEqual(31);
    expect((await marks()).length).toBeGreaterThanOrEqual(26);
    proxy.cost();
    for (let shard = 20; shard < 40; shard++) await sessions.count(`shard-${shard}`, changes('created', 1, 10));
    expect(await sessions.read()).toMatchObject({ count: 400 });
  });

  it('is looked through for them in the same request, and one that failed for it, every 4 hours', async () => {
    const time = manualTime();
    const { counter: sessions } = counter({ clock: time.now });
    const asked: number[] = [];
    for (let hour = 0; hour < 12; hour++) {
      proxy.cost();
      await sessions.count('shard', changes('created', 10 * hour + 1, 10 * hour + 10));
      asked.push(requests().length);
      await time.advance(HOUR);
    }
    expect(asked).toEqual([1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1]);
    expect(await sessions.read()).toMatchObject({ count: 120 });
  });

  it('goes on with the next batch where there is more to drop than an update can', { timeout: 30_000 }, async () => {
    const time = manualTime();
    const { counter: sessions, item } = counter({ clock: time.now });
    for (let shard = 0; shard < 600; shard++) await sessions.count(`shard-${shard}`, changes('created', 1, 2));
    await time.advance(30 * HOUR);
    for (let batch = 0; batch < 3; batch++)
      await sessions.count('last', changes('created', 10 * batch + 1, 10 * batch + 2));
    expect(Object.keys((await item()) ?? {}).filter((name) => name.startsWith('m_'))).toEqual(['m_last']);
    expect(await sessions.read()).toMatchObject({ count: 1206 });
  });

  it('loses no mark to a batch that is counted while it is looked through', async () => {
    const time = manualTime();
    const { counter: one, another } = counter({ clock: time.now });
    await one.count('quiet', changes('created', 1, 10));
    await time.advance(30 * HOUR);
    // Held where it has seen that the mark is old.
    const held = proxy.holdRequest({ operation: 'UpdateItem', containing: 'REMOVE' });
    const sweeping = one.count('busy', changes('created', 1, 10));
    await held.reached;
    await another().count('quiet', changes('created', 11, 20));
    held.release();
    await sweeping;
    await one.count('quiet', changes('created', 11, 20));
    expect(await one.read()).toMatchObject({ count: 30 });
  });

  it('stays small: with the marks of one partition and a pass, a batch is still one write unit', async () => {
    const time = manualTime();
    const { counter: sessions } = counter({ clock: time.now, prefix: 'a-long-name-of-an-application:' + randomUUID() });
    for (let shard = 10; shard < 22; shard++) {
      const id = `shardId-000000014145765736${shard}-f55eea83`;
      await sessions.count(id, changes('created', 1_000_000_000_000 * shard, 1_000_000_000_000 * shard + 200));
      await time.advance(4 * HOUR);
    }
    await sessions.beginPass();
    await sessions.notePurge({ deleted: 1000, pass: { living: 1000, expired: 1000, deleted: 1000 } });
    await sessions.count('shardId-00000001414576573621-f55eea83', changes('created', 9e14, 9e14 + 5));
    proxy.cost();
    await sessions.count('shardId-00000001414576573621-f55eea83', changes('created', 9e15, 9e15 + 5));
    expect(proxy.cost()).toEqual([1, 0, 1]);
  });

  it('is no entry, and nothing of it is touched by stores', async () => {
    const { counter: sessions, prefix, item } = counter();
    await sessions.count('shard', changes('created', 1, 10));
    const before = await item();
    const store = new DynamoDBStore({ endpoint, prefix });
    const own = store.namespace('count');
    expect(await own.get('sessions')).toBeUndefined();
    expect(await own.getMany(['sessions'])).toEqual(new Map());
    expect(await own.touch('sessions', 60)).toBe(false);
    expect(await own.lock('sessions', { owner: 'a', milliseconds: 1000, existing: true })).toEqual({ locked: false });
    await purge(store);
    for (const other of ['session', 'cache', 'user', 'purge', 'counter']) await store.namespace(other).clear();
    expect(await item()).toEqual(before);
  });

  it('is nowhere until something was counted', async () => {
    const { counter: sessions, item } = counter();
    expect(await sessions.read()).toBeUndefined();
    expect(await sessions.count('shard', [])).toBeUndefined();
    await sessions.beginPass();
    expect(await sessions.notePurge({ deleted: 3 })).toBeUndefined();
    expect(await sessions.notePurge({ deleted: 3, pass: { living: 1, expired: 3, deleted: 3 } })).toBeUndefined();
    expect(await item()).toBeUndefined();
  });
});

describe('A purge', () => {
  it('notes once what it deleted, also where the answer gets lost', async () => {
    const { counter: sessions } = counter();
    await sessions.count('shard', changes('created', 1, 10));
    for (let note = 0; note < 2; note++) {
      proxy.on({ operation: 'UpdateItem', times: 1, fault: lost });
      await sessions.notePurge({ deleted: 3 });
    }
    await sessions.beginPass();
    proxy.on({ operation: 'UpdateItem', times: 1, fault: lost });
    const pass = { living: 4, expired: 6, deleted: 3 };
    expect(await sessions.notePurge({ deleted: 3, pass })).toMatchObject({ ...pass, drift: 0 });
    expect(await sessions.read()).toMatchObject({ count: 10, sums: { purged: 9 } });
  });

  it('compares a pass with the count at its beginning, and says what was counted meanwhile', async () => {
    const time = manualTime();
    const { counter: sessions } = counter({ clock: time.now });
    await sessions.count('shard', changes('created', 1, 10));
    await sessions.beginPass();
    await sessions.count('shard', changes('removed', 11, 14));
    const report = await sessions.notePurge({ deleted: 2, pass: { living: 5, expired: 2, deleted: 2 } });
    expect(report).toEqual({ at: time.now(), living: 5, expired: 2, deleted: 2, drift: 3, changes: 4 });
    expect(await sessions.read()).toMatchObject({ count: 6, lastPass: report });
  });

  it('compares nothing where counting began after it', async () => {
    const { counter: sessions } = counter();
    await sessions.beginPass();
    await sessions.count('shard', changes('created', 1, 10));
    expect(await sessions.notePurge({ deleted: 2, pass: { living: 5, expired: 2, deleted: 2 } })).toBeUndefined();
    const counts = await sessions.read();
    expect(counts).toMatchObject({ count: 10, sums: { purged: 2 } });
    expect(counts).not.toHaveProperty('lastPass');
  });

  it('is in the way of no batch', async () => {
    const { counter: one, another } = counter();
    await one.count('shard', changes('created', 1, 10));
    const held = proxy.holdRequest({ operation: 'UpdateItem' });
    const counting = one.count('shard', changes('created', 11, 20));
    await held.reached;
    await another().beginPass();
    await another().notePurge({ deleted: 1, pass: { living: 10, expired: 0, deleted: 0 } });
    held.release();
    proxy.cost();
    expect(await counting).toMatchObject({ count: 20, sums: { purged: 1 } });
  });
});

describe('A correction', () => {
  it('is added once, also where the answer gets lost, and apart from what was counted', async () => {
    const { counter: sessions } = counter();
    await sessions.count('shard', changes('created', 1, 10));
    proxy.on({ operation: 'UpdateItem', times: 1, fault: lost });
    expect(await sessions.correct(-4)).toMatchObject({ count: 6, sums: { created: 10, corrected: -4, changes: 10 } });
  });

  it('is where counting begins in a table that has records', async () => {
    const time = manualTime();
    const { counter: sessions } = counter({ clock: time.now });
    expect(await sessions.correct(25)).toMatchObject({ count: 25, asOf: time.now() });
    expect(await sessions.count('shard', changes('created', 1, 1))).toMatchObject({ count: 26 });
  });
});
