import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { type Answer, answerOf, eventOf, HOST, SOURCES, type TestRequest } from '../app/events.ts';
import { createService } from '../app/service.ts';

type Headers = NonNullable<TestRequest['headers']>;

const OWN = `https://${HOST}`;
const APP = 'https://app.service.example';
const EVIL = 'https://evil.example';

const withoutSettings: readonly (readonly [allowed: 'passes' | 'is refused', headers: Headers])[] = [
  ['passes', {}],
  ['passes', { 'sec-fetch-site': 'same-origin', origin: OWN }],
  ['passes', { 'sec-fetch-site': 'none' }],
  ['passes', { 'sec-fetch-site': 'same-origin' }],
  ['is refused', { 'sec-fetch-site': 'same-site', origin: APP }],
  ['is refused', { 'sec-fetch-site': 'cross-site', origin: EVIL }],
  ['is refused', { 'sec-fetch-site': 'cross-site' }],
  ['is refused', { 'sec-fetch-site': 'cross-site', origin: OWN }],
  ['is refused', { 'sec-fetch-site': '' }],
  ['is refused', { 'sec-fetch-site': 'Same-Origin' }],
  ['is refused', { 'sec-fetch-site': 'same-origin, cross-site' }],
  ['is refused', { 'sec-fetch-site': ['same-origin', 'cross-site'] }],
  ['is refused', { 'sec-fetch-site': ['cross-site', 'same-origin'], 'Sec-Fetch-Site': 'same-origin' }],
  ['is refused', { 'sec-fetch-site': 'anything' }],
  ['passes', { origin: OWN }],
  ['passes', { origin: 'http://localhost:3000', host: 'localhost:3000', 'x-forwarded-proto': 'http' }],
  ['passes', { origin: OWN, host: `${HOST.toUpperCase()}:443` }],
  ['passes', { origin: OWN, 'x-forwarded-proto': 'http,https' }],
  ['is refused', { origin: OWN, 'x-forwarded-proto': 'https,http' }],
  ['is refused', { origin: `http://${HOST}` }],
  ['is refused', { origin: `${OWN}:8443` }],
  ['is refused', { origin: EVIL }],
  ['is refused', { origin: APP }],
  ['is refused', { origin: `${OWN}.evil.example` }],
  ['is refused', { origin: `https://evil-${HOST}` }],
  ['is refused', { origin: 'null' }],
  ['is refused', { origin: '' }],
  ['is refused', { origin: '*' }],
  ['is refused', { origin: HOST }],
  ['is refused', { origin: `${OWN}/` }],
  ['is refused', { origin: `https://user@${HOST}` }],
  ['is refused', { origin: `${OWN}, ${EVIL}` }],
  ['is refused', { origin: ['https://evil.example', OWN] }],
  ['is refused', { origin: OWN, Origin: EVIL }],
  ['is refused', { origin: OWN, host: `evil.example@${HOST}` }],
  ['is refused', { origin: 'data:text/html,x' }],
];

describe.each(SOURCES)('by %s', (source) => {
  it.each(withoutSettings)('a request that changes something %s with %j', async (allowed, headers) => {
    // One value per name is all that these can deliver: the last.
    const delivered =
      source === 'ALB' ? mapValues(headers, (value) => (typeof value === 'string' ? value : value.join(','))) : headers;
    const service = createService();
    const answer = await service.visitor(source).send('POST', '/session/visits', { headers: delivered });
    expect(answer.status).toBe(allowed === 'passes' ? 200 : 403);
    if (allowed === 'passes') return;
    expect(JSON.parse(answer.body)).toMatchObject({ status: 403, code: 'CROSS_ORIGIN' });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.setCookies).toEqual([]);
    expect(service.calls).toEqual([]);
  });
});

function mapValues(headers: Headers, change: (value: string | readonly string[]) => string): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, change(value)]));
}

