/** The service in this process, with a store that counts what is asked of it, and visitors who keep their cookies. */
import type { Context } from 'aws-lambda';
import { createApp } from '../../src/app/app.ts';
import type { Flash, SessionData } from '../../src/app/call.ts';
import { Cache } from '../../src/cache/cache.ts';
import type { RecordCounter } from '../../src/cache/counter.ts';
import { MemoryEngine, MemoryStore } from '../../src/cache/drivers/memory.ts';
import { MemoryCounter } from '../../src/cache/drivers/memory/counter.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { sessionMiddleware } from '../../src/middleware/session.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { type Answer, answerOf, eventOf, type Source, type TestRequest } from './events.ts';

export interface Service {
  readonly config: Config;
  readonly store: CacheStore;
  /** What was asked of the store so far, by the name of the operation. */
  readonly calls: string[];
  readonly logged: Readonly<Record<string, unknown>>[];
  /** The lines of log and of metrics, as they would be written. */
  readonly lines: { readonly log: string[]; readonly metrics: string[] };
  /** Makes the store fail with this error from now on. */
  failWith(error: Error | undefined): void;
  /** Makes the store answer nothing any more. */
  hang(): void;
  /** Calls the handler as Lambda does, which would end it after `remainingMs`. */
  invoke(event: unknown, remainingMs?: number): Promise<unknown>;
  send(source: Source, request: TestRequest): Promise<Answer>;
  visitor(source?: Source): Visitor;
}

export function createService(
  env: Readonly<Record<string, string>> = {},
  now: () => number = Date.now,
  counter?: RecordCounter,
): Service {
  const config = loadConfig({ SESSION_SECURE_COOKIE: 'true', ...env });
  const calls: string[] = [];
  let failure: Error | undefined;
  let hangs = false;
  const engine = new MemoryEngine({ clock: now });
  const store = watched(new MemoryStore({ engine }), async (operation) => {
    calls.push(operation);
    if (hangs) await new Promise(() => {});
    if (failure !== undefined) throw failure;
  });
  const logged: Readonly<Record<string, unknown>>[] = [];
  const lines = { log: [] as string[], metrics: [] as string[] };
  const telemetry = createTelemetry({
    ...config.telemetry,
    metrics: true,
    format: 'json',
    writeLog: (line) => lines.log.push(line),
    writeMetrics: (line) => lines.metrics.push(line),
  });
  const handler = createApp({
    config,
    session: sessionMiddleware<SessionData, Flash>({
      ...config.session,
      store,
      clock: now,
      onEvent: telemetry.onEvent,
    }),
    cache: new Cache(store.namespace('cache'), { clock: now }),
    counter: counter ?? new MemoryCounter(engine, 'session:'),
    now,
    telemetry,
    log: (entry) => {
      logged.push(entry);
      telemetry.log(entry);
    },
  });
  const service: Service = {
    config,
    store,
    calls,
    logged,
    lines,
    failWith: (error) => (failure = error),
    hang: () => (hangs = true),
    invoke: async (event, remainingMs = 10_000) => handler(event, contextOf(remainingMs) as never),
    send: async (source, request) => answerOf(await service.invoke(eventOf(source, request))),
    visitor: (source = 'HTTP API') => new Visitor(service, source),
  };
  return service;
}

function contextOf(remainingMs: number): Context {
  return {
    awsRequestId: 'request-1',
    functionName: 'http',
    getRemainingTimeInMillis: () => remainingMs,
  } as unknown as Context;
}

/** The store with `asked` called before every operation, also of its namespaces. */
function watched(store: CacheStore, asked: (operation: string) => Promise<void>): CacheStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'namespace') return (prefix: string) => watched(target.namespace(prefix), asked);
      return async (...args: unknown[]) => {
        await asked(String(name));
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
}

export class Visitor {
  readonly #service: Service;
  readonly #source: Source;
  readonly #cookies = new Map<string, string>();

  constructor(service: Service, source: Source) {
    this.#service = service;
    this.#source = source;
  }

  get cookies(): readonly string[] {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`);
  }

  async send(method: string, path: string, rest: Omit<TestRequest, 'method' | 'path'> = {}): Promise<Answer> {
    const answer = await this.#service.send(this.#source, { method, path, cookies: this.cookies, ...rest });
    for (const line of answer.setCookies) {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  async json(method: string, path: string, body?: unknown): Promise<Answer> {
    const text =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return this.send(method, path, text);
  }

  async form(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.send('POST', path, { body: new URLSearchParams(fields).toString(), headers });
  }

  /** What `GET /session` shows. */
  async session(): Promise<SessionView> {
    return JSON.parse((await this.send('GET', '/session')).body) as SessionView;
  }
}

export interface SessionView {
  readonly handle: string;
  readonly isNew: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly flash: Readonly<Record<string, string>>;
}
