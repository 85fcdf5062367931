/** What routes work with, and how they answer. */
import type { Cache } from '../cache/cache.ts';
import type { RecordCounter } from '../cache/counter.ts';
import type { EpochMillis } from '../cache/store.ts';
import type { HttpResponse } from '../middleware/http-response.ts';
import type { RequestSession } from '../middleware/session.ts';
import { isForm } from './body.ts';
import type { Matched, Route } from './router.ts';

/** What the application keeps in a session. Visitors of the demonstration may store anything under any key. */
export interface SessionData {
  [key: string]: unknown;
}

/** Messages for the next page. */
export interface Flash {
  notice: string;
}

/** What the application keeps in the cache. */
export interface CachedValues {
  cached: { computedAt: string };
}

/** What a route gets. */
export interface Call extends Matched {
  readonly session: RequestSession<SessionData, Flash>;
  /** Every session of a user: `sessions.of(userId)`. */
  readonly sessions: Pick<RequestSession<SessionData, Flash>, 'of'>;
  readonly cache: Cache<CachedValues>;
  /** Of sessions. */
  readonly counter: RecordCounter;
  readonly now: () => EpochMillis;
  readonly demo: boolean;
  readonly drivers: { readonly session: string; readonly cache: string };
}

export type AppRoute = Route<Call>;

export function json(value: unknown): HttpResponse {
  return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

/** `response` for programs; a form's browser is sent back to the page, so that reloading it sends nothing again. */
export function orBackToPage(call: Call, response: HttpResponse): HttpResponse {
  return orBackTo(call, '/', response);
}

/** The same, for a page of its own. */
export function orBackTo({ request }: Call, page: `/${string}`, response: HttpResponse): HttpResponse {
  return isForm(request) ? { statusCode: 303, headers: { Location: `${request.basePath}${page}` } } : response;
}

export const NO_CONTENT: Readonly<HttpResponse> = { statusCode: 204 };
