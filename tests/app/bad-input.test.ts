import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, eventOf, SOURCES, type TestRequest } from './events.ts';
import { createService } from './service.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const put = (body: string | Uint8Array, headers: TestRequest['headers'] = JSON_TYPE): TestRequest => ({
  method: 'PUT',
  path: '/session/data/a',
  body,
  headers,
});
const post = (path: string, body: string | Uint8Array, headers: TestRequest['headers'] = JSON_TYPE): TestRequest => ({
  method: 'POST',
  path,
  body,
  headers,
});
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => void process.off('unhandledRejection', note));

const requests: readonly (readonly [name: string, status: number, request: TestRequest])[] = [
  ['no JSON', 400, put('{"a":')],
  ['an empty body', 400, put('')],
  ['two JSON values', 400, put('1 2')],
  ['JSON with a comment', 400, put('1 // one')],
  ['JSON that no parser takes', 400, put('NaN')],
  ['a body of 256 KB and a byte', 413, put(`"${'a'.repeat(256 * 1024 - 1)}"`)],
  ['as much in base64', 413, put(Buffer.from(`"${'a'.repeat(256 * 1024 - 1)}"`))],
  ['a value larger than a session', 413, put(`"${'a'.repeat(200 * 1024)}"`)],
  ['a value nested 200 levels deep', 422, put('['.repeat(200) + ']'.repeat(200))],
  ['a value nested 100,000 levels deep', 422, put('['.repeat(100_000) + ']'.repeat(100_000))],
  ['plain text', 415, put('text', { 'content-type': 'text/plain' })],
  ['XML', 415, put('<a/>', { 'content-type': 'application/xml' })],
  ['a form where JSON is wanted', 415, put('a=b', FORM_TYPE)],
  ['an unknown charset', 415, put('"a"', { 'content-type': 'application/json; charset=utf-16' })],
  ['a media type that only looks like JSON', 415, put('"a"', { 'content-type': 'application/jsonp' })],
  ['bytes that are not UTF-8', 400, put(bytes(0x22, 0xff, 0xfe, 0x22))],
  ['an overlong UTF-8 sequence', 400, put(bytes(0x22, 0xc0, 0xaf, 0x22))],
  ['a lone surrogate outside of JSON', 400, put('"\ud800"')],
  ['a multipart form', 415, post('/login', '--x', { 'content-type': 'multipart/form-data; boundary=x' })],
  ['text to an action without fields', 415, post('/session/visits', 'x', { 'content-type': 'text/plain' })],
  ['text to a removal', 415, { ...put('x', { 'content-type': 'text/plain' }), method: 'DELETE' }],
  ['broken JSON to a removal', 400, { ...put('{'), method: 'DELETE' }],
  ['broken JSON to an action without fields', 400, post('/session/regenerate', '{')],
  ['a user that is missing', 422, post('/login', '{}')],
  ['a user that is a number', 422, post('/login', '{"user":1}')],
  ['a user that is an object', 422, post('/login', '{"user":{"$ne":null}}')],
  ['an empty user', 422, post('/login', 'user=', FORM_TYPE)],
  ['a user of spaces', 422, post('/login', 'user=+++', FORM_TYPE)],
  ['a very long user', 422, post('/login', JSON.stringify({ user: 'a'.repeat(10_000) }))],
  ['a list instead of an object', 422, post('/login', '[]')],
  ['null instead of an object', 422, post('/session/flash', 'null')],
  ['a message that is missing', 422, post('/session/flash', '{"text":"a"}')],
  ['a message that is null', 422, post('/session/flash', '{"message":null}')],
  ['a message with half a character', 422, post('/session/flash', '{"message":"\\ud800"}')],
  ['a form with a bad escape', 400, post('/session/flash', 'message=%zz', FORM_TYPE)],
  ['a form that is not UTF-8', 400, post('/session/flash', 'message=%ff', FORM_TYPE)],
  ['a form with a field twice', 400, post('/session/flash', 'message=a&message=b', FORM_TYPE)],
  ['a key that is missing', 422, post('/session/data', 'value=1', FORM_TYPE)],
  ['an empty key', 422, post('/session/data', 'key=&value=1', FORM_TYPE)],
  ['a value that is missing', 422, post('/session/data', 'key=a', FORM_TYPE)],
  ['a removal without a key', 422, post('/session/data/delete', '', FORM_TYPE)],
  ['a removal with a badly encoded key', 422, post('/session/data/delete', 'encodedKey=%25zz', FORM_TYPE)],
  ['no key in the address', 405, { ...put('1'), path: '/session/data/' }],
  ['an unknown method', 405, { ...put('1'), method: 'BREW' }],
];

