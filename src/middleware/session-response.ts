/** What the session adds to a response: its cookie, where each kind of event wants it, and who may keep the response. */
import { eventKind } from './http-request.ts';
import { headerOf, vary, type HttpResponse } from './http-response.ts';

/**
 * The response with these Set-Cookie headers, `Vary: Cookie`, and, unless it already says that it is private, without
 * leave for any cache to keep it.
 */
export function decorate(event: unknown, answer: unknown, cookies: readonly string[]): HttpResponse {
  const response = responseOf(answer);
  const kind = eventKind(event);
  vary(response, 'Cookie');
  const cacheControl = headerOf(response, 'Cache-Control') ?? '';
  if (!/\b(private|no-store)\b/i.test(cacheControl)) setHeader(response, 'Cache-Control', 'no-store');
  if (cookies.length > 0) addCookies(response, kind, cookies);
  if (kind === 'alb-multi-value') useMultiValueHeaders(response);
  return response;
}

function addCookies(response: HttpResponse, kind: ReturnType<typeof eventKind>, cookies: readonly string[]): void {
  if (kind === 'payload-2.0' || kind === undefined) {
    response.cookies = [...(response.cookies ?? []), ...cookies];
  } else if (kind === 'alb') {
    setHeader(response, 'Set-Cookie', cookies.at(-1) ?? '');
  } else {
    const headers = (response.multiValueHeaders ??= {});
    headers['Set-Cookie'] = [...(headers['Set-Cookie'] ?? []), ...cookies];
  }
}

/** A load balancer with multi-value headers switched on does not look at `headers`. */
function useMultiValueHeaders(response: HttpResponse): void {
  const { headers = {}, multiValueHeaders = {} } = response;
  const single = Object.entries(headers).map(([name, value]): [string, string[]] => [name, [value]]);
  response.multiValueHeaders = { ...Object.fromEntries(single), ...multiValueHeaders };
  delete response.headers;
}

function setHeader(response: HttpResponse, name: string, value: string): void {
  const headers = (response.headers ??= {});
  const existing = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
  headers[existing ?? name] = value;
}

/** API Gateway takes an answer without `statusCode` for a body of JSON; here it becomes one. */
function responseOf(answer: unknown): HttpResponse {
  if (typeof answer === 'object' && answer !== null && 'statusCode' in answer) return { ...(answer as HttpResponse) };
  if (answer === undefined || answer === null) return { statusCode: 200, body: '' };
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body };
}
