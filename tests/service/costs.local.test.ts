/** What requests cost, measured at the packaged function: requests to DynamoDB, and the units that it bills for them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cost } from './dynamodb-proxy.ts';
import type { Instance } from './packaged.ts';
import { begin, cookieOf, dataOf, idOf, send, type Sent, type Service, startService } from './service.ts';
import { recordKey } from './table.ts';

const LIFETIME = 7200;

let service: Service;
let eventual: Instance;
let unsigned: Instance;
const measured: Record<string, unknown>[] = [];

beforeAll(async () => {
  service = await startService();
  eventual = await service.start({ DYNAMODB_CONSISTENT_READ: 'false' });
  unsigned = await service.start({ APP_KEY: '' });
}, 60_000);

afterEach(() => service.proxy.reset());

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  if (process.env['PRINT_COSTS'] === '1') console.table(measured);
});

/** Sends one request and answers what it cost. */
async function cost(
  name: string,
  request: `${string} /${string}`,
  sent: Sent = {},
  instance = service.instance,
): Promise<{ cost: Cost; status: number; setCookies: readonly string[]; body: string }> {
  service.proxy.reset();
  const answer = await send(instance, request, sent);
  const [requests, RCU, WCU] = service.proxy.cost();
  measured.push({ request: name, status: answer.status, requests, RCU, WCU });
  return { ...answer, cost: [requests, RCU, WCU] };
}

const now = () => Math.floor(Date.now() / 1000);

