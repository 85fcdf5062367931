/**
 * What can stand in front of the function, and the event that each makes of a visitor's request.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @see https://github.com/aws-powertools/powertools-lambda-python/pull/579 (events of a stage and of mappings)
 * @see https://github.com/localstack/localstack/pull/12296 (`path` and `requestContext.path` of REST APIs)
 */
import type { TestRequest } from './events.ts';

export interface Front {
  readonly name: string;
  /** Where browsers find the service. */
  readonly address: string;
  /** Whether the function can know that only from APP_URL. */
  readonly needsAppUrl?: boolean;
  /** An address below the base path, again, is the same page: what AWS takes off can't be told from what it did not. */
  readonly isFoundTwice?: boolean;
  /** @param path as the browser sends it, beginning with the path of `address` */
  readonly event: (request: TestRequest) => Readonly<Record<string, unknown>>;
}

const API = 'abc123.execute-api.eu-central-1.amazonaws.com';
const FUNCTION = 'abc123.lambda-url.eu-central-1.on.aws';
const BALANCER = 'cloakroom-1.eu-central-1.elb.amazonaws.com';
const OWN = 'shop.example';
/** What CloudFront adds where the visitor's own headers are forwarded, the host excepted. */
const CLOUDFRONT = {
  via: '2.0 0123.cloudfront.net (CloudFront)',
  'x-amz-cf-id': 'id',
  'x-forwarded-host': 'evil.example',
};

export const FRONTS: readonly Front[] = [
  httpApi('an HTTP API', { address: `https://${API}` }),
  httpApi('a stage of an HTTP API', { address: `https://${API}/prod`, stage: 'prod' }),
  httpApi('an HTTP API on its own domain', { address: `https://${OWN}`, domain: OWN }),
  httpApi('a stage of an HTTP API on its own domain', {
    address: `https://${OWN}`,
    domain: OWN,
    stage: 'prod',
    adds: '/prod',
  }),
  httpApi('an API mapping of an HTTP API', {
    address: `https://${OWN}/app`,
    domain: OWN,
    takes: '/app',
    isFoundTwice: true,
    needsAppUrl: true,
  }),
  httpApi('an API mapping of a stage of an HTTP API', {
    address: `https://${OWN}/app`,
    domain: OWN,
    stage: 'prod',
    takes: '/app',
    adds: '/prod',
    isFoundTwice: true,
    needsAppUrl: true,
  }),
  httpApi('CloudFront and an HTTP API', { address: `https://${OWN}`, cloudFront: true, needsAppUrl: true }),
  httpApi('a path of CloudFront and an HTTP API', {
    address: `https://${OWN}/app`,
    cloudFront: true,
    needsAppUrl: true,
  }),
  httpApi('CloudFront and a stage of an HTTP API', {
    address: `https://${OWN}`,
    cloudFront: true,
    stage: 'prod',
    adds: '/prod',
    needsAppUrl: true,
  }),
  httpApi('a path of CloudFront and a stage of an HTTP API', {
    address: `https://${OWN}/app`,
    cloudFront: true,
    stage: 'prod',
    adds: '/prod',
    needsAppUrl: true,
  }),
  restApi('a stage of a REST API', { address: `https://${API}/prod`, takes: '/prod' }),
  restApi('a REST API on its own domain', { address: `https://${OWN}`, domain: OWN }),
  restApi('a base path of a REST API', { address: `https://${OWN}/app`, domain: OWN, maps: '/app', needsAppUrl: true }),
  restApi('a mapping of all stages of a REST API', { address: `https://${OWN}/prod`, domain: OWN, maps: '/prod' }),
  restApi('CloudFront and a REST API', {
    address: `https://${OWN}`,
    cloudFront: true,
    adds: '/prod',
    takes: '/prod',
    needsAppUrl: true,
  }),
  restApi('a path of CloudFront and a REST API', {
    address: `https://${OWN}/app`,
    cloudFront: true,
    adds: '/prod',
    takes: '/prod',
    needsAppUrl: true,
  }),
  loadBalancer('a load balancer', { address: `https://${BALANCER}` }),
  loadBalancer('a path of a load balancer', { address: `https://${BALANCER}/app`, needsAppUrl: true }),
  loadBalancer('CloudFront and a load balancer', {
    address: `https://${OWN}/app`,
    cloudFront: true,
    needsAppUrl: true,
  }),
  functionUrl('a function URL', { address: `https://${FUNCTION}` }),
  functionUrl('CloudFront and a function URL', { address: `https://${OWN}`, cloudFront: true, needsAppUrl: true }),
  functionUrl('a path of CloudFront and a function URL', {
    address: `https://${OWN}/app`,
    cloudFront: true,
    needsAppUrl: true,
  }),
];

