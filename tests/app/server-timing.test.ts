/** The header in which an answer says what it asked of the store, in answers of every kind. */
import { describe, expect, it } from 'vitest';
import { consumedOf, metricsOf } from '../../bench/stress/server-timing.ts';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { type Source, SOURCES, type TestRequest } from './events.ts';
import { createService } from './service.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const ANSWERS: readonly [string, number, TestRequest][] = [
  ['the page', 200, { method: 'GET', path: '/' }],
  ['HEAD', 200, { method: 'HEAD', path: '/' }],
  ['OPTIONS', 204, { method: 'OPTIONS', path: '/session' }],
  ['JSON', 200, { method: 'GET', path: '/session' }],
  ['nothing', 204, { method: 'PUT', path: '/session/data/a', headers: JSON_BODY, body: '1' }],
  ['a redirect', 303, { method: 'POST', path: '/login', headers: FORM, body: 'user=ada' }],
  ['a bad body', 400, { method: 'PUT', path: '/session/data/a', headers: JSON_BODY, body: '{' }],
  ['an unknown route', 404, { method: 'GET', path: '/nothing' }],
  ['a wrong method', 405, { method: 'DELETE', path: '/' }],
  ['a refused origin', 403, { method: 'POST', path: '/session/visits', headers: { origin: 'https://evil.example' } }],
];

const cases = SOURCES.flatMap((source) => ANSWERS.map((answer) => [source, ...answer] as const));

describe('With SERVER_TIMING', () => {
  const service = createService({ SERVER_TIMING: 'true' });

  it.each(cases)('%s: %s, %i, says what it took', async (source, _name, status, request) => {
    const answer = await service.send(source, request);
    expect(answer.status).toBe(status);
    const header = answer.headers['server-timing'];
    expect([...metricsOf(header ?? '').keys()].slice(0, 3)).toEqual(['total', 'store', 'StoreRequests']);
    expect(consumedOf(header)).toMatchObject({ requests: 0, readUnits: 0, writeUnits: 0, failedConditions: 0 });
  });

  it.each(SOURCES)('%s: cookies and all other headers are what they are without it', async (source) => {
    const request: TestRequest = { method: 'PUT', path: '/session/data/a', headers: JSON_BODY, body: '1' };
    const { 'server-timing': _timing, ...headers } = (await service.send(source, request)).headers;
    const plain = await createService().send(source, request);
    expect(headers).toEqual(plain.headers);
    expect((await service.send(source, request)).setCookies).toHaveLength(plain.setCookies.length);
  });

  it.each<[string, Error, number]>([
    ['a store that is down', new StoreUnavailableError('Down.'), 503],
    ['a fault of the service', new TypeError('Oh.'), 500],
  ])('the answer to %s has it too', async (_name, error, status) => {
    const failing = createService({ SERVER_TIMING: 'true' });
    const visitor = failing.visitor();
    await visitor.json('PUT', '/session/data/a', 1);
    failing.failWith(error);
    const answer = await visitor.send('GET', '/session');
    expect(answer.status).toBe(status);
    expect(consumedOf(answer.headers['server-timing'])?.totalMs).toBeGreaterThanOrEqual(0);
  });

  it('the answer of a request that was given up has it too', async () => {
    const hanging = createService({ SERVER_TIMING: 'true' });
    hanging.hang();
    const event = { version: '2.0', rawPath: '/cached', requestContext: { http: { method: 'GET' } } };
    expect(await hanging.invoke(event, 150)).toMatchObject({
      statusCode: 503,
      headers: { 'Server-Timing': expect.stringContaining('total;dur=') },
    });
  });

  it('the first answer of an instance says that it is', async () => {
    const fresh = createService({ SERVER_TIMING: 'true' });
    const health: [Source, TestRequest] = ['HTTP API', { method: 'GET', path: '/health' }];
    const first = await fresh.send(...health);
    const second = await fresh.send(...health);
    expect(consumedOf(first.headers['server-timing'])?.isCold).toBe(true);
    expect(consumedOf(second.headers['server-timing'])?.isCold).toBe(false);
  });
});

it.each<Readonly<Record<string, string>>>([{}, { SERVER_TIMING: '' }, { SERVER_TIMING: 'false' }])(
  'Without it, with %j, no answer has the header',
  async (env) => {
    const service = createService({ ...env, METRICS: 'true' });
    for (const [source, , , request] of cases) {
      expect((await service.send(source, request)).headers).not.toHaveProperty('server-timing');
    }
  },
);