describe('A request', () => {
  it.each(['GET /', 'GET /session'] as const)('of a bot, %s without a cookie, costs nothing', async (request) => {
    const answer = await cost(`bot: ${request}`, request);
    expect(answer).toMatchObject({ status: 200, cost: [0, 0, 0], setCookies: [] });
    expect(await service.table.keys()).toEqual([]);
  });

  it.each<[string, (cookie: string) => string]>([
    ['forged', (cookie) => cookie.replace(/=./, (start) => (start === '=A' ? '=B' : '=A'))],
    ['signed by nobody', (cookie) => cookie.replace(/\..*/, '')],
    ['with another signature', (cookie) => cookie.slice(0, -2) + (cookie.endsWith('AA') ? 'BB' : 'AA')],
    ['malformed', () => '__Host-session=%00%'],
    ['empty', () => '__Host-session='],
    ['as long as browsers send', () => `__Host-session=${'x'.repeat(4000)}`],
  ])('with a cookie %s costs nothing', async (name, spoil) => {
    const cookie = spoil(await begin(service.instance));
    for (const request of ['GET /', 'GET /session', 'DELETE /session'] as const) {
      expect((await cost(`cookie ${name}: ${request}`, request, { cookie })).cost).toEqual([0, 0, 0]);
    }
  });

  it('with a malformed cookie costs nothing without signatures either', async () => {
    const answer = await cost('malformed, unsigned', 'GET /', { cookie: '__Host-session=short' }, unsigned);
    expect(answer).toMatchObject({ status: 200, cost: [0, 0, 0], setCookies: [] });
  });

  it('that writes first costs one write', async () => {
    expect(await cost('first write: POST /session/visits', 'POST /session/visits')).toMatchObject({
      status: 200,
      cost: [1, 0, 1],
      setCookies: [expect.stringContaining('__Host-session=')],
    });
    const put = await cost('first write: PUT /session/data/a', 'PUT /session/data/a', { json: 1 });
    expect(put).toMatchObject({ status: 204, cost: [1, 0, 1] });
  });

  it.each(['GET /', 'GET /session', 'HEAD /'] as const)('that only reads, %s, costs one read', async (request) => {
    const cookie = await begin(service.instance);
    const answer = await cost(`read-only: ${request}`, request, { cookie });
    expect(answer).toMatchObject({ status: 200, cost: [1, 1, 0], setCookies: [] });
  });

  it('that only reads costs half a read where reads are eventual', async () => {
    const cookie = await begin(service.instance);
    const answer = await cost('read-only, eventual', 'GET /session', { cookie }, eventual);
    expect(answer).toMatchObject({ status: 200, cost: [1, 0.5, 0], setCookies: [] });
  });

  it('is read again consistently after a miss where reads are eventual', async () => {
    const cookie = await begin(service.instance);
    service.proxy.reset();
    service.proxy.on({
      containing: '"ConsistentRead":false',
      fault: async (_forward, exchange) => {
        exchange.readUnits = 0.5;
        return { status: 200, body: '{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}' };
      },
    });
    const answer = await send(eventual, 'GET /session', { cookie });
    expect(JSON.parse(answer.body)).toMatchObject({ isNew: false, data: { a: 1 } });
    expect(service.proxy.cost()).toEqual([2, 1.5, 0]);
  });

  it('of an id that is not in the table costs one read, and adopts nothing', async () => {
    const cookie = await begin(service.instance);
    await send(service.instance, 'DELETE /session', { cookie });
    const read = await cost('unknown id: GET /session', 'GET /session', { cookie });
    expect(read).toMatchObject({ cost: [1, 1, 0], setCookies: [] });
    expect(JSON.parse(read.body)).toMatchObject({ isNew: true, data: {} });
    const written = await cost('unknown id: PUT /session/data/a', 'PUT /session/data/a', { cookie, json: 1 });
    expect(written).toMatchObject({ status: 204, cost: [2, 1, 1] });
    expect(idOf(cookieOf(written))).not.toBe(idOf(cookie));
    expect(await service.table.item(recordKey(idOf(cookie)))).toBeUndefined();
  });

  it('that shows a flash message costs a read and a write, and the next one a read', async () => {
    const cookie = await begin(service.instance);
    await send(service.instance, 'POST /session/flash', { cookie, json: { message: 'Saved' } });
    const shown = await cost('shows a flash message', 'GET /session', { cookie });
    expect(shown).toMatchObject({ cost: [2, 1, 1], setCookies: [] });
    expect(JSON.parse(shown.body)).toMatchObject({ flash: { notice: 'Saved' } });
    const next = await cost('after the flash message', 'GET /session', { cookie });
    expect(next.cost).toEqual([1, 1, 0]);
    expect(JSON.parse(next.body)).toMatchObject({ flash: {} });
  });

  it('that reads 10 KB of JSON costs what they take compressed', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => ({
      sku: `A-${index}`,
      name: `Product ${index}`,
      price: 995,
    }));
    const cart = { lines, note: 'x'.repeat(10_240 - JSON.stringify(lines).length) };
    expect(JSON.stringify(cart).length).toBeGreaterThan(10_240);
    const cookie = await begin(service.instance, { cart });
    const answer = await cost('read-only, 10 KB of JSON', 'GET /session', { cookie });
    expect(answer).toMatchObject({ status: 200, cost: [1, 1, 0] });
    expect(JSON.parse(answer.body)).toMatchObject({ data: { cart } });
    const changed = await cost('read and change, 10 KB of JSON', 'PUT /session/data/b', { cookie, json: 1 });
    expect(changed).toMatchObject({ status: 204, cost: [2, 1, 1] });
  });

  it.each<[`${string} /${string}`, unknown]>([
    ['PUT /session/data/b', 2],
    ['DELETE /session/data/a', undefined],
    ['POST /session/visits', undefined],
    ['POST /session/flash', { message: 'Saved' }],
  ])('that reads and changes, %s, costs a read and a write', async (request, json) => {
    const cookie = await begin(service.instance);
    const answer = await cost(`read and change: ${request}`, request, { cookie, json });
    expect(answer).toMatchObject({ cost: [2, 1, 1], setCookies: [] });
  });

  it('that changes nothing in the end costs one read', async () => {
    const cookie = await begin(service.instance, { a: 1 });
    const answer = await cost('remove what is not there', 'DELETE /session/data/b', { cookie });
    expect(answer).toMatchObject({ status: 204, cost: [1, 1, 0] });
  });

  it.each(['DELETE /session', 'POST /logout'] as const)('that logs out, %s, costs one write', async (request) => {
    const cookie = await begin(service.instance);
    const answer = await cost(`destroy: ${request}`, request, { cookie });
    expect(answer).toMatchObject({ status: 204, cost: [1, 0, 1], setCookies: [expect.stringContaining('Max-Age=0')] });
    expect(await service.table.item(recordKey(idOf(cookie)))).toBeUndefined();
  });

  it('that gets a new id costs a read and two writes', async () => {
    const cookie = await begin(service.instance, { a: 1 });
    const answer = await cost('regenerate', 'POST /session/regenerate', { cookie });
    expect(answer).toMatchObject({ cost: [3, 1, 2], setCookies: [expect.stringContaining('__Host-session=')] });
    expect((await service.table.item(recordKey(idOf(cookie))))?.['value']?.S).toContain('"superseded"');
    expect(await dataOf(service.instance, cookieOf(answer))).toEqual({ a: 1 });
    const late = await cost('under a superseded id: GET /session', 'GET /session', { cookie });
    expect(late).toMatchObject({ status: 200, cost: [2, 2, 0], setCookies: [] });
    const refused = await cost('under a superseded id: a write', 'PUT /session/data/b', { cookie, json: 1 });
    expect(refused).toMatchObject({ status: 409, cost: [2, 2, 0], setCookies: [] });
  });

  it.each<[number, `${string} /${string}`, Sent]>([
    [200, 'GET /health', {}],
    [404, 'GET /nothing', {}],
    [404, 'POST /nothing', { json: {} }],
    [405, 'DELETE /', {}],
    [405, 'PUT /session', { json: {} }],
    [403, 'POST /session/visits', { headers: { 'sec-fetch-site': 'cross-site' } }],
    [403, 'POST /logout', { headers: { origin: 'https://elsewhere.example' } }],
    [400, 'PUT /session/data/a', { headers: { 'content-type': 'application/json' } }],
    [415, 'PUT /session/data/a', { headers: { 'content-type': 'text/plain' }, json: 'a' }],
    [204, 'OPTIONS /session', {}],
  ])('answered %i, %s, costs nothing', async (status, request, sent) => {
    const cookie = await begin(service.instance);
    const answer = await cost(`${status}: ${request}`, request, { cookie, ...sent });
    expect(answer).toMatchObject({ status, cost: [0, 0, 0], setCookies: [] });
  });
});

