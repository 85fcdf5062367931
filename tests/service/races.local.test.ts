/** Requests of one session that overtake each other, in two instances of the function. The proxy decides who is slow. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../app/events.ts';
import type { Held } from './dynamodb-proxy.ts';
import type { Instance } from './packaged.ts';
import { begin, cookieOf, dataOf, idOf, send, type Sent, type Service, startService } from './service.ts';
import { recordKey } from './table.ts';

type Request = `${string} /${string}`;

let service: Service;
let here: Instance;
let there: Instance;

beforeAll(async () => {
  service = await startService();
  here = service.instance;
  there = await service.start();
}, 60_000);

afterEach(() => service.proxy.reset());

afterAll(() => service[Symbol.asyncDispose]());

async function session(data?: Readonly<Record<string, unknown>>): Promise<{ cookie: string; key: string }> {
  const cookie = await begin(here, data);
  return { cookie, key: recordKey(idOf(cookie)) };
}

/** A request that waits, as `hold` has it, until it is let go. */
async function slow(held: Held, request: Request, sent: Sent): Promise<() => Promise<Answer>> {
  const answer = send(here, request, sent);
  await held.reached;
  return () => {
    held.release();
    return answer;
  };
}

const LIFETIME = 7200;

const afterOpening = (key: string): Held => service.proxy.holdAnswer({ operation: 'GetItem', containing: key });
const beforeWriting = (key: string): Held => service.proxy.holdRequest({ operation: 'UpdateItem', containing: key });
/** The last request of one that gets a new id. */
const beforeSuperseding = (key: string): Held =>
  service.proxy.holdRequest({ operation: 'UpdateItem', containing: key });
const beforeDeleting = (key: string): Held => service.proxy.holdRequest({ operation: 'DeleteItem', containing: key });

const CHANGES: readonly [Request, unknown][] = [
  ['PUT /session/data/b', 2],
  ['PUT /session/data/a', 2],
  ['DELETE /session/data/a', undefined],
  ['POST /session/visits', undefined],
  ['POST /session/flash', { message: 'Saved' }],
  ['POST /session/regenerate', undefined],
  ['POST /login', { user: 'ada' }],
];

describe('Parallel requests of one session', () => {
  it('that set keys of their own all survive', async () => {
    const { cookie } = await session();
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
    const answers = await Promise.all(
      keys.map((key, index) => send(index % 2 ? here : there, `PUT /session/data/${key}`, { cookie, json: index })),
    );
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 204));
    expect(answers.flatMap(({ setCookies }) => setCookies)).toEqual([]);
    const expected = Object.fromEntries(keys.map((key, index) => [key, index]));
    expect(await dataOf(here, cookie)).toEqual({ a: 1, ...expected });
  });

  it('that count visits count each once, and each is told its own number', async () => {
    const { cookie } = await session();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(index % 2 ? here : there, 'POST /session/visits', { cookie })),
    );
    const numbers = answers.map(({ body }) => (JSON.parse(body) as { visits: number }).visits);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await dataOf(here, cookie)).toEqual({ a: 1, visits: 20 });
  });

  it('that were all opened before the first one wrote lose nothing', async () => {
    const { cookie, key } = await session();
    const holds = Array.from({ length: 20 }, () => afterOpening(key));
    const answers = holds.map((_, index) => send(index % 2 ? here : there, 'POST /session/visits', { cookie }));
    await Promise.all(holds.map(({ reached }) => reached));
    for (const held of holds) held.release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(holds.map(() => 200));
    expect(await dataOf(here, cookie)).toEqual({ a: 1, visits: 20 });
  });
});

describe('A logout', () => {
  it.each(CHANGES)('is not undone by a slow %s that had opened the session', async (request, json) => {
    const { cookie, key } = await session();
    const before = (await service.table.keys()).filter((other) => other !== key);
    const finish = await slow(afterOpening(key), request, { cookie, json });
    expect((await send(there, 'POST /logout', { cookie })).status).toBe(204);
    expect(await finish()).toMatchObject({ status: 409, setCookies: [] });
    expect((await service.table.keys()).toSorted()).toEqual(before.toSorted());
  });

  it.each(CHANGES.filter(([request]) => !/login|regenerate/.test(request)))(
    'is not undone by a slow %s whose write is on its way',
    async (request, json) => {
      const { cookie, key } = await session();
      const finish = await slow(beforeWriting(key), request, { cookie, json });
      expect((await send(there, 'POST /logout', { cookie })).status).toBe(204);
      expect(await finish()).toMatchObject({ status: 409, setCookies: [] });
      expect(await service.table.item(key)).toBeUndefined();
    },
  );

  it.each(CHANGES.filter(([request]) => /login|regenerate/.test(request)))(
    'is not undone by a slow %s between its two writes',
    async (request, json) => {
      const { cookie, key } = await session();
      const before = (await service.table.keys()).filter((other) => other !== key);
      const finish = await slow(beforeSuperseding(key), request, { cookie, json });
      expect((await send(there, 'POST /logout', { cookie })).status).toBe(204);
      expect(await finish()).toMatchObject({ status: 409, setCookies: [] });
      expect((await service.table.keys()).toSorted()).toEqual(before.toSorted());
    },
  );

  it.each(['GET /', 'GET /session', 'HEAD /'] as const)(
    'lets a slow %s answer, and leaves no record',
    async (request) => {
      const { cookie, key } = await session();
      const finish = await slow(afterOpening(key), request, { cookie });
      await send(there, 'POST /logout', { cookie });
      expect(await finish()).toMatchObject({ status: 200, setCookies: [] });
      expect(await service.table.item(key)).toBeUndefined();
    },
  );

  it('is not undone by a slow request that moves the expiry', async () => {
    const { cookie, key } = await session();
    await service.table.expire(key, Math.floor(Date.now() / 1000) + LIFETIME - 10);
    const finish = await slow(beforeWriting(key), 'GET /session', { cookie });
    await send(there, 'POST /logout', { cookie });
    expect(await finish()).toMatchObject({ status: 200, setCookies: [] });
    expect(await service.table.item(key)).toBeUndefined();
  });

  it('is not undone by a slow request that shows a flash message', async () => {
    const { cookie, key } = await session();
    await send(here, 'POST /session/flash', { cookie, json: { message: 'Saved' } });
    const finish = await slow(afterOpening(key), 'GET /session', { cookie });
    await send(there, 'POST /logout', { cookie });
    expect(await finish()).toMatchObject({ status: 200, setCookies: [] });
    expect(await service.table.item(key)).toBeUndefined();
  });

  it('may come twice at once', async () => {
    const { cookie, key } = await session();
    const finish = await slow(beforeDeleting(key), 'DELETE /session', { cookie });
    expect((await send(there, 'DELETE /session', { cookie })).status).toBe(204);
    expect((await finish()).status).toBe(204);
    expect(await service.table.item(key)).toBeUndefined();
  });
});

