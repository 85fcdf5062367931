import type middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { CacheStore, EpochMillis, Seconds } from '../cache/store.ts';
import { createStore } from '../cache/create.ts';
import { loadConfig } from '../config.ts';
import { InvalidArgumentError } from '../errors.ts';
import { SessionCookie, type CookieOptions } from '../session/cookie.ts';
import { SessionUnavailableError } from '../session/errors.ts';
import type { SessionEvent } from '../session/events.ts';
import { isId } from '../session/ids.ts';
import { DEFAULT_ABSOLUTE_LIFETIME, SessionStore } from '../session/store.ts';
import { RequestSession } from './request-session.ts';
import { cookieHeaderOf } from './session-event.ts';
import { decorate } from './session-response.ts';

export interface SessionMiddlewareOptions {
  /** Where sessions live, in its namespace `session`. @default the one of the environment's configuration */
  readonly store?: CacheStore;
  /** A session ends when no request came for this long. @default 7200 */
  readonly lifetime?: Seconds;
  /** A session ends this long after its creation; 0: never, and browsers keep the cookie for 400 days. @default 2592000 */
  readonly absoluteLifetime?: Seconds;
  /** A cookie that ends with the browser. @default false */
  readonly expireOnClose?: boolean;
  /** A session's data may take this many bytes, as JSON. @default 102400 */
  readonly maxBytes?: number;
  readonly cookie?: CookieOptions;
  /** Lock the session from its opening to the end of the request, so that requests of one session take turns. @default false */
  readonly locking?: boolean;
  /** Seconds a request waits for the lock, and holds it at the most. @default 10 */
  readonly lockWait?: Seconds;
  readonly lockLease?: Seconds;
  /** Milliseconds between looks at a lock that is held: of the first in line, and of the others. @default 10 and 50 */
  readonly lockRetryMin?: number;
  readonly lockRetryMax?: number;
  /** Seconds that an id which was replaced still answers requests on their way, read-only; 0: none. @default 5 */
  readonly regenerateGrace?: Seconds;
  /** Sessions that a user may have at once; 0: any number, up to 1,000. @default 0 */
  readonly maxPerUser?: number;
  /** What a login does where there are that many. @default 'end-oldest' */
  readonly whenFull?: 'end-oldest' | 'refuse';
  /** `true`: session data is encrypted. `migrate`: so are clear records, at their next write. Needs a key. @default false */
  readonly encrypt?: boolean | 'migrate';
  /** 32 bytes each: the first signs cookies and encrypts, all verify and decrypt. @default cookies are not signed */
  readonly keys?: readonly Uint8Array[];
  /** `false`: a session is read for half the price, and may be up to a second old. @default true */
  readonly consistentRead?: boolean;
  /** @default Date.now */
  readonly clock?: () => EpochMillis;
  /** Called for what metrics count, in the course of the request it belongs to. */
  readonly onEvent?: (event: SessionEvent) => void;
}

export type { RequestSession };

/** What the middleware adds to the context. */
export interface SessionContext<Data extends object, Flash extends object> extends Context {
  session: RequestSession<Data, Flash>;
  /** Every session of a user: `context.sessions.of(userId).endOthers()`. */
  sessions: Pick<RequestSession<Data, Flash>, 'of'>;
}

/** Browsers keep no cookie longer. @see https://www.rfc-editor.org/rfc/rfc6265bis (5.5, step 3) */
const LONGEST_COOKIE: Seconds = 400 * 24 * 60 * 60;

/**
 * Offers the visitor's session as `context.session`, and those of a user as `context.sessions.of(userId)`, and commits it after the handler, before the response leaves. Works
 * for API Gateway's payloads 1.0 and 2.0, load balancers and function URLs. A request that never opens its session costs
 * nothing.
 *
 * Attach the middleware that turns errors into responses after this one, so that it has answered when this one adds its
 * cookie.
 *
 * Without options, the environment's configuration decides.
 *
 * @example
 * middy()
 *   .use(sessionMiddleware<{ visits: number }>({ store }))
 *   .handler(async (event, context) => {
 *     const session = await context.session.open();
 *     session.update('visits', (n = 0) => n + 1);
 *     return { statusCode: 204 };
 *   });
 */
export function sessionMiddleware<Data extends object = Record<string, unknown>, Flash extends object = object>(
  given: SessionMiddlewareOptions = {},
): middy.MiddlewareObj<unknown, unknown, Error, SessionContext<Data, Flash>> {
  const { store, ...options } = { ...(given.store === undefined && optionsOfEnvironment()), ...given };
  const { absoluteLifetime = DEFAULT_ABSOLUTE_LIFETIME, expireOnClose = false } = options;
  if (store === undefined) throw new InvalidArgumentError('The session middleware needs a store.');
  const sessions = new SessionStore({ ...options, store });
  const cookie = new SessionCookie({
    ...options.cookie,
    isId,
    ...(options.keys && { keys: options.keys }),
    ...(!expireOnClose && { maxAge: Math.min(absoluteLifetime || LONGEST_COOKIE, LONGEST_COOKIE) }),
  });
  const requests = new WeakMap<object, RequestSession<Data, Flash>>();

  return {
    before: (request) => {
      const session = new RequestSession<Data, Flash>(
        sessions,
        cookie,
        cookieHeaderOf(request.event),
        request.context,
        options.locking === true,
      );
      requests.set(request, session);
      request.context.session = session;
      request.context.sessions = session;
    },
    after: async (request) => {
      const session = requests.get(request);
      if (session === undefined || !session.isUsed) return;
      await session.commit({ isLast: true });
      request.response = decorate(request.event, request.response, session.cookies);
    },
    onError: async (request) => {
      const session = requests.get(request);
      if (session === undefined || !session.isUsed) return;
      // A store that does not answer would only be waited for once more: the lease ends by itself.
      if (!(request.error instanceof SessionUnavailableError)) await session.release();
      if (request.response === undefined) return;
      request.response = decorate(request.event, request.response, session.cookies);
    },
  };
}

function optionsOfEnvironment(): SessionMiddlewareOptions {
  const { session, sessionDriver, cachePrefix, dynamodb } = loadConfig();
  const store = createStore({ driver: sessionDriver, prefix: cachePrefix, dynamodb });
  return { ...session, store, consistentRead: dynamodb.consistentRead };
}
