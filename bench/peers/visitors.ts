/** Visitors and bots as scenarios of Artillery's HTTP engine, which keeps their cookies and sends their requests. */
import { EventEmitter } from 'node:events';
import core, {
  type Next,
  type Play,
  type Processor,
  type RequestParams,
  type Response,
  type Step,
  type UserContext,
} from '@artilleryio/int-core';
import type { Load, Sample } from '../stress/messages.ts';
import { BOT, type PlannedRequest, type Visit } from '../stress/plan.ts';
import { isLoopback } from '../stress/target.ts';
import { consumedOf } from '../stress/server-timing.ts';

/** Longer than any function behind an HTTP API may take. */
const TIMEOUT_S = 35;
const SOCKETS = 2000;

/** A request that was sent, as the engine hands it from hook to hook. */
interface Sent extends RequestParams {
  planned: PlannedRequest;
  /** `performance.now()` */
  startedAt: number;
  isOver?: boolean;
}

export interface VisitorEvents {
  readonly onSent: (request: PlannedRequest) => void;
  readonly onSample: (sample: Omit<Sample, 'atMs'>, request: PlannedRequest) => void;
}

export interface Visitors {
  /** @returns whether it came to its end */
  visit(visit: Visit): Promise<boolean>;
  bot(): Promise<boolean>;
}

export async function createVisitors(
  { target, traffic }: Pick<Load, 'target' | 'traffic'>,
  { onSent, onSample }: VisitorEvents,
): Promise<Visitors> {
  const hook = (find: (vars: UserContext['vars']) => PlannedRequest | undefined) => {
    return (params: RequestParams, context: UserContext, _events: EventEmitter, next: Next): void => {
      const planned = find(context.vars);
      if (planned === undefined) return next(new Error('No such request is planned.'));
      if (planned.kind === 'first write') acceptSecureCookies(context, target);
      const { method, path: url, body } = planned;
      const headers = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body };
      Object.assign(params, { planned, method, url, ...headers, startedAt: performance.now() });
      onSent(planned);
      next();
    };
  };
  const over = (params: RequestParams, rest: Pick<Sample, 'status' | 'code' | 'consumed'>): void => {
    const sent = params as Sent;
    // The engine may tell of one failure twice.
    if (sent.planned === undefined || sent.isOver === true) return;
    sent.isOver = true;
    const tookMs = performance.now() - sent.startedAt;
    onSample({ kind: sent.planned.kind, tookMs, ...rest }, sent.planned);
  };
  const parallel = Array.from({ length: traffic.parallel }, (_, index) => index);
  const processor: Processor = {
    first: hook((vars) => visitIn(vars)?.first),
    login: hook((vars) => visitIn(vars)?.login),
    logout: hook((vars) => visitIn(vars)?.logout),
    bot: hook(() => BOT),
    ...Object.fromEntries(
      parallel.map((index) => [`page${index}`, hook((vars) => visitIn(vars)?.pages[vars.$loopCount ?? 0]?.[index])]),
    ),
    hasLogin: (vars: UserContext['vars']) => visitIn(vars)?.login !== undefined,
    hasLogout: (vars: UserContext['vars']) => visitIn(vars)?.logout !== undefined,
    answered: (params: RequestParams, response: Response, _context: UserContext, _events: EventEmitter, next: Next) => {
      const { statusCode: status = 0, headers } = response;
      const isGood = status >= 200 && status < 300;
      const code = isGood ? undefined : codeIn(response);
      const consumed = consumedOf([headers['server-timing'] ?? []].flat().join(', '));
      over(params, { status, ...(code !== undefined && { code }), ...(consumed && { consumed }) });
      // Without a session, everything that follows would be something else than was planned.
      const isLost = (params as Sent).planned.kind === 'first write' && !isGood;
      next(isLost ? new Error('The session did not begin.') : null);
    },
    failed: (error: Error, params: RequestParams, _context: UserContext, _events: EventEmitter, next: Next) => {
      over(params, { code: 'code' in error ? String(error.code) : error.name });
      next();
    },
  };
  const headers = { 'user-agent': 'cloakroom-stress', accept: '*/*' };
  const http = { timeout: TIMEOUT_S, pool: SOCKETS, defaults: { headers } };
  const engine = new core.engine_http({ config: { target, http, processor } });
  await engine.init();
  const events = new EventEmitter();
  // Those of the engine: what matters of them comes by the hooks.
  events.on('error', () => {});
  const scenario = (flow: readonly Step[]): Play =>
    engine.createScenario({ flow, afterResponse: 'answered', onError: 'failed' }, events);
  const pages = parallel.map((index) => request(`page${index}`));
  const visit = scenario([
    request('first'),
    request('login', 'hasLogin'),
    { loop: [{ parallel: pages, limit: traffic.parallel }], count: traffic.pages },
    request('logout', 'hasLogout'),
  ]);
  const bot = scenario([request('bot')]);
  return { visit: (planned) => play(visit, { visit: planned }), bot: () => play(bot, {}) };
}

/** What it asks, and by which method, is set by the hook. */
function request(beforeRequest: string, ifTrue?: string): Step {
  return { get: { url: '/', beforeRequest, followRedirect: false, ...(ifTrue !== undefined && { ifTrue }) } };
}

function play(scenario: Play, vars: UserContext['vars']): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  scenario({ vars, funcs: {} }, (error) => resolve(error === null)).catch(() => resolve(false));
  return promise;
}

function visitIn(vars: UserContext['vars']): Visit | undefined {
  return vars['visit'] as Visit | undefined;
}

/**
 * A function on Lambda sets secure cookies, and browsers take http on their own machine for secure. The jar does not.
 *
 * @see https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
 */
function acceptSecureCookies({ _jar: jar }: UserContext, target: string): void {
  if (jar === undefined || !isLoopback(new URL(target))) return;
  const getCookieString = jar.getCookieString.bind(jar);
  jar.getCookieString = (url, ...rest) => getCookieString(url.replace(/^http:/, 'https:'), ...rest);
}

function codeIn({ headers, body = '' }: Response): string | undefined {
  if (!String(headers['content-type']).startsWith('application/problem+json')) return undefined;
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === 'string' ? code.slice(0, 60) : undefined;
  } catch {
    return undefined;
  }
}