describe.each(SOURCES)('by %s', (source) => {
  it.each(requests)('refuses %s with %i, as a problem, and changes nothing', async (_name, status, request) => {
    const service = createService();
    const visitor = service.visitor(source);
    await visitor.json('PUT', '/session/data/kept', 1);
    const before = await visitor.session();
    const answer = await visitor.send(request.method, request.path, request);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ status, title: expect.any(String), code: expect.any(String) });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(service.logged).toEqual([]);
    expect(await visitor.session()).toEqual(before);
  });
});

describe('by sources that hand over the address as it was sent', () => {
  it.each(['%zz', '%', '%ff', '%C0%AF', '%ED%A0%80'])('refuses the key %s with 400', async (key) => {
    const service = createService();
    const answer = await service.visitor('REST API').json('PUT', `/session/data/${key}`, 1);
    expect(answer.status).toBe(400);
    expect(service.calls).toEqual([]);
  });

  it('has no route with more segments', async () => {
    expect((await createService().visitor('ALB').json('PUT', '/session/data/a/b', 1)).status).toBe(404);
  });
});

describe('what is taken', () => {
  it('is 256 KB, where sessions may be as large', async () => {
    const visitor = createService({ SESSION_MAX_BYTES: '409600' }).visitor();
    const answer = await visitor.send('PUT', '/session/data/a', put(`"${'a'.repeat(256 * 1024 - 2)}"`));
    expect(answer.status).toBe(204);
  });

  it.each(['application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"', 'application/merge-patch+json'])(
    'is %s',
    async (type) => {
      const visitor = createService().visitor();
      expect((await visitor.send('PUT', '/session/data/a', put('1', { 'content-type': type }))).status).toBe(204);
    },
  );

  it('is JSON without a media type, in base64', async () => {
    const visitor = createService().visitor();
    expect((await visitor.send('PUT', '/session/data/a', put(Buffer.from('"ü"'), {}))).status).toBe(204);
    expect((await visitor.session()).data).toEqual({ a: 'ü' });
  });
});

const get20 = eventOf('HTTP API', { method: 'GET', path: '/health' });
const get10 = eventOf('REST API', { method: 'GET', path: '/health' });

const events: readonly (readonly [name: string, event: unknown])[] = [
  ['null', null],
  ['nothing', undefined],
  ['a text', 'GET / HTTP/1.1'],
  ['a number', 7],
  ['a list', []],
  ['an empty object', {}],
  ['a queue event', { Records: [{ body: '{}' }] }],
  ['a scheduled event', { version: '0', 'detail-type': 'Scheduled Event', detail: {} }],
  ['2.0 alone', { version: '2.0' }],
  ['2.0 without http', { ...get20, requestContext: {} }],
  ['2.0 with a context of null', { ...get20, requestContext: null }],
  ['2.0 with http of text', { ...get20, requestContext: { http: 'GET' } }],
  ['2.0 without a path', { ...get20, rawPath: undefined, requestContext: { http: { method: 'GET' } } }],
  ['2.0 with a path of null', { ...get20, rawPath: null, requestContext: { http: { method: 'GET', path: null } } }],
  ['2.0 with a path that is a number', { ...get20, rawPath: 7 }],
  ['2.0 with an empty path', { ...get20, rawPath: '' }],
  ['2.0 with a relative path', { ...get20, rawPath: 'health' }],
  ['2.0 with half a character in the path', { ...get20, rawPath: '/\ud800' }],
  ['2.0 with headers of text', { ...get20, headers: 'host: a' }],
  ['2.0 with a list of headers', { ...get20, headers: [['host', 'a']] }],
  ['2.0 with a header that is an object', { ...get20, headers: { host: {} } }],
  ['2.0 with a body that is an object', { ...get20, body: {} }],
  ['2.0 with a body that is no base64', { ...get20, body: '!!!', isBase64Encoded: true }],
  ['2.0 with a truncated base64 body', { ...get20, body: 'YWJ', isBase64Encoded: true }],
  ['1.0 without a method', { ...get10, httpMethod: undefined }],
  ['1.0 with a method of null', { ...get10, httpMethod: null }],
  ['1.0 with an empty method', { ...get10, httpMethod: '' }],
  ['1.0 with a method that is an object', { ...get10, httpMethod: {} }],
  ['1.0 with a method of two words', { ...get10, httpMethod: 'GET /' }],
  ['1.0 without a path', { ...get10, path: undefined }],
  ['1.0 with a path that is a list', { ...get10, path: ['/'] }],
  ['1.0 for all resources', { ...get10, httpMethod: 'OPTIONS', path: '*' }],
  ['1.0 with multi-value headers of text', { ...get10, multiValueHeaders: 'host' }],
  ['1.0 with a header of numbers', { ...get10, multiValueHeaders: { host: [1] } }],
  ['1.0 with a body that is a number', { ...get10, body: 7 }],
  ['a load balancer without a path', { requestContext: { elb: {} }, httpMethod: 'GET' }],
  ['a load balancer without a method', { requestContext: { elb: {} }, path: '/' }],
];

