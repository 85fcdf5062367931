/**
 * Cross-site request forgery, without a token for every visitor: browsers say where a request comes from, and only
 * browsers can be made to send one with somebody else's cookie.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
import type middy from '@middy/core';
import type { RequestContext } from './http-events.ts';
import type { HttpRequest } from './http-request.ts';
import { HttpError } from './http-error.ts';
import { addHeaders, headerOf, type HttpResponse, vary } from './http-response.ts';

export interface CrossOriginOptions {
  /** The service's public address. @default the request's own host */
  readonly appUrl?: URL | undefined;
  /** Other origins that may use the service with the visitor's cookie, such as `https://app.example.com`. @default none */
  readonly allowedOrigins?: readonly string[];
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const PREFLIGHT_SECONDS = '600';

/**
 * Refuses requests that change something and come from elsewhere with 403, before the session is touched, and answers
 * CORS for exactly the allowed origins. Clients that are not browsers send neither header, and pass.
 *
 * @example
 * middy().use(httpEvents()).use(crossOrigin({ allowedOrigins: ['https://app.example.com'] }))
 */
export function crossOrigin(
  options: CrossOriginOptions = {},
): middy.MiddlewareObj<unknown, unknown, Error, RequestContext> {
  const allowed = new Set(options.allowedOrigins);

  const share: middy.MiddlewareFn<unknown, unknown, Error, RequestContext> = (call) => {
    const request = call.context.request as HttpRequest | undefined;
    const response = call.response as HttpResponse | undefined;
    if (request === undefined || response === undefined || allowed.size === 0) return;
    vary(response, 'Origin');
    const origin = request.header('origin');
    if (origin === undefined || !allowed.has(origin)) return;
    addHeaders(response, { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
    const methods = headerOf(response, 'Allow');
    if (request.method !== 'OPTIONS' || methods === undefined) {
      addHeaders(response, { 'Access-Control-Expose-Headers': 'Allow, Retry-After' });
    } else if (request.header('access-control-request-method') !== undefined) {
      addHeaders(response, {
        'Access-Control-Allow-Methods': methods,
        'Access-Control-Allow-Headers': 'Content-Type',
        'Access-Control-Max-Age': PREFLIGHT_SECONDS,
      });
    }
  };

  return {
    before: ({ context: { request } }) => {
      if (SAFE_METHODS.has(request.method) || isWelcome(request, options.appUrl, allowed)) return;
      throw new HttpError(403, 'CROSS_ORIGIN', 'Requests from other origins may not change anything.');
    },
    after: share,
    onError: share,
  };
}

function isWelcome(request: HttpRequest, appUrl: URL | undefined, allowed: ReadonlySet<string>): boolean {
  const sites = request.headerValues('sec-fetch-site');
  const origins = request.headerValues('origin');
  const [origin] = origins;
  if (origins.length === 1 && origin !== undefined && allowed.has(origin)) return true;
  if (sites.length > 0) return sites.length === 1 && (sites[0] === 'same-origin' || sites[0] === 'none');
  if (origin === undefined) return true;
  return origins.length === 1 && (appUrl === undefined ? isOfHost(origin, request) : origin === appUrl.origin);
}

/** Whether an origin is that of the request itself: the host, and the scheme where the platform says which it was. */
function isOfHost(origin: string, request: HttpRequest): boolean {
  const host = request.header('host') ?? request.domainName;
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(origin)) return false;
  const { origin: parsed, protocol } = new URL(origin);
  if (parsed !== origin || (protocol !== 'https:' && protocol !== 'http:')) return false;
  // With several, each hop has added its own; the last is the platform's.
  const forwarded = request.headerValues('x-forwarded-proto').join(',').split(',').at(-1)?.trim().toLowerCase() ?? '';
  if (forwarded !== '' && `${forwarded}:` !== protocol) return false;
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).origin === origin;
}
