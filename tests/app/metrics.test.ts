/** What requests of every kind leave in the log and in the metrics. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { keyOf } from '../../src/session/ids.ts';
import { tries } from '../support/property-tries.ts';
import { type MetricsLine, readMetricsLine } from '../telemetry/embedded-format.ts';
import { createService, type Service, type Visitor } from './service.ts';

const KEY = `base64:${Buffer.alloc(32, 7).toString('base64')}`;

/** The lines since the last time, without what differs from one to the next. */
function taken({ lines }: Service): MetricsLine[] {
  return lines.metrics.splice(0).map((line) => {
    const { FunctionName: _name, requestId: _id, Latency, ColdStart: _cold, ...rest } = readMetricsLine(line);
    expect(Latency).toBeGreaterThanOrEqual(0);
    return rest;
  });
}

/** A service that has answered its first request. */
async function warm(env: Readonly<Record<string, string>> = {}) {
  const service = createService(env);
  const visitor = service.visitor();
  await visitor.send('GET', '/health');
  taken(service);
  return { service, visitor };
}

async function measured(service: Service, request: Promise<unknown>): Promise<MetricsLine[]> {
  await request;
  return taken(service);
}

describe('A request', () => {
  it.each(['/', '/session', '/health'])('of a bot, GET %s, leaves one line and nothing in it', async (path) => {
    const { service, visitor } = await warm();
    expect(await measured(service, visitor.send('GET', path))).toEqual([{ status: 200, StoreRequests: 0 }]);
  });

  it.each<[string, (visitor: Visitor) => Promise<unknown>, object]>([
    ['begins a session', (visitor) => visitor.json('PUT', '/session/data/a', 1), { status: 204, SessionsCreated: 1 }],
  ])('that %s counts it', async (_, act, counted) => {
    const { service, visitor } = await warm();
    expect(await measured(service, act(visitor))).toEqual([{ StoreRequests: 0, ...counted }]);
  });

  it.each<[string, (visitor: Visitor) => Promise<unknown>, object]>([
    ['reads', (visitor) => visitor.send('GET', '/session'), { status: 200, SessionsOpened: 1 }],
    ['changes', (visitor) => visitor.json('PUT', '/session/data/b', 1), { status: 204, SessionsOpened: 1 }],
    [
      'gets a new id',
      (visitor) => visitor.send('POST', '/session/regenerate'),
      { status: 200, SessionsOpened: 1, SessionsRegenerated: 1 },
    ],
    [
      'logs in',
      (visitor) => visitor.json('POST', '/login', { user: 'ada' }),
      { status: 204, SessionsOpened: 1, SessionsRegenerated: 1 },
    ],
    ['ends', (visitor) => visitor.send('DELETE', '/session'), { status: 204, SessionsDestroyed: 1 }],
  ])('that %s counts it, of a session that is there', async (_, act, counted) => {
    const { service, visitor } = await warm();
    await visitor.json('PUT', '/session/data/a', 1);
    taken(service);
    expect(await measured(service, act(visitor))).toEqual([{ StoreRequests: 0, ...counted }]);
  });

  it('counts the other sessions of a user that it ends', async () => {
    const { service, visitor } = await warm();
    for (const each of [visitor, service.visitor(), service.visitor()])
      await each.json('POST', '/login', { user: 'ada' });
    taken(service);
    const [line] = await measured(service, visitor.send('DELETE', '/sessions'));
    expect(line).toMatchObject({ status: 204, SessionsOpened: 1, SessionsDestroyed: 2 });
  });

  it('counts the session that makes room for a login', async () => {
    const { service, visitor } = await warm({ SESSION_MAX_PER_USER: '1' });
    await visitor.json('POST', '/login', { user: 'ada' });
    taken(service);
    const [line] = await measured(service, service.visitor().json('POST', '/login', { user: 'ada' }));
    expect(line).toMatchObject({ status: 204, SessionsCreated: 1, SessionsDestroyed: 1 });
  });

  it('says the code of what it was refused for', async () => {
    const { service, visitor } = await warm();
    expect(await measured(service, visitor.send('GET', '/nothing'))).toEqual([
      { status: 404, code: 'NOT_FOUND', StoreRequests: 0 },
    ]);
  });

  it.each<[string, Error, object]>([
    ['the store', new StoreUnavailableError('Down.'), { status: 503, code: 'SESSION_UNAVAILABLE', Errors: 1 }],
    ['something else', new TypeError('Oh.'), { status: 500, code: 'INTERNAL', Errors: 1 }],
  ])('counts as an error with its code where %s fails', async (_, error, counted) => {
    const { service, visitor } = await warm();
    await visitor.json('PUT', '/session/data/a', 1);
    taken(service);
    service.failWith(error);
    expect(await measured(service, visitor.send('GET', '/session'))).toEqual([{ StoreRequests: 0, ...counted }]);
    expect(service.lines.log).toHaveLength(1);
    expect(JSON.parse(service.lines.log[0] ?? '')).toMatchObject({
      level: 'ERROR',
      message: expect.any(String),
      requestId: 'request-1',
    });
  });

  it('leaves its line also where it is given up', async () => {
    const { service } = await warm();
    service.hang();
    await service.invoke({ version: '2.0', rawPath: '/cached', requestContext: { http: { method: 'GET' } } }, 150);
    expect(taken(service)).toEqual([{ status: 503, code: 'TIMEOUT', StoreRequests: 0, Errors: 1 }]);
  });
});

