import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { sessionMiddleware, type RequestSession, type SessionMiddlewareOptions } from '../../src/middleware/session.ts';
import { isId, keyOf } from '../../src/session/ids.ts';

type Handler = (session: RequestSession, event: unknown) => unknown;

interface Answer {
  statusCode: number;
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  cookies?: string[];
  body?: string;
}

const context = { getRemainingTimeInMillis: () => 10_000 } as unknown as Context;

/** How each kind of event carries cookies, and how its answer does. */
const KINDS = {
  'an HTTP API': {
    event: (cookies: string[]) => ({
      version: '2.0',
      cookies,
      headers: {},
      requestContext: { http: { method: 'GET', path: '/' } },
    }),
    setCookies: (answer: Answer) => answer.cookies,
    header: (answer: Answer, name: string) => answer.headers?.[name],
  },
  'serverless-offline without cookie validation': {
    event: (cookies: string[]) => ({
      version: '2.0',
      headers: cookies.length > 0 ? { cookie: cookies.join('; ') } : {},
      requestContext: { http: { method: 'GET', path: '/' } },
    }),
    setCookies: (answer: Answer) => answer.cookies,
    header: (answer: Answer, name: string) => answer.headers?.[name],
  },
  'a REST API': {
    event: (cookies: string[]) => ({
      httpMethod: 'GET',
      path: '/',
      headers: { Cookie: cookies.at(-1) },
      multiValueHeaders: { Cookie: cookies },
      requestContext: { stage: 'dev' },
    }),
    setCookies: (answer: Answer) => answer.multiValueHeaders?.['Set-Cookie'],
    header: (answer: Answer, name: string) => answer.headers?.[name],
  },
  'a load balancer': {
    event: (cookies: string[]) => ({
      httpMethod: 'GET',
      path: '/',
      headers: { cookie: cookies.join('; ') },
      requestContext: { elb: {} },
    }),
    setCookies: (answer: Answer) =>
      answer.headers?.['Set-Cookie'] === undefined ? undefined : [answer.headers['Set-Cookie']],
    header: (answer: Answer, name: string) => answer.headers?.[name],
  },
  'a load balancer with multi-value headers': {
    event: (cookies: string[]) => ({
      httpMethod: 'GET',
      path: '/',
      multiValueHeaders: { cookie: cookies },
      requestContext: { elb: {} },
    }),
    setCookies: (answer: Answer) => answer.multiValueHeaders?.['Set-Cookie'],
    header: (answer: Answer, name: string) => answer.multiValueHeaders?.[name]?.join(),
  },
} as const;

function service(handler: Handler, options: SessionMiddlewareOptions = {}) {
  const store = options.store ?? new MemoryStore();
  const lambda = middy<unknown, unknown>()
    .use(sessionMiddleware({ store, ...options }))
    .onError((request) => {
      const { statusCode = 500 } = request.error as { statusCode?: number };
      request.response = { statusCode, headers: {} };
    })
    .handler((event, { session }) => handler(session, event) as Promise<unknown>);
  return {
    store,
    records: store.namespace('session'),
    send: async (event: unknown) => (await lambda(event, context as never)) as Answer,
  };
}

const pair = (setCookie: string | undefined) => (setCookie ?? '').split(';')[0] ?? '';
const idOf = (setCookie: string | undefined) => pair(setCookie).split('=')[1] ?? '';

/** Counts visits and answers the count. */
const counting: Handler = async (requestSession) => {
  const session = await requestSession.open();
  session.update('visits', (visits) => Number(visits ?? 0) + 1);
  await session.save();
  return { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: String(session.get('visits')) };
};

describe.each(Object.entries(KINDS))('Behind %s, the session middleware', (_name, { event, setCookies, header }) => {
  it('keeps a session over requests with one cookie, set once', async () => {
    const { send } = service(counting);
    const first = await send(event([]));
    const [cookie, ...others] = setCookies(first) ?? [];
    expect(others).toEqual([]);
    expect(cookie).toContain('HttpOnly');
    expect(isId(idOf(cookie))).toBe(true);
    const second = await send(event(['other=1', pair(cookie), 'more=2']));
    expect([first.body, second.body]).toEqual(['1', '2']);
    expect(setCookies(second)).toBeUndefined();
  });

  it('keeps what answers to a session out of caches', async () => {
    const { send } = service(counting);
    const answer = await send(event([]));
    expect(header(answer, 'Vary')).toBe('Cookie');
    expect(header(answer, 'Cache-Control')).toBe('no-store');
    expect(header(answer, 'content-type')).toBe('text/plain');
  });

  it('expires the cookie of a session that was destroyed', async () => {
    const { send, records } = service(counting);
    const cookie = setCookies(await send(event([])))?.[0];
    const ending = service((session) => session.destroy().then(() => ({ statusCode: 204 })), { store: records });
    expect(setCookies(await ending.send(event([pair(cookie)])))?.[0]).toMatch(/^__Host-session=; .*Max-Age=0/);
    expect(setCookies(await ending.send(event([])))).toBeUndefined();
  });
});

