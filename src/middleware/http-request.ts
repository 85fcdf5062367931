/** One shape for the requests that API Gateway (payloads 1.0 and 2.0), load balancers and function URLs deliver. */
import { requestBody } from './http-body.ts';
import { HttpError } from './http-error.ts';
import { type RequestPath, requestPath } from './http-path.ts';

/** What delivered the event, and so how the answer must look. */
export type EventKind = 'payload-2.0' | 'payload-1.0' | 'alb' | 'alb-multi-value';

export interface HttpRequest extends RequestPath {
  readonly kind: EventKind;
  /** As it was sent; `GET`, normally in capitals. */
  readonly method: string;
  /** The name under which API Gateway or a function URL was asked; a load balancer does not say. */
  readonly domainName?: string;
  /** The only value of a header, whatever the case of its name. Undefined where there is none, or more than one. */
  header(name: string): string | undefined;
  /** All values of a header, in order. */
  headerValues(name: string): readonly string[];
  /** The body as text, decoded once. @throws HttpError 400 for what is not UTF-8, 413 for more than `MAX_BODY_BYTES` */
  body(): string;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads an event.
 *
 * @param basePath path of the service's public address, empty for none; absent where the address is not known
 * @throws HttpError 400 when it is not an HTTP event, or one with something missing or of a wrong type
 */
export function readRequest(event: unknown, basePath?: string): HttpRequest {
  const kind = eventKind(event);
  if (!isObject(event) || kind === undefined) throw malformed('This is not an HTTP event.');
  const headers = readHeaders(event);
  const http = kind === 'payload-2.0' ? nested(nested(event, 'requestContext'), 'http') : undefined;
  const method = http === undefined ? event['httpMethod'] : http['method'];
  if (typeof method !== 'string' || !/^[!#$%&'*+.^_`|~\w-]{1,32}$/.test(method))
    throw malformed('The method is missing.');
  const { domainName } = nested(event, 'requestContext');
  const headerValues = (name: string): readonly string[] => headers.get(name.toLowerCase()) ?? [];
  return {
    kind,
    method,
    ...(typeof domainName === 'string' && { domainName }),
    ...requestPath(event, http, { basePath, traced: headers.has('x-amzn-trace-id') }),
    headerValues,
    header: (name) => {
      const values = headerValues(name);
      return values.length === 1 ? values[0] : undefined;
    },
    body: requestBody(event['body'], event['isBase64Encoded']),
  };
}

/** What delivered the event; undefined for what is no HTTP event. */
export function eventKind(event: unknown): EventKind | undefined {
  if (!isObject(event)) return undefined;
  if (isObject(nested(event, 'requestContext')['elb'])) {
    return isObject(event['multiValueHeaders']) ? 'alb-multi-value' : 'alb';
  }
  if (event['version'] === '2.0') return 'payload-2.0';
  return 'httpMethod' in event ? 'payload-1.0' : undefined;
}

/** Names in lower case. `multiValueHeaders` has what `headers` has, and more, so it comes first where it is there. */
function readHeaders(event: Values): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, readonly string[]>();
  for (const source of [event['multiValueHeaders'], event['headers']]) {
    if (source === undefined || source === null) continue;
    if (!isObject(source)) throw malformed('The headers are malformed.');
    const found = new Map<string, readonly string[]>();
    for (const [name, value] of Object.entries(source)) {
      const values: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
      if (!values.every((item) => typeof item === 'string')) throw malformed('The headers are malformed.');
      if (values.length === 0) continue;
      found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), ...values]);
    }
    for (const [name, values] of found) if (!headers.has(name)) headers.set(name, values);
  }
  return headers;
}

function nested(value: Values, name: string): Values {
  const inner = value[name];
  return isObject(inner) ? inner : {};
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): HttpError {
  return new HttpError(400, 'MALFORMED_REQUEST', message);
}