describe('No line', () => {
  const secret = fc.stringMatching(/^secret[a-z]{8}$/);
  const act = fc.oneof(
    fc
      .constantFrom<readonly [string, string]>(
        ['GET', '/'],
        ['GET', '/session'],
        ['GET', '/cached'],
        ['GET', '/sessions'],
        ['POST', '/session/visits'],
        ['POST', '/session/regenerate'],
        ['DELETE', '/session'],
        ['DELETE', '/sessions'],
        ['POST', '/logout'],
      )
      .map(([method, path]) => ({ method, path, body: undefined })),
    secret.map((text) => ({ method: 'PUT', path: `/session/data/${text}`, body: `"${text}"` })),
    secret.map((text) => ({ method: 'PUT', path: `/session/data/${text}`, body: `{"${text}` })),
    secret.map((text) => ({ method: 'DELETE', path: `/session/data/${text}`, body: undefined })),
    secret.map((text) => ({ method: 'DELETE', path: `/sessions/${text}`, body: undefined })),
    secret.map((text) => ({ method: 'POST', path: '/session/flash', body: `{"message":"${text}"}` })),
    secret.map((text) => ({ method: 'POST', path: '/login', body: `{"user":"${text}"}` })),
    secret.map((text) => ({ method: 'PATCH', path: `/${text}`, body: text })),
  );
  const failure = fc.option(
    secret.chain((text) =>
      fc.constantFrom<Error>(
        new StoreUnavailableError('Down.', { key: `session:${text}`, cause: new Error(text) }),
        new TypeError(text, { cause: new SyntaxError(`at ${text}`) }),
        Object.assign(new Error(`${text}\n    at ${text} (x:1:1)`), { item: text }),
      ),
    ),
    { nil: undefined },
  );

  it('holds a session id, a cookie, a key or a value, whatever is asked and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(act, failure), { minLength: 1, maxLength: 8 }), async (acts) => {
        const service = createService({ APP_KEY: KEY, SESSION_WARN_BYTES: '1' });
        const visitor = service.visitor();
        const known = new Set<string>(['secret', KEY.slice(7)]);
        const remember = () => {
          for (const cookie of visitor.cookies) {
            const [id = '', signature = ''] = cookie.slice(cookie.indexOf('=') + 1).split('.');
            for (const each of [id, signature, keyOf(id)]) if (each !== '') known.add(each);
          }
        };
        for (const [{ method, path, body }, error] of acts) {
          service.failWith(error);
          await visitor.send(method, path, {
            headers: { 'content-type': 'application/json' },
            ...(body !== undefined && { body }),
          });
          remember();
        }
        expect(service.lines.metrics).toHaveLength(acts.length);
        const all = [...service.lines.metrics, ...service.lines.log].join('\n');
        expect([...known].filter((text) => all.includes(text))).toEqual([]);
      }),
      tries(60),
    );
  });
});