const { event, setCookies } = KINDS['an HTTP API'];

/** A service with a session that is in the store, and its cookie. */
async function begun(handler: Handler, options: SessionMiddlewareOptions = {}) {
  const store = options.store ?? new MemoryStore();
  const cookie = setCookies(await service(counting, { ...options, store }).send(event([])))?.[0];
  const id = idOf(cookie);
  return { ...service(handler, { ...options, store }), cookie: pair(cookie), id };
}

describe('The session middleware', () => {
  it('touches neither store nor answer where the session is not asked for', async () => {
    const store = new MemoryStore();
    store.namespace = () => new Proxy(store, { get: () => () => Promise.reject(new Error('touched')) });
    const { send } = service(() => ({ statusCode: 200, body: 'x' }), { store });
    expect(await send(event(['__Host-session=whatever']))).toEqual({ statusCode: 200, body: 'x' });
  });

  it('sets no cookie and stores nothing for a visitor who only looks', async () => {
    const { send, records } = service(async (session) => ({ statusCode: 200, body: (await session.open()).handle }));
    const answer = await send(event([]));
    expect(answer.cookies).toBeUndefined();
    expect(await records.get(answer.body ?? '')).toBeUndefined();
  });

  it('leaves a response of its own alone but for its cookie, whatever the handler answers', async () => {
    for (const answer of [undefined, 'text', { some: 'object' }, ['list']]) {
      const { send } = service(async (session) => {
        (await session.open()).set('a', 1);
        return answer;
      });
      const sent = await send(event([]));
      expect(sent.statusCode).toBe(200);
      expect(sent.cookies).toHaveLength(1);
      expect(sent.body).toBe(answer === undefined ? '' : typeof answer === 'string' ? answer : JSON.stringify(answer));
    }
  });

  it('keeps cookies and caching of the handler, unless they would share what is private', async () => {
    const cacheControl = async (value: string) => {
      const { send } = service(async (session) => {
        (await session.open()).set('a', 1);
        return { statusCode: 200, headers: { 'cache-control': value, vary: 'Accept' }, cookies: ['own=1'] };
      });
      return send(event([]));
    };
    const kept = await cacheControl('private, max-age=60');
    expect(kept.headers).toEqual({ 'cache-control': 'private, max-age=60', vary: 'Accept, Cookie' });
    expect(kept.cookies).toHaveLength(2);
    expect((await cacheControl('public, max-age=60')).headers?.['cache-control']).toBe('no-store');
  });

  it('writes nothing when the handler throws', async () => {
    const { send, records, cookie, id } = await begun(async (session) => {
      (await session.open()).set('lost', true);
      throw new Error('failed');
    });
    const before = await records.get(keyOf(id));
    expect(await send(event([cookie]))).toEqual({ statusCode: 500, headers: expect.anything() });
    expect(await records.get(keyOf(id))).toEqual(before);
  });

  it('does not destroy a session whose handler throws', async () => {
    const { send, records, cookie, id } = await begun(async (session) => {
      (await session.open()).destroy();
      throw new Error('failed');
    });
    expect((await send(event([cookie]))).cookies).toBeUndefined();
    expect(await records.get(keyOf(id))).toBeDefined();
  });

  it('still sends the cookie of a save before the handler threw', async () => {
    const { send, records } = service(async (requestSession) => {
      const session = await requestSession.open();
      session.set('kept', true);
      await session.save();
      session.set('lost', true);
      throw new Error('failed');
    });
    const answer = await send(event([]));
    expect(answer.statusCode).toBe(500);
    const record = await records.get(keyOf(idOf(answer.cookies?.[0])));
    expect(record?.value).toContain('"kept":true');
    expect(record?.value).not.toContain('lost');
  });

  it('sends one cookie, the last id, when a session is regenerated and saved more than once', async () => {
    const { send, records, cookie, id } = await begun(async (requestSession) => {
      const session = await requestSession.open();
      for (let round = 0; round < 3; round++) {
        session.regenerate();
        await session.save();
      }
      return { statusCode: 200, body: session.handle };
    });
    const answer = await send(event([cookie]));
    expect(answer.cookies).toHaveLength(1);
    expect(keyOf(idOf(answer.cookies?.[0])).slice(0, 12)).toBe(answer.body);
    expect((await records.get(keyOf(id)))?.value).toContain('"superseded"');
    expect((await records.get(keyOf(idOf(answer.cookies?.[0]))))?.value).not.toContain('"superseded"');
  });

  it('opens once however often it is asked, and commits saves one after the other', async () => {
    const { send, records, cookie, id } = await begun(async (requestSession) => {
      const [session, same] = await Promise.all([requestSession.open(), requestSession.open()]);
      expect(same).toBe(session);
      session.update('visits', (visits) => Number(visits) + 1);
      await Promise.all([session.save(), session.save(), session.save()]);
      return { statusCode: 204 };
    });
    await send(event([cookie]));
    expect((await records.get(keyOf(id)))?.value).toContain('"visits":2');
  });

  it('answers 503 where the handler did not wait for a session that can not be opened', async () => {
    const store = new MemoryStore();
    store.namespace = () =>
      Object.assign(new MemoryStore(), { get: () => Promise.reject(new StoreUnavailableError('down')) });
    const handler: Handler = (requestSession) => {
      void requestSession.open();
      return { statusCode: 204 };
    };
    const answer = await service(handler, { store }).send(event([`__Host-session=${'A'.repeat(43)}`]));
    expect(answer.statusCode).toBe(503);
  });

  it('begins a new session after a logout without reading', async () => {
    const { send, records, cookie, id } = await begun(async (requestSession) => {
      await requestSession.destroy();
      const session = await requestSession.open();
      expect(session.isNew).toBe(true);
      session.flash('notice', 'You are logged out');
      return { statusCode: 204 };
    });
    const answer = await send(event([cookie]));
    expect(await records.get(keyOf(id))).toBeUndefined();
    expect(answer.cookies).toHaveLength(1);
    expect((await records.get(keyOf(idOf(answer.cookies?.[0]))))?.value).toContain('You are logged out');
  });

  it.each(['get', 'set', 'delete'] as const)('answers 503 and no cookie when the store fails at %s', async (method) => {
    const store = new MemoryStore();
    const handler: Handler = async (requestSession) => {
      if (method === 'delete') await requestSession.destroy();
      else (await requestSession.open()).set('a', 1);
      return { statusCode: 204 };
    };
    const { cookie } = await begun(handler, { store });
    const records = store.namespace('session');
    store.namespace = () =>
      new Proxy(records, {
        get: (target, name) =>
          name === method
            ? () => Promise.reject(new StoreUnavailableError('down'))
            : (Reflect.get(target, name) as () => unknown).bind(target),
      });
    const answer = await service(handler, { store }).send(event([cookie]));
    expect(answer.statusCode).toBe(503);
    expect(answer.cookies).toBeUndefined();
  });

  it('gives up in time to answer when the store hangs', async () => {
    const store = new MemoryStore();
    store.namespace = () => new Proxy(store, { get: () => () => new Promise(() => {}) });
    const lambda = middy<unknown, unknown>()
      .use(sessionMiddleware({ store }))
      .handler((_event, { session }) => session.open());
    const hurried = { getRemainingTimeInMillis: () => 300 } as unknown as Context;
    const cookie = `__Host-session=${'A'.repeat(43)}`;
    await expect(lambda(event([cookie]), hurried as never)).rejects.toMatchObject({ statusCode: 503 });
  });

  it.each([
    undefined,
    null,
    0,
    'text',
    [],
    {},
    { headers: 5 },
    { cookies: [1, null, {}], version: '2.0' },
    { headers: { cookie: 5 } },
  ])('takes the malformed event %j for a visitor without a session', async (malformed) => {
    const { send } = service(async (session) => ({ statusCode: 200, body: String((await session.open()).isNew) }));
    expect((await send(malformed)).body).toBe('true');
  });

  it.each([
    [{}, 'Max-Age=2592000'],
    [{ absoluteLifetime: 3600 }, 'Max-Age=3600'],
    [{ absoluteLifetime: 0 }, 'Max-Age=34560000'],
    [{ expireOnClose: true }, undefined],
  ])('with %j makes a cookie with %s', async (options, maxAge) => {
    const { send } = service(counting, options);
    const [cookie = ''] = (await send(event([]))).cookies ?? [];
    if (maxAge === undefined) expect(cookie).not.toContain('Max-Age');
    else expect(cookie).toContain(maxAge);
  });
});