describe('an event that is malformed', () => {
  it.each(events)('is answered with 400: %s', async (_name, event) => {
    const service = createService();
    const answer = answerOf(await service.invoke(event));
    expect(answer.status).toBe(400);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-content-type-options': 'nosniff',
    });
    expect(service.calls).toEqual([]);
    expect(service.logged).toEqual([]);
  });

  it.each([
    ['cookies of text', { cookies: 'a=b' }],
    ['cookies of null', { cookies: null }],
    ['a list of odd cookies', { cookies: [null, 7, {}, '', '=', ';;;', '__Host-session', '__Host-session=%zz'] }],
    ['no headers', { headers: undefined }],
    ['headers of null', { headers: null }],
    ['a header of null', { headers: { cookie: null } }],
    ['no domain', { requestContext: { http: { method: 'GET', path: '/session' } } }],
    ['an odd stage', { requestContext: { stage: 7, http: { method: 'GET', path: '/session' } } }],
  ])('is served where nothing is missing for that: %s', async (_name, rest) => {
    const event = eventOf('function URL', { method: 'GET', path: '/session' });
    const answer = answerOf(await createService().invoke({ ...event, ...rest }));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ isNew: true, data: {}, flash: {} });
  });
});

describe('any event at all', () => {
  const odd = fc.oneof(fc.anything(), fc.constantFrom('', '/', '/session', '2.0', null, {}, []));
  const names = ['version', 'rawPath', 'path', 'headers', 'multiValueHeaders', 'cookies', 'body', 'isBase64Encoded'];
  const valid = fc
    .record({
      source: fc.constantFrom(...SOURCES),
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
      path: fc.constantFrom(
        '/',
        '/session',
        '/session/visits',
        '/login',
        '/logout',
        '/session/data/a',
        '/session/data',
      ),
      headers: fc.dictionary(fc.constantFrom('host', 'cookie', 'content-type', 'x-forwarded-proto'), fc.string()),
      cookies: fc.array(fc.string()),
      body: fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.uint8Array()),
    })
    .map(({ source, ...sent }) => eventOf(source, sent));
  const changes = fc.dictionary(fc.constantFrom(...names, 'requestContext', 'httpMethod'), odd, { maxKeys: 2 });
  const event = fc.tuple(valid, changes).map(([whole, changed]) => ({ ...whole, ...changed }));

  it('is answered, and never with the service’s own failure', async () => {
    const service = createService();
    await fc.assert(
      fc.asyncProperty(fc.oneof({ arbitrary: event, weight: 9 }, odd), async (sent) => {
        const { status } = answerOf(await service.invoke(sent));
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 1_000 },
    );
    expect(service.logged).toEqual([]);
  });
});

describe('after all of this', () => {
  it('no rejection was left unhandled', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});