describe('A user', () => {
  let users = 0;

  /** Browsers that log in one after the other. */
  async function loggedIn(count: number): Promise<{ user: string; cookies: string[] }> {
    const user = `user ${(users += 1)}`;
    const cookies: string[] = [];
    for (let n = 0; n < count; n += 1) {
      cookies.push(cookieOf(await send(service.instance, 'POST /login', { json: { user } })));
    }
    return { user, cookies };
  }

  it('who logs in as a new visitor costs a read and two writes', async () => {
    const { user } = await loggedIn(1);
    const first = await cost('login, new visitor, first session', 'POST /login', { json: { user: `${user} too` } });
    expect(first).toMatchObject({ status: 204, cost: [3, 1, 2] });
    const second = await cost('login, new visitor, second session', 'POST /login', { json: { user } });
    expect(second).toMatchObject({ status: 204, cost: [3, 1, 2] });
  });

  it('who logs in with a session costs two reads and three writes', async () => {
    const cookie = await begin(service.instance, { a: 1 });
    const answer = await cost('login, with a session', 'POST /login', { cookie, json: { user: 'ada' } });
    expect(answer).toMatchObject({ status: 204, cost: [5, 2, 3] });
    expect(await dataOf(service.instance, cookieOf(answer))).toEqual({ a: 1, user: 'ada' });
  });

  it.each([1, 2])('who logs out, of %i sessions, costs a read and two writes', async (count) => {
    const { cookies } = await loggedIn(count);
    const answer = await cost(`logout, of ${count}`, 'POST /logout', { cookie: cookies[0] });
    expect(answer).toMatchObject({ status: 204, cost: [3, 1, 2] });
  });

  it('who is logged in costs nothing more to read, to change, and to look at', async () => {
    const { cookies } = await loggedIn(3);
    const [cookie] = cookies;
    expect((await cost('logged in: GET /', 'GET /', { cookie })).cost).toEqual([1, 1, 0]);
    expect((await cost('logged in: read and change', 'PUT /session/data/b', { cookie, json: 1 })).cost).toEqual([
      2, 1, 1,
    ]);
  });

  it('who gets a new id costs two reads and three writes', async () => {
    const { cookies } = await loggedIn(3);
    const answer = await cost('regenerate, logged in', 'POST /session/regenerate', { cookie: cookies[0] });
    expect(answer).toMatchObject({ status: 200, cost: [5, 2, 3] });
  });

  it('who lists, or ends, one or two sessions costs little', async () => {
    const { cookies } = await loggedIn(2);
    const [cookie] = cookies;
    const answer = await cost('list, 2 sessions', 'GET /sessions', { cookie });
    expect(answer.cost).toEqual([3, 4, 0]);
    const { sessions } = JSON.parse(answer.body) as { sessions: { handle: string; current: boolean }[] };
    const other = sessions.find(({ current }) => !current)?.handle ?? '';
    const ended = await cost('end one of 2', `DELETE /sessions/${other}`, { cookie });
    expect(ended).toMatchObject({ status: 204, cost: [5, 3, 2] });
  });

  it('who lists, and ends, fifty sessions costs what they take', async () => {
    const { cookies } = await loggedIn(50);
    const [cookie] = cookies;
    const answer = await cost('list, 50 sessions', 'GET /sessions', { cookie });
    expect((JSON.parse(answer.body) as { sessions: unknown[] }).sessions).toHaveLength(50);
    const ended = await cost('end 49 others of 50', 'DELETE /sessions', { cookie });
    // The user's record takes 2 to 3 KB by now, which its one write costs.
    expect(answer.cost).toEqual([3, 52, 0]);
    expect(ended).toMatchObject({ status: 204, cost: [6, 3, 52] });
  });
});

