/** The planner's units, request by request, next to those that the packaged function is billed on DynamoDB Local. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleData } from '../../bench/capacity/sample.ts';
import { recordSizes } from '../../bench/capacity/sizes.ts';
import { type Kind, type Mode, type Units, unitsOf } from '../../bench/capacity/units.ts';
import type { Instance } from '../service/packaged.ts';
import { cookieOf, send, type Sent, type Service, startService } from '../service/service.ts';

const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 60_000);
afterAll(() => service[Symbol.asyncDispose]());

let users = 0;

/** What each kind of request cost, one after the other, of a visitor who stores this cart. */
async function measured(instance: Instance, cart: unknown, otherSessions: number) {
  const user = `visitor ${String((users += 1)).padStart(2, '0')}`;
  const costs = new Map<Kind, Units>();
  const cost = async (kind: Kind, request: `${string} /${string}`, sent: Sent = {}): Promise<string> => {
    service.proxy.reset();
    const answer = await send(instance, request, { ...sent, headers });
    expect(answer.status).toBeLessThan(300);
    const [requests, reads, writes] = service.proxy.cost();
    costs.set(kind, { requests, reads, writes });
    return cookieOf(answer) || (sent.cookie ?? '');
  };
  const stored = async (): Promise<string> => {
    const answer = await send(instance, 'PUT /session/data/cart', { json: cart });
    const cookie = cookieOf(answer);
    await send(instance, 'PUT /session/data/visits', { json: 10, cookie });
    return cookie;
  };
  for (let n = 0; n < otherSessions; n += 1) await send(instance, 'POST /login', { json: { user }, headers });

  await cost('bot', 'GET /session');
  await cost('first write', 'PUT /session/data/cart', { json: cart });
  const cookie = await stored();
  await cost('read-only', 'GET /session', { cookie });
  await cost('change', 'PUT /session/data/visits', { cookie, json: 11 });
  await cost('sets a flash message', 'POST /session/flash', { cookie, json: { message: 'x'.repeat(20) } });
  await cost('shows a flash message', 'GET /session', { cookie });
  const loggedIn = await cost('login', 'POST /login', { cookie, json: { user } });
  const moved = await cost('regenerate, logged in', 'POST /session/regenerate', { cookie: loggedIn });
  await send(instance, 'DELETE /session', { cookie: moved });
  const again = cookieOf(await send(instance, 'POST /login', { cookie: await stored(), json: { user }, headers }));
  await cost('logout', 'DELETE /session', { cookie: again });
  const other = await cost('regenerate', 'POST /session/regenerate', { cookie: await stored() });
  await cost('logout, not logged in', 'DELETE /session', { cookie: other });
  return { costs, user };
}

const CARTS: readonly (readonly [string, unknown, number])[] = [
  ['a few bytes', 'hat', 1],
  ['700 bytes of JSON', sampleData(690).cart, 0],
  ['900 bytes of JSON', sampleData(890).cart, 1],
  ['900 bytes that do not compress', randomBytes(660).toString('base64'), 2],
  ['1,500 bytes of JSON', sampleData(1490).cart, 3],
  ['3,000 bytes that compress little', randomBytes(2240).toString('base64'), 12],
  ['10 KB of JSON', sampleData(10_240).cart, 1],
  ['10 KB that compress little', randomBytes(7600).toString('base64'), 1],
  ['50 KB of JSON', sampleData(51_200).cart, 1],
];

const MODES: readonly (readonly [string, Record<string, string>, Mode & { readonly encrypt?: boolean }])[] = [
  ['clear', {}, {}],
  ['encrypted', { SESSION_ENCRYPT: 'true' }, { encrypt: true }],
  ['read eventually', { DYNAMODB_CONSISTENT_READ: 'false' }, { eventual: true }],
  ['locked', { SESSION_LOCKING: 'true' }, { locking: true }],
];

describe.each(MODES)('Units of sessions that are %s', (_mode, env, mode) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await service.start(env);
  });

  it.each(CARTS)('are those that are billed, with %s', { timeout: 30_000 }, async (_size, cart, otherSessions) => {
    const { costs, user } = await measured(instance, cart, otherSessions);
    const options = { encrypt: mode.encrypt ?? false, otherSessions, user };
    const first = recordSizes({ cart }, options);
    const sizes = recordSizes({ cart, visits: 10 }, options);
    const planned = new Map(
      [...costs.keys()].map((kind) => [kind, unitsOf(kind, kind === 'first write' ? first : sizes, mode)]),
    );
    expect(planned).toEqual(costs);
  });
});
