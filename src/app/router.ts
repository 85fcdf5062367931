/** From a table of routes to answers: 404, 405 with Allow, HEAD and OPTIONS included. */
import httpRouter, { type Method } from '@middy/http-router';
import { HttpError } from '../middleware/http-error.ts';
import type { HttpRequest } from '../middleware/http-request.ts';
import type { HttpResponse } from '../middleware/http-response.ts';

export interface Route<Call> {
  /** GET serves HEAD too. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` stands for one segment, which the route finds decoded in `params`. */
  readonly path: `/${string}`;
  readonly handle: (call: Call) => HttpResponse | Promise<HttpResponse>;
}

/** What a route was called with by its address. */
export interface Matched {
  readonly request: HttpRequest;
  readonly params: Readonly<Record<string, string>>;
}

interface Match<Call> {
  readonly route: Route<Call>;
  readonly params: Readonly<Record<string, string>>;
}

type Find<Call> = (request: HttpRequest, method: string) => Match<Call> | undefined;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies readonly Method[];

/** More segments than any route has. */
const MAX_SEGMENTS = 8;

/**
 * Calls the route a request is for.
 *
 * @throws HttpError 404 and 405, 400 for an address that is not percent-encoded, and what is wrong with the body
 */
export function createRouter<Call extends Matched>(
  routes: readonly Route<Call>[],
): (request: HttpRequest, rest: Omit<Call, keyof Matched>) => HttpResponse | Promise<HttpResponse> {
  const find = createFind(routes);
  return (request, rest) => {
    const match = find(request, request.method === 'HEAD' ? 'GET' : request.method);
    if (match === undefined) return answerWithout(find, request);
    request.body(); // refused for every route alike when it is too large or malformed
    return match.route.handle({ ...rest, request, params: decode(match.params) } as Call);
  };
}

function createFind<Call>(routes: readonly Route<Call>[]): Find<Call> {
  // Middy's router finds; what it calls only says which route it was.
  const lookup = httpRouter({
    routes: routes.map((route) => ({ method: route.method, path: route.path, handler: () => route as never })),
    notFoundResponse: () => undefined,
  }) as unknown as (event: object, context: object) => Route<Call> | undefined;

  return (request, method) => {
    for (const path of candidates(request)) {
      const event: { httpMethod: string; path: string; pathParameters?: Record<string, string> } = {
        httpMethod: method,
        path,
      };
      const route = lookup(event, {});
      if (route !== undefined) return { route, params: event.pathParameters ?? {} };
    }
    return undefined;
  };
}

/** The path; where its slashes are uncertain, also with those at its end as part of the last segment. */
function candidates({ path, slashesAreUncertain }: HttpRequest): readonly string[] {
  if (!slashesAreUncertain) return [path];
  const segments = path.split('/');
  const paths = path.endsWith('/') && path.length > 1 ? [`${path.slice(0, -1)}%2F`, path] : [path];
  for (let kept = Math.min(segments.length - 2, MAX_SEGMENTS); kept > 1; kept -= 1) {
    paths.push([...segments.slice(0, kept), segments.slice(kept).join('%2F')].join('/'));
  }
  return paths;
}

function answerWithout<Call>(find: Find<Call>, request: HttpRequest): HttpResponse {
  const methods = METHODS.filter((method) => find(request, method) !== undefined);
  if (methods.length === 0) throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this address.');
  const all = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const headers = { Allow: [...all, 'OPTIONS'].join(', ') };
  if (request.method === 'OPTIONS') return { statusCode: 204, headers };
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `This address takes ${headers.Allow}.`, { headers });
}

function decode(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch (cause) {
    throw new HttpError(400, 'MALFORMED_ADDRESS', 'The address is not percent-encoded UTF-8.', { cause });
  }
}