interface Way extends Omit<Front, 'name' | 'event'> {
  /** A domain of one's own. */
  readonly domain?: string;
  readonly stage?: string;
  readonly cloudFront?: true;
  /** What CloudFront's origin path, or the platform, puts before the path. */
  readonly adds?: string;
  /** What the platform takes off its beginning. */
  readonly takes?: string;
  /** What a REST API's mapping maps, with the stage where it names none. */
  readonly maps?: string;
}

function httpApi(name: string, way: Way): Front {
  const { domain = API, stage = '$default', takes = '', adds = '' } = way;
  return front(name, way, (request) => {
    // It decodes the path, `rawPath` included.
    const rawPath = decodeURIComponent(`${adds}${request.path.slice(takes.length) || '/'}`);
    return payload2(request, { rawPath, domain, stage, headers: headersOf(request, domain, way) });
  });
}

function functionUrl(name: string, way: Way): Front {
  return front(name, way, (request) =>
    payload2(request, {
      rawPath: request.path,
      domain: FUNCTION,
      stage: '$default',
      headers: headersOf(request, FUNCTION, way),
    }),
  );
}

function restApi(name: string, way: Way): Front {
  const { domain = API, takes = '', adds = '', maps = '' } = way;
  return front(name, way, (request) => {
    const whole = `${adds}${request.path}`;
    const path = whole.slice(takes.length) || '/';
    const proxy = decodeURIComponent(path.slice(maps.length + 1));
    const headers = headersOf(request, domain, way);
    return {
      resource: proxy === '' ? '/' : '/{proxy+}',
      path,
      pathParameters: proxy === '' ? null : { proxy },
      httpMethod: request.method,
      headers,
      multiValueHeaders: mapValues(headers, (value) => [value]),
      requestContext: { path: whole, stage: 'prod', domainName: domain },
      body: request.body ?? null,
      isBase64Encoded: false,
    };
  });
}

function loadBalancer(name: string, way: Way): Front {
  return front(name, way, (request) => ({
    httpMethod: request.method,
    path: request.path,
    headers: headersOf(request, BALANCER, way),
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/t/1' } },
    body: request.body ?? '',
    isBase64Encoded: false,
  }));
}

function front(name: string, { address, needsAppUrl, isFoundTwice }: Way, event: Front['event']): Front {
  return { name, address, event, ...(needsAppUrl && { needsAppUrl }), ...(isFoundTwice && { isFoundTwice }) };
}

interface Payload2 {
  readonly rawPath: string;
  readonly domain: string;
  readonly stage: string;
  readonly headers: Readonly<Record<string, string>>;
}

function payload2({ method, body }: TestRequest, { rawPath, domain, stage, headers }: Payload2) {
  const { cookie, ...others } = headers;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: '',
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: others,
    requestContext: { domainName: domain, domainPrefix: domain.split('.')[0], stage, http: { method, path: rawPath } },
    body,
    isBase64Encoded: false,
  };
}

function headersOf(request: TestRequest, host: string, { cloudFront }: Way): Readonly<Record<string, string>> {
  // A load balancer behind CloudFront is often asked over http.
  const scheme = cloudFront && host === BALANCER ? 'http' : 'https';
  const given = mapValues(request.headers ?? {}, (value) => (typeof value === 'string' ? value : value.join(',')));
  const cookie = request.cookies?.join('; ') ?? '';
  return {
    host,
    'x-forwarded-proto': scheme,
    'x-amzn-trace-id': 'Root=1-65f0c0de-000000000000000000000000',
    ...(cloudFront && CLOUDFRONT),
    ...(cookie !== '' && { cookie }),
    ...given,
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
