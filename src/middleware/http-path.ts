/**
 * The path of a request, percent-encoded as it was sent wherever that can be known.
 *
 * REST APIs, load balancers, function URLs and serverless-offline hand over the path as it was sent. An HTTP API decodes
 * it, also in `rawPath`, so that `/a%2Fb` arrives as `/a/b` and `/100%25` as `/100%`.
 *
 * @see https://github.com/honojs/hono/issues/2156 and https://github.com/fastify/aws-lambda-fastify/issues/169 (events of HTTP APIs)
 */
import { HttpError } from './http-error.ts';

export interface RequestPath {
  /** Percent-encoded, without `basePath`, beginning with `/`. */
  readonly path: string;
  /** Encoded slashes may have been decoded on the way: any `/` of `path` may have been `%2F`. */
  readonly slashesAreUncertain: boolean;
  /** What stands before `path` in the address a browser sees: empty, or `/prod`. */
  readonly basePath: string;
}

interface Circumstances {
  /** Path of the service's public address; stages are found without it. */
  readonly basePath: string;
  /** Whether the event carries `x-amzn-trace-id`, which AWS itself always sends. */
  readonly traced: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** @throws HttpError 400 when there is no path */
export function requestPath(event: Values, http: Values | undefined, given: Circumstances): RequestPath {
  const context = (event['requestContext'] ?? {}) as Values;
  const sent = http === undefined ? event['path'] : (event['rawPath'] ?? http['path']);
  if (typeof sent !== 'string' || !sent.startsWith('/') || !sent.isWellFormed()) {
    throw new HttpError(400, 'MALFORMED_REQUEST', 'The path is missing.');
  }
  const domain = typeof context['domainName'] === 'string' ? context['domainName'] : '';
  const fromHttpApi = typeof event['version'] === 'string' && !domain.includes('.lambda-url.');
  const whole = fromHttpApi && given.traced ? encodePath(sent) : sent;
  const stage = stagePath(context, sent);
  const inPath = [given.basePath, stage].find((prefix) => prefix !== '' && isBelow(whole, prefix)) ?? '';
  return {
    path: whole.slice(inPath.length) || '/',
    slashesAreUncertain: fromHttpApi && (given.traced || domain.includes('.execute-api.')),
    basePath: given.basePath === '' ? stage : given.basePath,
  };
}

/**
 * `/prod` where the address of the request has the stage in it: payload 2.0 leaves it in the path, a REST API takes it
 * out of `path` and leaves it in `requestContext.path`. With a domain of one's own it is in neither.
 */
function stagePath(context: Values, sent: string): string {
  const { stage, path } = context;
  if (typeof stage !== 'string' || !/^[\w-]+$/.test(stage)) return '';
  const prefix = `/${stage}`;
  return isBelow(sent, prefix) || path === `${prefix}${sent}` ? prefix : '';
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function encodePath(decoded: string): string {
  return decoded.split('/').map(encodeURIComponent).join('/');
}
