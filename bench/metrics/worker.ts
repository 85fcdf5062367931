/** The service with and without metrics, in turn. Metrics go to standard output, as they do on Lambda. */
import { createApp } from '../../src/app/app.ts';
import type { CachedValues, Flash, SessionData } from '../../src/app/call.ts';
import { Cache } from '../../src/cache/cache.ts';
import { createCounter } from '../../src/cache/create.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { loadConfig } from '../../src/config.ts';
import { sessionMiddleware } from '../../src/middleware/session.ts';
import { STDOUT, writeLine } from '../../src/telemetry/output.ts';
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts';

interface Figures {
  /** Microseconds for a request. */
  readonly us: number;
  /** Bytes for a request. */
  readonly allocated: number;
}

export interface Measured {
  readonly name: string;
  /** Bytes of a line of metrics. */
  readonly line: number;
  readonly figures: Readonly<Record<Kind, Figures>>;
}

/** Without metrics; with them made and not written; with them. */
type Kind = 'off' | 'made' | 'on';

type Service = (request: string, cookie?: string) => Promise<{ readonly cookies?: readonly string[] }>;

const REQUESTS = 500;
const rounds = Number(process.argv[2]);
const context = { awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef', getRemainingTimeInMillis: () => 10_000 };
const config = loadConfig({ SESSION_SECURE_COOKIE: 'true' });
let length = 0;

/** The store, whose every operation is reported as a request to DynamoDB would be. */
function reporting(store: CacheStore, onRequest: Telemetry['onRequest']): CacheStore {
  return new Proxy(store, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'namespace') return (prefix: string) => reporting(target.namespace(prefix), onRequest);
      return async (...given: unknown[]): Promise<unknown> => {
        const result: unknown = await Reflect.apply(member, target, given);
        const units = { readUnits: name === 'get' ? 1 : 0, writeUnits: name === 'get' ? 0 : 1 };
        onRequest({ operation: 'GetItem', outcome: 'ok', attempts: 1, throttles: 0, durationMs: 3, ...units });
        return name === 'set' ? { ...(result as object), bytes: 256 } : result;
      };
    },
  });
}

function service(kind: Kind): Service {
  const telemetry = createTelemetry({
    metrics: kind !== 'off',
    functionName: 'cloakroom-prod-http',
    writeMetrics: (line) => {
      length = Buffer.byteLength(line);
      if (kind === 'on') writeLine(STDOUT, line);
    },
  });
  const store = reporting(new MemoryStore(), telemetry.onRequest);
  const handler = createApp({
    config,
    telemetry,
    session: sessionMiddleware<SessionData, Flash>({ ...config.session, store, onEvent: telemetry.onEvent }),
    cache: new Cache<CachedValues>(store.namespace('cache')),
    counter: createCounter({ driver: 'memory' }),
  });
  return async (request, cookie) => {
    const [method = '', path = ''] = request.split(' ');
    const event = {
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      cookies: cookie === undefined ? [] : [cookie],
      headers: { host: 'service.example' },
      requestContext: { http: { method, path }, stage: '$default' },
      isBase64Encoded: false,
    };
    return (await handler(event, { ...context } as never)) as { cookies?: readonly string[] };
  };
}

async function round(send: Service, request: string, cookie: string | undefined): Promise<Figures> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  for (let count = 0; count < REQUESTS; count++) await send(request, cookie);
  const us = ((performance.now() - started) * 1000) / REQUESTS;
  return { us, allocated: (process.memoryUsage().heapUsed - before) / REQUESTS };
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const medians = (all: readonly Figures[]): Figures => ({
  us: middle(all.map(({ us }) => us)),
  allocated: middle(all.map(({ allocated }) => allocated)),
});

async function measure(name: string, request: string, hasSession: boolean): Promise<Measured> {
  const subjects: { kind: Kind; send: Service; cookie: string | undefined; figures: Figures[] }[] = [];
  for (const kind of ['off', 'made', 'on'] as const) {
    const send = service(kind);
    const { cookies: [line] = [] } = hasSession ? await send('POST /session/visits') : {};
    const cookie = line?.split(';')[0];
    for (let warming = 0; warming < 5; warming++) await round(send, request, cookie);
    subjects.push({ kind, send, cookie, figures: [] });
  }
  for (let count = 0; count < rounds; count++) {
    for (const { send, cookie, figures } of subjects) figures.push(await round(send, request, cookie));
  }
  const figures = Object.fromEntries(subjects.map(({ kind, figures: all }) => [kind, medians(all)]));
  return { name, line: length, figures: figures as Record<Kind, Figures> };
}

const rows = [
  await measure('health', 'GET /health', false),
  await measure('read', 'GET /session', true),
  await measure('read and change', 'POST /session/visits', true),
];
process.send?.(rows);
process.disconnect?.();
