import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { sessionMiddleware, type RequestSession, type SessionMiddlewareOptions } from '../../src/middleware/session.ts';
import { keyOf } from '../../src/session/ids.ts';
import { SessionStore } from '../../src/session/store.ts';

type Handler = (session: RequestSession) => unknown;

const contextOf = () => ({ getRemainingTimeInMillis: () => 10_000 }) as unknown as Context;

/** Routes on one store, locked unless they say otherwise. */
async function routes(data: Readonly<Record<string, unknown>> = { n: 0 }) {
  const store = new MemoryStore();
  const sessions = new SessionStore({ store });
  const draft = await sessions.open(undefined);
  for (const [name, value] of Object.entries(data)) draft.set(name, value);
  await sessions.commit(draft);
  const route = (handler: Handler, options: SessionMiddlewareOptions = {}) => {
    const lambda = middy<unknown, unknown>()
      .use(sessionMiddleware({ store, locking: true, lockRetryMin: 1, lockRetryMax: 10, ...options }))
      .onError((request) => {
        const { statusCode = 500, headers = {} } = request.error as { statusCode?: number; headers?: object };
        request.response = { statusCode, headers };
      })
      .handler((_event, { session }) => handler(session) as Promise<unknown>);
    return async (id = draft.id) => {
      const event = { version: '2.0', cookies: [`__Host-session=${id}`], headers: {} };
      return (await lambda(event, contextOf() as never)) as { statusCode: number; headers: Record<string, string> };
    };
  };
  const record = () => store.namespace('session').get(keyOf(draft.id));
  return { route, record, store };
}

const OK = { statusCode: 204 };

const counting: Handler = async (request) => {
  (await request.open()).update('n', (n) => Number(n) + 1);
  return OK;
};

/** A handler that has opened its session and waits to be let go. */
function held(work: Handler = counting) {
  const opened = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const handler: Handler = async (request) => {
    await request.open();
    opened.resolve();
    await gate.promise;
    return work(request);
  };
  return { handler, opened: opened.promise, letGo: () => gate.resolve() };
}

const reading: Handler = async (request) => {
  const session = await request.open();
  return { statusCode: 200, body: String(session.get('n')) };
};

describe('A route with locking', () => {
  it('holds the lock while its handler works, and no longer', async () => {
    const { route, record } = await routes();
    const { handler, opened, letGo } = held();
    const reply = route(handler)();
    await opened;
    expect(await record()).toHaveProperty('leaseEndsAt');
    letGo();
    expect(await reply).toMatchObject({ statusCode: 204 });
    expect(await record()).not.toHaveProperty('leaseEndsAt');
  });

  it('makes read, think and write safe', async () => {
    const { route } = await routes();
    const visit = route(async (request) => {
      const session = await request.open();
      const n = Number(session.get('n'));
      await new Promise((resolve) => setImmediate(resolve));
      session.set('n', n + 1);
      return OK;
    });
    const replies = await Promise.all(Array.from({ length: 8 }, () => visit()));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 8 }, () => 204));
    expect(await route(reading)()).toMatchObject({ body: '8' });
  });

  it('releases when its handler throws, and writes nothing', async () => {
    const { route, record } = await routes();
    const before = await record();
    const reply = await route(async (request) => {
      (await request.open()).set('n', 1);
      throw new Error('The handler failed.');
    })();
    expect(reply.statusCode).toBe(500);
    expect(await record()).toEqual(before);
  });

  it('releases when its handler throws without having waited for the session', async () => {
    const { route, record } = await routes();
    const reply = await route((request) => {
      void request.open();
      throw new Error('The handler failed.');
    })();
    expect(reply.statusCode).toBe(500);
    expect(await record()).not.toHaveProperty('leaseEndsAt');
  });

  it('releases when its commit is refused', async () => {
    const { route, record } = await routes();
    const reply = await route(async (request) => {
      (await request.open()).set('n', 'x'.repeat(200_000));
      return OK;
    })();
    expect(reply.statusCode).toBe(413);
    expect(await record()).not.toHaveProperty('leaseEndsAt');
  });

  it('locks nothing for a request that does not open its session', async () => {
    const { route, record } = await routes();
    const before = await record();
    expect(await route(() => OK)()).toMatchObject({ statusCode: 204 });
    expect(await record()).toEqual(before);
  });

  it('answers 503 with Retry-After when the wait is over', async () => {
    const { route } = await routes();
    const { handler, opened, letGo } = held();
    const reply = route(handler)();
    await opened;
    const late = await route(counting, { lockWait: 0.03 })();
    expect(late).toMatchObject({ statusCode: 503, headers: { 'Retry-After': '1' } });
    expect(late).not.toHaveProperty('cookies');
    letGo();
    expect(await reply).toMatchObject({ statusCode: 204 });
  });

  it('holds up no route without, and both their changes count', async () => {
    const { route, record } = await routes();
    const { handler, opened, letGo } = held();
    const reply = route(handler)();
    await opened;
    const free = route(counting, { locking: false });
    expect(await free()).toMatchObject({ statusCode: 204 });
    expect(await record()).toHaveProperty('leaseEndsAt');
    letGo();
    expect(await reply).toMatchObject({ statusCode: 204 });
    expect(await route(reading, { locking: false })()).toMatchObject({ body: '2' });
    expect(await record()).not.toHaveProperty('leaseEndsAt');
  });
});
