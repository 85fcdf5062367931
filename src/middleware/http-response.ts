/** What routes and middlewares answer with, and how each kind of event wants it. */
import { STATUS_CODES } from 'node:http';
import type { EventKind } from './http-request.ts';

export type Headers = Record<string, string>;

/** An answer on its way out. `cookies` and `multiValueHeaders` are where middlewares may have put Set-Cookie. */
export interface HttpResponse {
  statusCode: number;
  headers?: Headers;
  body?: string;
  cookies?: string[];
  multiValueHeaders?: Record<string, string[]>;
}

/** The response as Lambda's caller expects it. */
export type LambdaResponse = Readonly<Record<string, unknown>> & { readonly statusCode: number };

/** The name under which a header already stands, in whatever case; `name` itself otherwise. */
export function nameIn(headers: Readonly<Record<string, unknown>>, name: string): string {
  return Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase()) ?? name;
}

/** The headers of an answer, those among `multiValueHeaders` included, which win over the others. Cookies stay in place. */
function headersIn(response: HttpResponse): Headers {
  const headers = (response.headers ??= {});
  for (const [name, values] of Object.entries(response.multiValueHeaders ?? {})) {
    if (isSetCookie(name)) continue;
    headers[nameIn(headers, name)] = values.join(', ');
    delete response.multiValueHeaders?.[name];
  }
  return headers;
}

/** The value of a header, whatever the case of its name. */
export function headerOf(response: HttpResponse, name: string): string | undefined {
  const headers = headersIn(response);
  return headers[nameIn(headers, name)];
}

/** Sets headers that the answer does not have yet. */
export function addHeaders(response: HttpResponse, added: Readonly<Headers>): void {
  const headers = headersIn(response);
  for (const [name, value] of Object.entries(added)) headers[nameIn(headers, name)] ??= value;
}

/** Sets a header, in the place of one of that name. */
export function setHeader(response: HttpResponse, name: string, value: string): void {
  const headers = headersIn(response);
  headers[nameIn(headers, name)] = value;
}

/** Adds one name to `Vary`. */
export function vary(response: HttpResponse, on: string): void {
  const headers = headersIn(response);
  const name = nameIn(headers, 'Vary');
  const names = (headers[name] ?? '').split(',').map((item) => item.trim());
  if (names.some((item) => item === '*' || item.toLowerCase() === on.toLowerCase())) return;
  headers[name] = [...names.filter((item) => item !== ''), on].join(', ');
}

/** Shapes an answer for the kind of event it is the answer to. */
export function shapeResponse(kind: EventKind, response: HttpResponse): LambdaResponse {
  const { headers, cookies } = separate(response);
  const answer = { statusCode: response.statusCode, body: response.body ?? '', isBase64Encoded: false };
  if (kind === 'payload-2.0') return { ...answer, headers, ...(cookies.length > 0 && { cookies }) };
  if (kind === 'payload-1.0') {
    return { ...answer, headers, ...(cookies.length > 0 && { multiValueHeaders: { 'Set-Cookie': cookies } }) };
  }
  const statusDescription = `${response.statusCode} ${STATUS_CODES[response.statusCode] ?? ''}`.trimEnd();
  if (kind === 'alb-multi-value') {
    const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    if (cookies.length > 0) multiValueHeaders['Set-Cookie'] = cookies;
    return { ...answer, statusDescription, multiValueHeaders };
  }
  // A load balancer without multi-value headers can carry one cookie.
  const cookie = cookies.at(-1);
  return {
    ...answer,
    statusDescription,
    headers: { ...headers, ...(cookie !== undefined && { 'Set-Cookie': cookie }) },
  };
}

/** Cookies from wherever they stand, and the other headers. */
function separate(response: HttpResponse): { headers: Headers; cookies: string[] } {
  const headers = Object.entries(headersIn(response));
  return {
    headers: Object.fromEntries(headers.filter(([name]) => !isSetCookie(name))),
    cookies: [
      ...(response.cookies ?? []),
      ...headers.filter(([name]) => isSetCookie(name)).map(([, value]) => value),
      ...Object.values(response.multiValueHeaders ?? {}).flat(), // what is left there
    ],
  };
}

function isSetCookie(name: string): boolean {
  return name.toLowerCase() === 'set-cookie';
}
