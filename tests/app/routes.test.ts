import { describe, expect, it } from 'vitest';
import { SOURCES } from './events.ts';
import { createService } from './service.ts';

describe.each(SOURCES)('by %s', (source) => {
  const visitorOf = () => createService().visitor(source);

  it('shows a page to a visitor without a session, who gets none by looking', async () => {
    const service = createService();
    const answer = await service.visitor(source).send('GET', '/');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toContain('<h1>Cloakroom</h1>');
    expect(answer.setCookies).toEqual([]);
    expect(service.calls).toEqual([]);
  });

  it('stores a JSON value, shows it and removes it', async () => {
    const visitor = visitorOf();
    expect(await visitor.json('PUT', '/session/data/cart', [{ id: 1 }])).toMatchObject({ status: 204, body: '' });
    expect(await visitor.session()).toMatchObject({ isNew: false, data: { cart: [{ id: 1 }] }, flash: {} });
    expect((await visitor.send('DELETE', '/session/data/cart')).status).toBe(204);
    expect((await visitor.session()).data).toEqual({});
  });

  it('counts visits and answers the committed number', async () => {
    const visitor = visitorOf();
    expect((await visitor.json('POST', '/session/visits')).body).toBe('{"visits":1}');
    const answer = await visitor.json('POST', '/session/visits');
    expect(answer).toMatchObject({ status: 200, body: '{"visits":2}' });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('shows a flash message once', async () => {
    const visitor = visitorOf();
    expect((await visitor.json('POST', '/session/flash', { message: 'Saved' })).status).toBe(204);
    expect((await visitor.session()).flash).toEqual({ notice: 'Saved' });
    expect((await visitor.session()).flash).toEqual({});
  });

  it('regenerates: a new handle, the same data', async () => {
    const visitor = visitorOf();
    await visitor.json('PUT', '/session/data/a', 1);
    const before = await visitor.session();
    const answer = await visitor.json('POST', '/session/regenerate');
    const after = await visitor.session();
    expect(JSON.parse(answer.body)).toEqual({ handle: after.handle });
    expect(after.handle).not.toBe(before.handle);
    expect(after.data).toEqual({ a: 1 });
  });

  it('logs in under a new id, and out', async () => {
    const visitor = visitorOf();
    await visitor.json('PUT', '/session/data/a', 1);
    const { handle } = await visitor.session();
    expect((await visitor.json('POST', '/login', { user: 'Ada' })).status).toBe(204);
    const session = await visitor.session();
    expect(session.data).toEqual({ a: 1, user: 'Ada' });
    expect(session.handle).not.toBe(handle);
    const answer = await visitor.json('POST', '/logout');
    expect(answer.status).toBe(204);
    expect(answer.setCookies).toHaveLength(1);
    expect(await visitor.session()).toMatchObject({ isNew: true, data: {} });
  });

  it('destroys the session', async () => {
    const visitor = visitorOf();
    await visitor.json('PUT', '/session/data/a', 1);
    const copy = visitor.cookies;
    expect((await visitor.send('DELETE', '/session')).status).toBe(204);
    const answer = await visitor.send('GET', '/session', { cookies: copy });
    expect(JSON.parse(answer.body)).toMatchObject({ isNew: true, data: {} });
  });

  it('answers every form with 303 to the page', async () => {
    const visitor = visitorOf();
    const forms: readonly (readonly [string, Record<string, string>])[] = [
      ['/session/data', { key: 'colour', value: 'blue & green' }],
      ['/session/data', { key: 'size', value: '' }],
      ['/session/data/delete', { key: 'size' }],
      ['/session/visits', {}],
      ['/session/flash', { message: 'Hello' }],
      ['/session/regenerate', {}],
      ['/login', { user: 'Ada' }],
    ];
    for (const [path, fields] of forms) {
      const answer = await visitor.form(path, fields);
      expect([path, answer.status, answer.headers['location'], answer.body]).toEqual([path, 303, '/', '']);
    }
    expect(await visitor.session()).toMatchObject({
      data: { colour: 'blue & green', visits: 1, user: 'Ada' },
      flash: { notice: 'Hello' },
    });
    for (const path of ['/logout', '/session/destroy']) {
      await visitor.json('PUT', '/session/data/a', 1);
      expect(await visitor.form(path)).toMatchObject({ status: 303, headers: { location: '/' } });
      expect((await visitor.session()).isNew).toBe(true);
    }
  });

  it('computes the cached value once in 10 seconds', async () => {
    let now = Date.UTC(2026, 0, 1);
    const visitor = createService({}, () => now).visitor(source);
    const first = await visitor.send('GET', '/cached');
    expect(first.body).toBe('{"computedAt":"2026-01-01T00:00:00.000Z"}');
    now += 9_000;
    expect((await visitor.send('GET', '/cached')).body).toBe(first.body);
    now += 2_000;
    expect((await visitor.send('GET', '/cached')).body).toBe('{"computedAt":"2026-01-01T00:00:11.000Z"}');
  });

  it('answers HEAD as GET without the body, and leaves the flash message for a request that shows it', async () => {
    const visitor = visitorOf();
    await visitor.json('POST', '/session/flash', { message: 'Saved' });
    for (const path of ['/', '/session', '/cached', '/health']) {
      const head = await visitor.send('HEAD', path);
      expect([path, head.status, head.body]).toEqual([path, 200, '']);
      expect(head.headers['content-type']).toBeDefined();
    }
    expect((await visitor.session()).flash).toEqual({ notice: 'Saved' });
  });

  it('answers unknown routes, wrong methods, OPTIONS and /health without session or store', async () => {
    const service = createService();
    const own = service.visitor(source);
    await own.json('PUT', '/session/data/a', 1);
    service.calls.length = 0;
    const cases = [
      ['GET', '/nowhere', 404, undefined],
      ['OPTIONS', '/nowhere', 404, undefined],
      ['PUT', '/', 405, 'GET, HEAD, OPTIONS'],
      ['PROPFIND', '/health', 405, 'GET, HEAD, OPTIONS'],
      ['GET', '/session/data/a', 405, 'PUT, DELETE, OPTIONS'],
      ['HEAD', '/session/visits', 405, 'POST, OPTIONS'],
      ['POST', '/session', 405, 'GET, HEAD, DELETE, OPTIONS'],
      ['OPTIONS', '/session', 204, 'GET, HEAD, DELETE, OPTIONS'],
      ['OPTIONS', '/session/data/a', 204, 'PUT, DELETE, OPTIONS'],
      ['GET', '/health', 200, undefined],
    ] as const;
    for (const [method, path, status, allow] of cases) {
      const answer = await own.send(method, path);
      expect([method, path, answer.status, answer.headers['allow']]).toEqual([method, path, status, allow]);
      expect(answer.setCookies).toEqual([]);
    }
    expect(service.calls).toEqual([]);
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'a b',
    'a/',
    'ünï☃𝄞',
    'a%2Fb',
    '/',
    'a/b/c',
    '100%',
    '%zz',
    '?&#=+',
    '.hidden',
    'delete',
    '"<script>',
    'line\r\nend\0',
    'k'.repeat(2048),
  ])('keeps the key %j apart from all others', async (key) => {
    const visitor = visitorOf();
    expect((await visitor.json('PUT', '/session/data/other', true)).status).toBe(204);
    const path = `/session/data/${encodeURIComponent(key)}`;
    expect((await visitor.json('PUT', path, { text: key })).status).toBe(204);
    const { data } = await visitor.session();
    expect(new Map(Object.entries(data))).toEqual(
      new Map<string, unknown>([
        [key, { text: key }],
        ['other', true],
      ]),
    );
    expect((await visitor.send('DELETE', path)).status).toBe(204);
    expect(Object.keys((await visitor.session()).data)).toEqual(['other']);
  });
});

describe('without the demonstration', () => {
  it('has the page, the visits and /health, and nothing else', async () => {
    const visitor = createService({ DEMO: 'false' }).visitor();
    expect((await visitor.form('/session/visits')).status).toBe(303);
    expect((await visitor.send('GET', '/health')).status).toBe(200);
    const page = await visitor.send('GET', '/');
    expect(page.status).toBe(200);
    expect(page.body.match(/action="[^"]*"/g)).toEqual(['action="/session/visits"']);
    for (const [method, path] of [
      ['GET', '/session'],
      ['DELETE', '/session'],
      ['PUT', '/session/data/a'],
      ['DELETE', '/session/data/a'],
      ['POST', '/session/data'],
      ['POST', '/session/data/delete'],
      ['POST', '/session/destroy'],
      ['POST', '/session/flash'],
      ['POST', '/session/regenerate'],
      ['POST', '/login'],
      ['POST', '/logout'],
      ['GET', '/cached'],
    ] as const) {
      expect([method, path, (await visitor.send(method, path)).status]).toEqual([method, path, 404]);
    }
  });
});

describe('under a base path', () => {
  it('takes the path of APP_URL off, and redirects and links below it', async () => {
    const service = createService({ APP_URL: 'https://example.com/shop/' });
    const visitor = service.visitor('ALB');
    expect((await visitor.send('GET', '/shop/health')).status).toBe(200);
    expect((await visitor.send('GET', '/shop')).status).toBe(200);
    expect((await visitor.send('GET', '/shopping')).status).toBe(404);
    expect((await visitor.form('/shop/session/visits')).headers['location']).toBe('/shop/');
    expect((await visitor.send('GET', '/shop/')).body).toContain('action="/shop/session/visits"');
  });

  it.each([
    [
      'an HTTP API',
      { version: '2.0', rawPath: '/prod/session/visits', requestContext: { stage: 'prod', http: { method: 'POST' } } },
    ],
    [
      'a REST API',
      { httpMethod: 'POST', path: '/session/visits', requestContext: { stage: 'prod', path: '/prod/session/visits' } },
    ],
  ])('finds the stage of %s by itself', async (_name, event) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await createService().invoke({ ...event, headers })).toMatchObject({
      statusCode: 303,
      headers: { Location: '/prod/' },
    });
  });
});

describe('visits', () => {
  it('that arrive at once are all counted, each with a number of its own', async () => {
    const visitor = createService().visitor();
    await visitor.json('PUT', '/session/data/a', 1);
    const answers = await Promise.all(Array.from({ length: 20 }, async () => visitor.json('POST', '/session/visits')));
    const numbers = answers.map(({ body }) => (JSON.parse(body) as { visits: number }).visits);
    expect(new Set(numbers)).toEqual(new Set(Array.from({ length: 20 }, (_item, index) => index + 1)));
  });

  it('start anew where something else stands in their place', async () => {
    const visitor = createService().visitor();
    await visitor.json('PUT', '/session/data/visits', 'many');
    expect((await visitor.json('POST', '/session/visits')).body).toBe('{"visits":1}');
  });
});