describe('A slow request', () => {
  it.each(['GET /', 'GET /session'] as const)('that only reads, %s, does not undo a quick write', async (request) => {
    const { cookie, key } = await session();
    const finish = await slow(afterOpening(key), request, { cookie });
    await send(there, 'PUT /session/data/b', { cookie, json: 2 });
    expect(await finish()).toMatchObject({ status: 200, setCookies: [] });
    expect(await dataOf(here, cookie)).toEqual({ a: 1, b: 2 });
  });

  it('that moves the expiry does not undo a quick write', async () => {
    const { cookie, key } = await session();
    await service.table.expire(key, Math.floor(Date.now() / 1000) + LIFETIME - 10);
    const finish = await slow(beforeWriting(key), 'GET /session', { cookie });
    await send(there, 'PUT /session/data/b', { cookie, json: 2 });
    expect(await finish()).toMatchObject({ status: 200 });
    expect(await dataOf(here, cookie)).toEqual({ a: 1, b: 2 });
  });

  it('that shows a flash message leaves a newer one of the same name', async () => {
    const { cookie, key } = await session();
    await send(here, 'POST /session/flash', { cookie, json: { message: 'old' } });
    const finish = await slow(afterOpening(key), 'GET /session', { cookie });
    await send(there, 'POST /session/flash', { cookie, json: { message: 'new' } });
    expect(JSON.parse((await finish()).body)).toMatchObject({ flash: { notice: 'old' } });
    expect(JSON.parse((await send(here, 'GET /session', { cookie })).body)).toMatchObject({ flash: { notice: 'new' } });
    expect(JSON.parse((await send(here, 'GET /session', { cookie })).body)).toMatchObject({ flash: {} });
  });

  it('replays on what is there, each time it is overtaken', async () => {
    const { cookie, key } = await session();
    const holds = Array.from({ length: 3 }, () => beforeWriting(key)).toReversed();
    const answer = send(here, 'POST /session/visits', { cookie });
    for (const held of holds) {
      await held.reached;
      await service.table.write(key, Math.floor(Math.random() * 1e9));
      held.release();
    }
    expect(await answer).toMatchObject({ status: 200, body: '{"visits":1}' });
  });
});

describe('A new id', () => {
  it.each(['POST /session/regenerate', 'POST /login'] as const)(
    'by %s takes along what another request writes meanwhile',
    async (request) => {
      const { cookie, key } = await session();
      const finish = await slow(beforeSuperseding(key), request, {
        cookie,
        ...(request === 'POST /login' && { json: { user: 'ada' } }),
      });
      expect((await send(there, 'PUT /session/data/b', { cookie, json: 2 })).status).toBe(204);
      const answer = await finish();
      expect(answer.setCookies).toHaveLength(1);
      expect(await dataOf(here, cookieOf(answer))).toMatchObject({ a: 1, b: 2 });
      expect(await dataOf(here, cookie)).toEqual({ a: 1, b: 2 });
    },
  );

  it('refuses a slower write to the old one, which is not lost silently', async () => {
    const { cookie, key } = await session();
    const finish = await slow(beforeWriting(key), 'PUT /session/data/b', { cookie, json: 2 });
    const regenerated = await send(there, 'POST /session/regenerate', { cookie });
    expect(await finish()).toMatchObject({ status: 409, setCookies: [] });
    expect(await dataOf(here, cookieOf(regenerated))).toEqual({ a: 1 });
    expect(await dataOf(here, cookie)).toEqual({ a: 1 });
  });

  it.each(['afterOpening', 'beforeSuperseding'] as const)(
    'is given to one of two that ask at once (%s)',
    async (moment) => {
      const { cookie, key } = await session();
      const before = (await service.table.keys()).filter((other) => other !== key);
      const hold = { afterOpening, beforeSuperseding }[moment];
      const held = [hold(key), hold(key)];
      const answers = [here, there].map((instance) => send(instance, 'POST /session/regenerate', { cookie }));
      await Promise.all(held.map(({ reached }) => reached));
      for (const one of held) one.release();
      const [winner, loser] = (await Promise.all(answers)).toSorted((a, b) => a.status - b.status);
      expect(winner).toMatchObject({ status: 200, setCookies: [expect.any(String)] });
      expect(loser).toMatchObject({ status: 409, setCookies: [] });
      const left = cookieOf(winner ?? { setCookies: [] });
      expect(await dataOf(here, left)).toEqual({ a: 1 });
      expect((await service.table.keys()).toSorted()).toEqual([...before, key, recordKey(idOf(left))].toSorted());
    },
  );
});
