/** What requests cost where sessions are locked, and that they take turns, measured at the packaged function. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { begin, cookieOf, dataOf, idOf, send, type Sent, type Service, startService } from './service.ts';
import { recordKey } from './table.ts';

const LIFETIME = 7200;

let service: Service;

beforeAll(async () => {
  service = await startService({ SESSION_LOCKING: 'true' });
}, 60_000);

afterEach(() => service.proxy.reset());

afterAll(() => service[Symbol.asyncDispose]());

async function cost(request: `${string} /${string}`, sent: Sent = {}) {
  service.proxy.reset();
  const answer = await send(service.instance, request, sent);
  return { ...answer, cost: service.proxy.cost() };
}

async function itemOf(cookie: string) {
  const item = await service.table.item(recordKey(idOf(cookie)));
  for (const name of ['lock_owner', 'lock_expires_at', 'lock_next', 'lock_turn']) expect(item).not.toHaveProperty(name);
  return item;
}

describe('A request with locking', () => {
  it.each(['GET /', 'GET /session', 'HEAD /'] as const)('that only reads, %s, costs two writes', async (request) => {
    const cookie = await begin(service.instance);
    const before = await itemOf(cookie);
    expect(await cost(request, { cookie })).toMatchObject({ status: 200, cost: [2, 0, 2], setCookies: [] });
    expect(await itemOf(cookie)).toEqual(before);
  });

  it('that only reads costs no more where the expiry is due, and moves it', async () => {
    const cookie = await begin(service.instance);
    const now = Math.floor(Date.now() / 1000);
    await service.table.expire(recordKey(idOf(cookie)), now + LIFETIME - 1);
    expect(await cost('GET /session', { cookie })).toMatchObject({ status: 200, cost: [2, 0, 2], setCookies: [] });
    expect(Number((await itemOf(cookie))?.['expires_at']?.N)).toBeGreaterThanOrEqual(now + LIFETIME);
  });

  it.each<[`${string} /${string}`, unknown]>([
    ['PUT /session/data/b', 2],
    ['DELETE /session/data/a', undefined],
    ['DELETE /session/data/b', undefined],
    ['POST /session/flash', { message: 'Saved' }],
  ])('that changes, %s, costs two writes', async (request, json) => {
    const cookie = await begin(service.instance);
    expect(await cost(request, { cookie, json })).toMatchObject({ status: 204, cost: [2, 0, 2], setCookies: [] });
    await itemOf(cookie);
  });

  it('that saves on its way costs the write of the release more', async () => {
    const cookie = await begin(service.instance);
    expect((await cost('POST /session/visits', { cookie })).cost).toEqual([3, 0, 3]);
    await itemOf(cookie);
  });

  it('that writes first costs one write', async () => {
    const answer = await cost('PUT /session/data/a', { json: 1 });
    expect(answer).toMatchObject({ status: 204, cost: [1, 0, 1] });
    expect(await itemOf(cookieOf(answer))).toBeDefined();
  });

  it.each<[number, `${string} /${string}`, Sent]>([
    [200, 'GET /health', {}],
    [404, 'GET /nothing', {}],
    [405, 'DELETE /', {}],
    [403, 'POST /session/visits', { headers: { 'sec-fetch-site': 'cross-site' } }],
  ])('answered %i, %s, costs nothing', async (status, request, sent) => {
    const cookie = await begin(service.instance);
    expect(await cost(request, { cookie, ...sent })).toMatchObject({ status, cost: [0, 0, 0] });
  });

  it('without a session costs nothing', async () => {
    expect(await cost('GET /')).toMatchObject({ status: 200, cost: [0, 0, 0], setCookies: [] });
  });

  it('that logs out leaves nothing', async () => {
    const cookie = await begin(service.instance);
    expect(await cost('DELETE /session', { cookie })).toMatchObject({ status: 204, cost: [1, 0, 1] });
    expect(await service.table.item(recordKey(idOf(cookie)))).toBeUndefined();
  });

  it('takes its turn: twenty at once, on two instances, answer twenty numbers', async () => {
    const cookie = await begin(service.instance);
    const other = await service.start();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        send(index % 2 === 0 ? service.instance : other, 'POST /session/visits', { cookie }),
      ),
    );
    const numbers = answers.map(({ body }) => (JSON.parse(body) as { visits: number }).visits);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await dataOf(service.instance, cookie)).toMatchObject({ visits: 20 });
    await itemOf(cookie);
  });
});
