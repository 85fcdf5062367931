import { createApp } from '../app/app.ts';
import type { CachedValues, Flash, SessionData } from '../app/call.ts';
import { Cache } from '../cache/cache.ts';
import { createCounter, createStore } from '../cache/create.ts';
import { loadConfig } from '../config.ts';
import { sessionMiddleware } from '../middleware/session.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';

// A wrong configuration throws here, when the function starts, and not at its first request.
const config = loadConfig();
const telemetry = createTelemetry(config.telemetry);
const dynamodb = { ...config.dynamodb, onRequest: telemetry.onRequest };
const settings = { prefix: config.cachePrefix, dynamodb };
const store = createStore({ ...settings, driver: config.sessionDriver });
const cacheStore = createStore({ ...settings, driver: config.cacheDriver });

export const handler = createApp({
  config,
  session: sessionMiddleware<SessionData, Flash>({
    ...config.session,
    store,
    consistentRead: config.dynamodb.consistentRead,
    onEvent: telemetry.onEvent,
  }),
  cache: new Cache<CachedValues>(cacheStore.namespace('cache'), { onError: telemetry.logOf('cache') }),
  counter: createCounter({ ...settings, driver: config.sessionDriver }),
  telemetry,
});
