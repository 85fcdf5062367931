import withMiddlewares from '@middy/core';
import { describe, expect, it } from 'vitest';
import {
  AmbiguousWriteError,
  BatchIncompleteError,
  EntryTooLargeError,
  StoreUnavailableError,
} from '../../src/cache/errors.ts';
import { describeError, problems } from '../../src/middleware/problems.ts';
import {
  SessionConflictError,
  SessionGoneError,
  SessionTooLargeError,
  SessionUnavailableError,
} from '../../src/session/errors.ts';
import { answerOf, eventOf, SOURCES, type TestRequest } from '../app/events.ts';
import { createService } from '../app/service.ts';

const HEADERS = {
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'content-security-policy':
    /default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^same-origin$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'cache-control': /^no-store$/,
};

describe.each(SOURCES)('by %s', (source) => {
  it.each<{ status: number; method: string; path: string; failure?: Error } & Omit<TestRequest, 'method' | 'path'>>([
    { status: 200, method: 'GET', path: '/' },
    { status: 200, method: 'GET', path: '/session' },
    { status: 200, method: 'GET', path: '/health' },
    { status: 204, method: 'OPTIONS', path: '/' },
    { status: 204, method: 'PUT', path: '/session/data/a', body: '1' },
    { status: 303, method: 'POST', path: '/logout', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { status: 400, method: 'PUT', path: '/session/data/a', body: '{' },
    { status: 403, method: 'POST', path: '/session/visits', headers: { origin: 'null' } },
    { status: 404, method: 'GET', path: '/nowhere' },
    { status: 405, method: 'PUT', path: '/' },
    { status: 413, method: 'PUT', path: '/session/data/a', body: '1'.repeat(300_000) },
    { status: 415, method: 'PUT', path: '/session/data/a', body: '1', headers: { 'content-type': 'text/plain' } },
    { status: 422, method: 'POST', path: '/login', body: '{}' },
    { status: 500, method: 'POST', path: '/session/visits', failure: new Error('secret') },
    { status: 503, method: 'POST', path: '/session/visits', failure: new StoreUnavailableError('The store is down.') },
  ])('an answer of $status to $method $path has the security headers', async (request) => {
    const { status, method, path, failure } = request;
    const service = createService();
    service.failWith(failure);
    const answer = await service.visitor(source).send(method, path, request);
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(HEADERS))
      expect([name, answer.headers[name]]).toEqual([name, expect.stringMatching(value)]);
    expect(answer.headers['content-security-policy']).not.toContain('unsafe');
  });
});

describe('a store that fails', () => {
  it.each([
    ['STORE_UNAVAILABLE', new StoreUnavailableError('Down.', { key: 'secret-key' })],
    ['AMBIGUOUS_WRITE', new AmbiguousWriteError('Lost.', 'secret-key')],
    ['BATCH_INCOMPLETE', new BatchIncompleteError(['secret-key'])],
  ])('is 503 with Retry-After: %s', async (_code, error) => {
    const service = createService();
    const visitor = service.visitor();
    await visitor.json('PUT', '/session/data/a', 1);
    const cookies = visitor.cookies;
    service.failWith(error);
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/session'],
      ['POST', '/session/visits'],
      ['POST', '/logout'],
    ] as const) {
      const answer = await visitor.send(method, path);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(JSON.parse(answer.body)).toMatchObject({ status: 503, title: 'Service Unavailable' });
      expect(answer.setCookies).toEqual([]);
    }
    expect(service.logged).toHaveLength(4);
    expect(JSON.stringify(service.logged)).not.toContain('secret-key');
    service.failWith(undefined);
    expect(visitor.cookies).toEqual(cookies);
    expect(await visitor.session()).toMatchObject({ isNew: false, data: { a: 1 } });
  });

  it('does not take /cached down', async () => {
    const service = createService();
    service.failWith(new StoreUnavailableError('Down.'));
    expect((await service.visitor().send('GET', '/cached')).status).toBe(200);
  });

  it('is 413 for what it can’t hold', async () => {
    const service = createService();
    service.failWith(new EntryTooLargeError('secret-key', 500_000, 409_600));
    const answer = await service.visitor().json('PUT', '/session/data/a', 1);
    expect(answer.status).toBe(413);
    expect(answer.body).not.toContain('secret-key');
  });
});

describe('an error of the session', () => {
  it.each([
    [409, new SessionConflictError()],
    [409, new SessionGoneError()],
    [413, new SessionTooLargeError(200_000, 102_400)],
    [503, new SessionUnavailableError()],
  ])('is answered with its own status, %i, and code', async (status, error) => {
    const handler = withMiddlewares()
      .use(problems({ log: () => {} }))
      .handler(() => {
        throw error;
      });
    const answer = answerOf(await handler({}, {} as never));
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code: error.code, detail: expect.any(String) });
    expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  });

  it('is 409 for a change to a session that ended meanwhile, and gives no cookie', async () => {
    const service = createService();
    const visitor = service.visitor();
    await visitor.json('PUT', '/session/data/a', 1);
    const cookies = visitor.cookies;
    const [change] = await Promise.all([visitor.json('PUT', '/session/data/b', 2), visitor.json('POST', '/logout')]);
    expect(change.status).toBe(409);
    expect(change.setCookies).toEqual([]);
    const after = await visitor.send('GET', '/session', { cookies });
    expect(JSON.parse(after.body)).toMatchObject({ isNew: true, data: {} });
  });
});

describe('a function whose time runs out', () => {
  it('answers 503 with Retry-After before Lambda ends it', async () => {
    const service = createService();
    service.hang();
    const event = eventOf('HTTP API', { method: 'GET', path: '/cached' });
    const answer = answerOf(await service.invoke(event, 150));
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'TIMEOUT' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('an error that nobody expected', () => {
  it('is 500 without details, and one line in the log without values', async () => {
    const service = createService();
    const visitor = service.visitor();
    await visitor.json('PUT', '/session/data/a', 'secret-value');
    service.failWith(new TypeError('can’t read secret-value', { cause: new Error('secret-value') }));
    const answer = await visitor.json('PUT', '/session/data/secret-key', 'secret-value');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toEqual({ title: 'Internal Server Error', status: 500 });
    expect(service.logged).toHaveLength(1);
    expect(JSON.stringify(service.logged)).not.toMatch(/secret|__Host-/);
  });

  it('is described by its name, its code and where it came from', () => {
    const error = Object.assign(new RangeError('quotes\n    at secret.ts:1:1 input'), { code: 'ERR_X' });
    const described = describeError(error);
    expect(described).toMatchObject({ error: 'RangeError', code: 'ERR_X' });
    expect(described['stack']).toEqual(
      expect.arrayContaining([expect.stringMatching(/problems\.test\.ts:\d+:\d+\)?$/)]),
    );
    expect(JSON.stringify(described)).not.toContain('quotes');
    const posing = new Error('quotes\n    at secret (file.ts:1:1)');
    expect(JSON.stringify(describeError(posing))).not.toContain('secret');
    expect(describeError('a thrown text')).toEqual({ error: 'string' });
  });
});
