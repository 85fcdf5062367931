import withMiddlewares, { type MiddlewareObj } from '@middy/core';
import type { Cache } from '../cache/cache.ts';
import type { RecordCounter } from '../cache/counter.ts';
import type { EpochMillis } from '../cache/store.ts';
import type { Config } from '../config.ts';
import { crossOrigin } from '../middleware/cross-origin.ts';
import { httpEvents, type RequestContext } from '../middleware/http-events.ts';
import { type Log, problems } from '../middleware/problems.ts';
import { securityHeaders } from '../middleware/security-headers.ts';
import type { SessionContext } from '../middleware/session.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { createRouter } from './router.ts';
import type { CachedValues, Call, Flash, SessionData } from './call.ts';
import { routesOf } from './routes.ts';

export interface AppOptions {
  readonly config: Pick<
    Config,
    'demo' | 'appUrl' | 'allowedOrigins' | 'cspReportUrl' | 'sessionDriver' | 'cacheDriver'
  >;
  /** `sessionMiddleware(...)` */
  readonly session: MiddlewareObj<unknown, unknown, Error, SessionContext<SessionData, Flash>>;
  readonly cache: Cache<CachedValues>;
  /** Of sessions: `createCounter(...)` */
  readonly counter: RecordCounter;
  /** @default Date.now */
  readonly now?: () => EpochMillis;
  /** @default no metrics, and one line of JSON on standard error for each entry of the log */
  readonly telemetry?: Telemetry;
  /** @default the one of `telemetry` */
  readonly log?: Log;
}

/** Answered before Lambda would end the function without an answer. */
const MARGIN_MS = 100;

/**
 * The service as a Lambda handler.
 *
 * @example
 * export const handler = createApp({ config, session: sessionMiddleware({ ...config.session, store }), cache, counter });
 */
export function createApp({
  config,
  session,
  cache,
  counter,
  now = Date.now,
  telemetry = createTelemetry(),
  log = telemetry.log,
}: AppOptions) {
  const route = createRouter<Call>(routesOf(config));
  const shared = {
    cache,
    counter,
    now,
    demo: config.demo,
    drivers: { session: config.sessionDriver, cache: config.cacheDriver },
  };

  // Events come in from the first to the last, answers and errors go out from the last to the first.
  const app = withMiddlewares<unknown, unknown, Error, AppContext>({ timeoutEarlyInMillis: MARGIN_MS })
    .use(httpEvents(config))
    .use(securityHeaders(config))
    .use(crossOrigin(config))
    .use(session)
    .use(problems({ log, onProblem: (code) => telemetry.add({}, { code }) }))
    .handler(async (_event: unknown, context: AppContext) =>
      route(context.request, { ...shared, session: context.session, sessions: context.sessions }),
    );
  return telemetry.observe(async (event: unknown, context: AppContext): Promise<unknown> => app(event, context));
}

type AppContext = RequestContext & SessionContext<SessionData, Flash>;