describe('the check', () => {
  it.each(['PUT', 'POST', 'DELETE', 'PATCH', 'BREW'])('is made for %s, on every address', async (method) => {
    const visitor = createService().visitor();
    const headers = { 'sec-fetch-site': 'cross-site', origin: EVIL };
    expect((await visitor.send(method, '/nowhere', { headers })).status).toBe(403);
  });

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'is made whatever the body is: %s',
    async (type) => {
      const headers = { 'content-type': type, 'sec-fetch-site': 'cross-site', origin: EVIL };
      const answer = await createService().visitor().send('POST', '/session/visits', { headers, body: '{}' });
      expect(answer.status).toBe(403);
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS'])('is not made for %s', async (method) => {
    const answer = await createService()
      .visitor()
      .send(method, '/', { headers: { 'sec-fetch-site': 'cross-site', origin: EVIL } });
    expect(answer.status).toBeLessThan(300);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('with APP_URL', () => {
  const service = createService({ APP_URL: 'https://www.example.com/shop' });

  it.each([
    [200, 'https://www.example.com'],
    [403, OWN],
    [403, 'http://www.example.com'],
    [403, 'https://example.com'],
  ])('answers %i to the origin %s, whatever the host', async (status, origin) => {
    const answer = await service.visitor().send('POST', '/shop/session/visits', { headers: { origin } });
    expect(answer.status).toBe(status);
  });
});

describe('with ALLOWED_ORIGINS', () => {
  const service = createService({ ALLOWED_ORIGINS: `${APP}, http://localhost:5173` });

  it.each([
    [200, { origin: APP, 'sec-fetch-site': 'same-site' }],
    [200, { origin: 'http://localhost:5173', 'sec-fetch-site': 'cross-site' }],
    [200, { origin: APP }],
    [200, { origin: OWN }],
    [403, { origin: EVIL, 'sec-fetch-site': 'cross-site' }],
    [403, { origin: `${APP}:8443` }],
    [403, { origin: 'http://app.service.example' }],
    [403, { 'sec-fetch-site': 'same-site' }],
    [403, { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ] as const satisfies readonly (readonly [number, Headers])[])('answers %i to %j', async (status, headers) => {
    const answer = await service.visitor().send('POST', '/session/visits', { headers });
    expect(answer.status).toBe(status);
    const origin = 'origin' in headers ? headers.origin : undefined;
    const shared = origin === APP || origin === 'http://localhost:5173';
    expect(answer.headers['access-control-allow-origin']).toBe(shared ? origin : undefined);
    expect(answer.headers['access-control-allow-credentials']).toBe(shared ? 'true' : undefined);
    expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
  });

  it('answers a preflight with the methods of the address', async () => {
    const headers = { origin: APP, 'access-control-request-method': 'PUT', 'sec-fetch-site': 'same-site' };
    const answer = await service.visitor().send('OPTIONS', '/session/data/a', { headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT, DELETE, OPTIONS',
      'access-control-allow-headers': 'Content-Type',
    });
  });

  it('answers a preflight of another origin without any permission', async () => {
    const headers = { origin: EVIL, 'access-control-request-method': 'PUT' };
    const answer = await service.visitor().send('OPTIONS', '/session/data/a', { headers });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([
    `${APP}.evil.example`,
    `${APP}:8443`,
    `${APP}/`,
    APP.toUpperCase(),
    'null',
    '',
    '*',
    [APP, EVIL],
    [APP, APP],
  ])('takes the origin %j for none that is allowed', async (origin) => {
    const answer = await service.visitor('REST API').send('GET', '/health', { headers: { origin } });
    expect(answer.status).toBe(200);
    expect(permissionsOf(answer)).toEqual({});
    expect(answer.headers['vary']).toBe('Origin');
  });
});

/** The headers of CORS that an answer has. */
function permissionsOf({ headers }: Answer): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
}

describe.each(SOURCES)('with ALLOWED_ORIGINS, by %s', (source) => {
  const READABLE = {
    'access-control-allow-origin': APP,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Allow, Retry-After',
  };

  it.each<Omit<TestRequest, 'headers'> & { status: number; type?: string; failure?: Error }>([
    { status: 200, method: 'GET', path: '/session' },
    { status: 204, method: 'PUT', path: '/session/data/a', body: '1' },
    { status: 400, method: 'PUT', path: '/session/data/a', body: '{' },
    { status: 401, method: 'GET', path: '/sessions' },
    { status: 404, method: 'GET', path: '/nowhere' },
    { status: 405, method: 'PUT', path: '/' },
    { status: 413, method: 'PUT', path: '/session/data/a', body: '1'.repeat(300_000) },
    { status: 415, method: 'PUT', path: '/session/data/a', body: '1', type: 'text/plain' },
    { status: 422, method: 'POST', path: '/login', body: '{}' },
    { status: 500, method: 'POST', path: '/session/visits', failure: new Error('secret') },
    { status: 503, method: 'POST', path: '/session/visits', failure: new StoreUnavailableError('The store is down.') },
  ])('an answer of $status to $method $path is for the allowed origin to read, and no other', async (request) => {
    const { status, failure, type = 'application/json', ...rest } = request;
    const service = createService({ ALLOWED_ORIGINS: APP });
    service.failWith(failure);
    const send = async (origin: string) =>
      service.visitor(source).send(rest.method, rest.path, { ...rest, headers: { origin, 'content-type': type } });
    const readable = await send(APP);
    expect([readable.status, permissionsOf(readable)]).toEqual([status, READABLE]);
    const other = await send(EVIL);
    expect(permissionsOf(other)).toEqual({});
    for (const answer of [readable, other]) expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
  });

  it('so is the answer of a function whose time runs out', async () => {
    const service = createService({ ALLOWED_ORIGINS: APP });
    service.hang();
    const event = eventOf(source, { method: 'POST', path: '/session/visits', headers: { origin: APP } });
    const answer = answerOf(await service.invoke(event, 150));
    expect([answer.status, permissionsOf(answer)]).toEqual([503, READABLE]);
    expect(answer.headers['retry-after']).toBe('1');
  });
});