describe('The expiry of a session', () => {
  /** A session whose record ends so many seconds from now, unless the application moves it. */
  async function endingIn(seconds: number): Promise<{ cookie: string; key: string }> {
    const cookie = await begin(service.instance);
    const key = recordKey(idOf(cookie));
    await service.table.expire(key, now() + seconds);
    return { cookie, key };
  }

  it('lies between 1 and 1.1 lifetimes after the first write', async () => {
    const cookie = await begin(service.instance);
    const item = await service.table.item(recordKey(idOf(cookie)));
    expect(Number(item?.['expires_at']?.N) - now()).toBeGreaterThanOrEqual(LIFETIME);
    expect(Number(item?.['expires_at']?.N) - now()).toBeLessThanOrEqual(LIFETIME * 1.1 + 1);
  });

  it('is not moved by a hundred reads in a row', async () => {
    const cookie = await begin(service.instance);
    service.proxy.reset();
    for (let request = 0; request < 100; request += 1) await send(service.instance, 'GET /session', { cookie });
    expect(service.proxy.cost()).toEqual([100, 100, 0]);
  });

  it('is moved once by a hundred reads after a tenth of the lifetime', async () => {
    const { cookie, key } = await endingIn(LIFETIME - 1);
    const before = await service.table.item(key);
    service.proxy.reset();
    for (let request = 0; request < 100; request += 1) await send(service.instance, 'GET /session', { cookie });
    expect(service.proxy.cost()).toEqual([101, 100, 1]);
    const after = await service.table.item(key);
    expect(Number(after?.['expires_at']?.N) - now()).toBeGreaterThanOrEqual(LIFETIME);
    expect(Number(after?.['expires_at']?.N) - now()).toBeLessThanOrEqual(LIFETIME * 1.1 + 1);
    expect({ ...after, expires_at: undefined }).toEqual({ ...before, expires_at: undefined });
  });

  it('is not moved where what is left is enough, and moved where it is not', async () => {
    const enough = await endingIn(LIFETIME + 30);
    expect((await cost('read-only, not yet due', 'GET /session', enough)).cost).toEqual([1, 1, 0]);
    const due = await endingIn(LIFETIME - 1);
    expect((await cost('read-only, expiry due', 'GET /session', due)).cost).toEqual([2, 1, 1]);
  });

  it('ends the session, whatever the table still holds', async () => {
    const { cookie } = await endingIn(-1);
    const answer = await cost('expired', 'GET /session', { cookie });
    expect(JSON.parse(answer.body)).toMatchObject({ isNew: true, data: {} });
    expect(answer.setCookies).toEqual([]);
  });
});
