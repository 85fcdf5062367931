/** Requests that were on their way when their session got a new id, and logins while a user ends all sessions. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { SessionStore } from '../../src/session/store.ts';
import type { Answer } from '../app/events.ts';
import { CREDENTIALS } from '../support/dynamodb.ts';
import type { Instance } from './packaged.ts';
import { begin, cookieOf, idOf, send, type Service, startService } from './service.ts';
import { recordKey } from './table.ts';

const ROUNDS = 100;

let service: Service;
let instances: readonly [Instance, Instance];

beforeAll(async () => {
  service = await startService();
  instances = [service.instance, await service.start()];
}, 60_000);

afterEach(() => service.proxy.reset());

afterAll(() => service[Symbol.asyncDispose]());

/** Requests reach DynamoDB, and its answers come back, out of order. */
function disturb(): void {
  service.proxy.on({
    fault: async (forward) => {
      await delay(Math.random() * 4);
      const answer = await forward();
      await delay(Math.random() * 4);
      return answer;
    },
  });
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, item]) => item);
}

const session = async (cookie: string) =>
  JSON.parse((await send(service.instance, 'GET /session', { cookie })).body) as {
    isNew: boolean;
    data: Readonly<Record<string, unknown>>;
  };

const logIn = async (user: string, cookie?: string) =>
  cookieOf(await send(service.instance, 'POST /login', { cookie, json: { user } }));

const WRITES: readonly [`${string} /${string}`, unknown][] = [
  ['PUT /session/data/a', 'mallory'],
  ['DELETE /session/data/a', undefined],
  ['POST /session/visits', undefined],
  ['POST /session/flash', { message: 'mallory' }],
  ['POST /session/regenerate', undefined],
  ['POST /login', { user: 'mallory' }],
  ['POST /logout', undefined],
  ['DELETE /session', undefined],
  ['DELETE /sessions', undefined],
];

describe('A browser with ten requests in flight while its session gets a new id', () => {
  it(`stays logged in, in each of ${ROUNDS} rounds, and no old id can write`, async () => {
    const rounds = { loggedOut: 0, writes: 0, superseded: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const isRelogin = round % 4 === 3;
      const old = await logIn('ada', await begin(service.instance, { a: 1 }));
      disturb();
      const works: Promise<Answer>[] = Array.from({ length: 10 }, (_, index) => {
        const instance = instances[index % 3 === 0 ? 0 : 1];
        if (index % 2 === 0) return send(instance, index % 4 === 0 ? 'GET /session' : 'GET /', { cookie: old });
        return send(instance, `PUT /session/data/key${index}`, { cookie: old, json: index });
      });
      const move = isRelogin
        ? send(service.instance, 'POST /login', { cookie: old, json: { user: 'ada' } })
        : send(service.instance, 'POST /session/regenerate', { cookie: old });
      const answers = await Promise.all([...works, move]);
      service.proxy.reset();

      // The answers arrive in any order, and each cookie replaces the one before.
      let cookie = old;
      for (const answer of shuffled(answers)) if (answer.setCookies.length > 0) cookie = cookieOf(answer);
      const { isNew, data } = await session(cookie);
      if (isNew || data['user'] !== 'ada' || cookie === old) rounds.loggedOut += 1;
      for (const { status } of answers) expect([200, 204, 409]).toContain(status);
      rounds.superseded += answers.filter(({ status }) => status === 409).length;

      // A write that was answered is there, and one that was refused is not.
      const written = answers.filter(({ status }) => status === 204).length - Number(isRelogin);
      expect(Object.keys(data).filter((key) => key.startsWith('key'))).toHaveLength(written);
      const [request, json] = WRITES[round % WRITES.length] ?? ['POST /logout', undefined];
      const refused = await send(service.instance, request, { cookie: old, json });
      if (refused.status !== 409 || refused.setCookies.length > 0) rounds.writes += 1;
      expect(await session(cookie)).toMatchObject({ isNew: false, data });
    }
    expect(rounds).toMatchObject({ loggedOut: 0, writes: 0 });
    expect(rounds.superseded).toBeGreaterThan(0);
  }, 120_000);

  it('gets nothing under a planted id that was stored after the login', async () => {
    const planted = await begin(service.instance, { a: 1 });
    const cookie = await logIn('ada', planted);
    await send(service.instance, 'PUT /session/data/secret', { cookie, json: 'of ada' });
    expect(await session(planted)).toEqual(expect.objectContaining({ data: { a: 1 } }));
    expect(await session(cookie)).toMatchObject({ data: { a: 1, user: 'ada', secret: 'of ada' } });
    expect((await send(service.instance, 'GET /sessions', { cookie: planted })).status).toBe(401);
  });

  it('leaves nothing that has no expiry', async () => {
    const old = await logIn('ada', await begin(service.instance));
    await send(service.instance, 'POST /session/regenerate', { cookie: old });
    for (const key of await service.table.keys()) {
      expect(await service.table.item(key)).toHaveProperty('expires_at');
    }
    const ends = Number((await service.table.item(recordKey(idOf(old))))?.['expires_at']?.N);
    expect(ends).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 5);
  });
});

describe('Ending all of fifty sessions while others log in', () => {
  it.each(['DELETE /sessions', 'endAll()'] as const)(
    'leaves exactly those that logged in later (%s)',
    async (how) => {
      const user = `user of ${how}`;
      const before = await Promise.all(Array.from({ length: 50 }, () => logIn(user)));
      const [own = ''] = before;
      const sessions = direct();
      disturb();
      const meanwhile: Promise<string>[] = [];
      const moved: Promise<Answer>[] = [];
      const ending: Promise<unknown> =
        how === 'endAll()' ? sessions.of(user).endAll() : send(service.instance, how, { cookie: own });
      for (const cookie of before.slice(1, 6)) {
        moved.push(send(instances[1], 'POST /session/regenerate', { cookie }));
        meanwhile.push(logIn(user));
        await delay(5);
      }
      await ending;
      const later = await Promise.all(Array.from({ length: 5 }, () => logIn(user)));
      const [during, answers] = [await Promise.all(meanwhile), await Promise.all(moved)];
      service.proxy.reset();

      const isIn = async (cookie: string) => !(await session(cookie)).isNew;
      const alive = async (cookies: readonly string[]) => (await Promise.all(cookies.map(isIn))).filter(Boolean).length;
      const ended = how === 'endAll()' ? before : before.slice(1);
      expect(await alive(ended)).toBe(0);
      expect(await alive(answers.filter(({ setCookies }) => setCookies.length > 0).map(cookieOf))).toBe(0);
      expect(await alive(later)).toBe(5);
      const listed = await sessions.of(user).list();
      expect(listed).toHaveLength((await alive(during)) + 5 + (how === 'endAll()' ? 0 : 1));
      await sessions.of(user).endAll();
      expect(await alive([...during, ...later, own])).toBe(0);
    },
    60_000,
  );
});

function direct() {
  const store = new DynamoDBStore({
    table: service.table.name,
    endpoint: service.proxy.url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  });
  return new SessionStore({ store });
}
