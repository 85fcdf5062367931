/** Requests as each of Lambda's HTTP event sources delivers them, and their answers read back into one shape. */

export const SOURCES = ['HTTP API', 'function URL', 'REST API', 'ALB', 'ALB with multi-value headers'] as const;

export type Source = (typeof SOURCES)[number];

export interface TestRequest {
  readonly method: string;
  /** Percent-encoded, as a client sends it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly cookies?: readonly string[];
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case, Set-Cookie left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookies: readonly string[];
  readonly body: string;
}

type Values = Record<string, unknown>;

export const HOST = 'service.example';

export function eventOf(source: Source, request: TestRequest): Values {
  const headers = headersOf(request);
  const { body } = request;
  const payload = {
    body: body === undefined ? null : typeof body === 'string' ? body : Buffer.from(body).toString('base64'),
    isBase64Encoded: body instanceof Uint8Array,
  };
  const single = mapValues(headers, (values) => values.join(','));
  const cookie = request.cookies?.join('; ');
  if (source === 'HTTP API' || source === 'function URL') {
    // An HTTP API decodes the path, rawPath included; a function URL does not.
    const path = source === 'HTTP API' ? decodeURIComponent(request.path) : request.path;
    const domainName = source === 'HTTP API' ? HOST : 'abc.lambda-url.eu-central-1.on.aws';
    return {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      ...(request.cookies && request.cookies.length > 0 && { cookies: request.cookies }),
      headers: { ...single, 'x-amzn-trace-id': 'Root=1-65f0c0de-000000000000000000000000' },
      requestContext: { domainName, stage: '$default', http: { method: request.method, path } },
      ...payload,
    };
  }
  const all = cookie === undefined || cookie === '' ? headers : { ...headers, cookie: [cookie] };
  const event = { httpMethod: request.method, path: request.path, queryStringParameters: null, ...payload };
  const last = mapValues(all, (values) => values.at(-1) ?? '');
  if (source === 'REST API') {
    return { ...event, headers: last, multiValueHeaders: all, requestContext: { path: request.path, stage: 'prod' } };
  }
  const requestContext = { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/t/1' } };
  return source === 'ALB'
    ? { ...event, headers: last, requestContext }
    : { ...event, multiValueHeaders: all, requestContext };
}

function headersOf(request: TestRequest): Record<string, readonly string[]> {
  const headers: Record<string, readonly string[]> = { host: [HOST], 'x-forwarded-proto': ['https'] };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name] = typeof value === 'string' ? [value] : value;
  }
  return headers;
}

export function answerOf(response: unknown): Answer {
  const {
    statusCode,
    headers = {},
    multiValueHeaders = {},
    cookies = [],
    body = '',
  } = response as {
    statusCode: number;
    headers?: Record<string, string>;
    multiValueHeaders?: Record<string, readonly string[]>;
    cookies?: readonly string[];
    body?: string;
  };
  const setCookies = [...cookies];
  const found: Record<string, string> = {};
  for (const [name, values] of [
    ...Object.entries(headers).map(([key, value]) => [key, [value]] as const),
    ...Object.entries(multiValueHeaders),
  ]) {
    if (name.toLowerCase() === 'set-cookie') setCookies.push(...values);
    else found[name.toLowerCase()] = values.join(', ');
  }
  return { status: statusCode, headers: found, setCookies, body };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
