/** Requests to a service on any store, each with a handler of its own. */
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { CacheStore } from '../../src/cache/store.ts';
import { type RequestSession, sessionMiddleware } from '../../src/middleware/session.ts';
import { keyOf } from '../../src/session/ids.ts';
import type { Session } from '../../src/session/session.ts';
import { cookieOf, idOf } from './service.ts';

type AnySession = Session<Record<string, unknown>, Record<string, unknown>>;
type AnyRequestSession = RequestSession<Record<string, unknown>, Record<string, unknown>>;

interface Reply {
  readonly status: number;
  readonly setCookies: readonly string[];
  readonly body: unknown;
}

/** What a request does with its session; what it answers is the body. */
export type Work = (session: AnySession, request: AnyRequestSession) => unknown;

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

export function requests(store: CacheStore) {
  const lambda = middy<{ work: Work; cookies: string[] }, { statusCode: number; cookies?: string[]; body?: unknown }>()
    .use(sessionMiddleware<Record<string, unknown>, Record<string, unknown>>({ store }))
    .onError(async (call) => {
      const { statusCode = 500 } = call.error as { statusCode?: number };
      call.response = { statusCode };
    })
    .handler(async ({ work }, { session }) => ({ statusCode: 200, body: await work(await session.open(), session) }));

  const send = async (cookie: string | undefined, work: Work): Promise<Reply> => {
    const event = {
      version: '2.0',
      requestContext: { http: { method: 'GET', path: '/' } },
      headers: {},
      cookies: cookie === undefined ? [] : [cookie],
      work,
    };
    const { statusCode, cookies = [], body } = await lambda(event, context as never);
    return { status: statusCode, setCookies: cookies, body };
  };

  const begin = async (data: Readonly<Record<string, unknown>> = { a: 1 }): Promise<string> =>
    cookieOf(
      await send(undefined, (session) => {
        for (const [key, value] of Object.entries(data)) session.set(key, value);
      }),
    );

  /** A request that has opened its session and read what `look` reads, and does `work` when it is let go. */
  const slow = async (cookie: string, look: Work, work: Work) => {
    const looked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const reply = send(cookie, async (session, request) => {
      await look(session, request);
      looked.resolve();
      await gate.promise;
      return work(session, request);
    });
    await looked.promise;
    return () => {
      gate.resolve();
      return reply;
    };
  };

  const dataOf = async (cookie: string) => (await send(cookie, (session) => session.data())).body;
  const recordOf = (cookie: string) => store.namespace('session').get(keyOf(idOf(cookie)), { consistent: true });
  return { send, begin, slow, dataOf, recordOf };
}
