/** What the packaged function says in `Server-Timing`, next to what the proxy saw of it. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Consumed, consumedOf } from '../../bench/stress/server-timing.ts';
import { begin, send, type Sent, type Service, startService } from './service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ SERVER_TIMING: 'true', METRICS: 'false' });
}, 60_000);

afterEach(() => service.proxy.reset());

afterAll(() => service[Symbol.asyncDispose]());

async function consumed(request: `${string} /${string}`, sent: Sent = {}): Promise<Consumed> {
  const told = consumedOf((await send(service.instance, request, sent)).headers['server-timing']);
  if (told === undefined) throw new Error('The answer does not say what it took.');
  return told;
}

describe('The packaged function, with metrics off', () => {
  it.each<[string, `${string} /${string}`, boolean, unknown]>([
    ['of a bot', 'GET /', false, undefined],
    ['that writes first', 'PUT /session/data/a', false, 1],
    ['that only reads', 'GET /session', true, undefined],
    ['that changes', 'POST /session/visits', true, undefined],
    ['that logs in', 'POST /login', true, { user: 'ada' }],
    ['that ends the session', 'DELETE /session', true, undefined],
  ])('says of a request %s, %s, what the proxy saw', async (_name, request, isVisitor, json) => {
    const cookie = isVisitor ? await begin(service.instance) : undefined;
    service.proxy.reset();
    const { requests, readUnits, writeUnits, failedConditions } = await consumed(request, { cookie, json });
    expect([requests, readUnits, writeUnits]).toEqual(service.proxy.cost());
    expect(failedConditions).toBe(0);
  });

  it('says of twenty changes at once what the proxy saw, and the conditions that failed by the size of the record', async () => {
    const cookie = await begin(service.instance, { note: randomBytes(1200).toString('base64url') });
    service.proxy.reset();
    const all = await Promise.all(Array.from({ length: 20 }, () => consumed('POST /session/visits', { cookie })));
    const sum = (of: (one: Consumed) => number): number => all.reduce((total, one) => total + of(one), 0);
    const failed = service.proxy.exchanges.filter(({ status }) => status === 400).length;
    expect(failed).toBeGreaterThan(0);
    expect(sum((one) => one.failedConditions)).toBe(failed);
    // A record of 1,200 random bytes takes two units, also of a condition that fails.
    expect(sum((one) => one.failedConditionUnits)).toBe(2 * failed);
    expect(sum((one) => one.writeUnits)).toBe(2 * 20);
    expect([sum((one) => one.requests), sum((one) => one.readUnits), sum((one) => one.writeUnits)]).toEqual(
      service.proxy.cost(),
    );
  });

  it('says what was throttled', async () => {
    const cookie = await begin(service.instance);
    const body = '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}';
    service.proxy.on({ operation: 'GetItem', times: 2, fault: async () => ({ status: 400, body }) });
    expect(await consumed('GET /session', { cookie })).toMatchObject({ requests: 3, throttles: 2, readUnits: 1 });
  });

  it('says nothing where it was not asked to', async () => {
    const quiet = await service.start({ SERVER_TIMING: '' });
    expect((await send(quiet, 'GET /')).headers).not.toHaveProperty('server-timing');
  });
});
