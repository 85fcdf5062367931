/** Functions that are killed while they hold a session's lock: kill -9, as Lambda does at a timeout or out of memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { begin, dataOf, idOf, send, type Service, startService } from './service.ts';
import { recordKey } from './table.ts';

const KILLS = 20;
const AT_ONCE = 5;
const LEASE = '1';

let service: Service;

beforeAll(async () => {
  service = await startService({ SESSION_LOCKING: 'true', SESSION_LOCK_LEASE: LEASE });
}, 60_000);

afterAll(() => service[Symbol.asyncDispose]());

/** A session whose lock is held by a function that is no more, and that had a change on its way. */
async function orphaned(env: Readonly<Record<string, string>> = {}) {
  const cookie = await begin(service.instance, { a: 1, visits: 7 });
  const key = recordKey(idOf(cookie));
  const before = await service.table.item(key);
  const holder = await service.start(env);
  const committing = Promise.withResolvers<void>();
  // Its write never arrives: the function dies first.
  let isDead = false;
  service.proxy.on({
    operation: 'UpdateItem',
    containing: key,
    fault: async (forward, { body }) => {
      if (isDead || !body.includes('visits')) return forward();
      committing.resolve();
      return 'hang';
    },
  });
  const answer = send(holder, 'POST /session/visits', { cookie }).catch(() => 'killed');
  await committing.promise;
  await holder[Symbol.asyncDispose]();
  expect(await answer).toBe('killed');
  isDead = true;
  return { cookie, key, before };
}

describe('A function that is slower than its lease', () => {
  it('is refused its write, and the next one’s stands', async () => {
    const cookie = await begin(service.instance, { a: 1, visits: 7 });
    const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Its further tries wait too.
    service.proxy.on({
      containing: 'slow',
      fault: async (forward) => {
        reached.resolve();
        await gate.promise;
        return forward();
      },
    });
    const slow = send(service.instance, 'PUT /session/data/a', { cookie, json: 'slow' });
    await reached.promise;
    const next = await send(await service.start(), 'PUT /session/data/a', { cookie, json: 'next' });
    gate.resolve();
    expect(next).toMatchObject({ status: 204, setCookies: [] });
    const refused = await slow;
    expect(refused).toMatchObject({ status: 409, setCookies: [] });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'SESSION_LOCK_LOST' });
    expect(await dataOf(service.instance, cookie)).toEqual({ a: 'next', visits: 7 });
  });
});

describe('A function that is killed while it holds a session', () => {
  it(`keeps nobody out for longer than its lease, in ${KILLS} kills, and the data is whole`, async () => {
    const kill = async () => {
      const { cookie, key, before } = await orphaned();
      const held = await service.table.item(key);
      expect(held).toMatchObject({ ...before, lock_owner: { S: expect.any(String) } });
      const next = await send(service.instance, 'POST /session/visits', { cookie });
      expect(next).toMatchObject({ status: 200, body: '{"visits":8}' });
      expect(await dataOf(service.instance, cookie)).toEqual({ a: 1, visits: 8 });
      const left = await service.table.item(key);
      expect(Object.keys(left ?? {}).toSorted()).toEqual(Object.keys(before ?? {}).toSorted());
    };
    for (let killed = 0; killed < KILLS; killed += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, kill));
    }
  }, 120_000);

  it('keeps a request out that has less time than that, with 503, and loses nothing', async () => {
    const { cookie, key } = await orphaned({ SESSION_LOCK_LEASE: '10' });
    const held = await service.table.item(key);
    const refused = await send(service.instance, 'POST /session/visits', { cookie }, { remainingMs: 700 });
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, setCookies: [] });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'SESSION_LOCK_TIMEOUT' });
    const { lock_next: _place, ...kept } = (await service.table.item(key)) ?? {};
    expect(kept).toEqual(held);
    expect(await send(service.instance, 'POST /logout', { cookie })).toMatchObject({ status: 204 });
    expect(await service.table.item(key)).toBeUndefined();
  });

  it('leaves nothing that neither TTL nor the garbage collection removes', async () => {
    await orphaned();
    for (const key of await service.table.keys()) {
      expect(await service.table.item(key)).toHaveProperty('expires_at.N', expect.stringMatching(/^\d+$/));
    }
  });
});
