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
  /** Path of the service's public address, empty for none; absent where the address is not known. */
  readonly basePath: string | undefined;
  /** Whether the event carries `x-amzn-trace-id`, which AWS itself always sends. */
  readonly traced: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** @throws HttpError 400 when there is no path */
export function requestPath(event: Values, http: Values | undefined, given: Circumstances): RequestPath {
  const sent = http === undefined ? event['path'] : (event['rawPath'] ?? http['path']);
  if (typeof sent !== 'string' || !sent.startsWith('/') || !sent.isWellFormed()) {
    throw new HttpError(400, 'MALFORMED_REQUEST', 'The path is missing.');
  }
  const context = (event['requestContext'] ?? {}) as Values;
  const domain = typeof context['domainName'] === 'string' ? context['domainName'] : '';
  const fromHttpApi = typeof event['version'] === 'string' && !domain.includes('.lambda-url.');
  const isDecoded = fromHttpApi && given.traced;
  const stage = stageOf(event, sent, fromHttpApi, given.basePath);
  const belowStage = without(stage.inPath, isDecoded ? encodePath(sent) : sent);
  const basePath = given.basePath ?? '';
  return {
    path: without(isDecoded ? encodePath(decodeURIComponent(basePath)) : basePath, belowStage) || '/',
    slashesAreUncertain: fromHttpApi && (given.traced || domain.includes('.execute-api.')),
    basePath: given.basePath ?? stage.inAddress,
  };
}

/** `/prod`, or nothing, at the beginning of the event's path, and of the address that a browser sees. */
interface Stage {
  readonly inPath: string;
  readonly inAddress: string;
}

const NO_STAGE: Stage = { inPath: '', inAddress: '' };

/**
 * A named stage of an HTTP API is always in the path, also with a domain of one's own, where browsers don't see it. The
 * key of an API mapping is what they see there, and in no event of payload 2.0.
 *
 * A REST API leaves the stage out of `path`, and in `requestContext.path` where it is in the address. With a domain of
 * one's own both are alike, and have the base path of the mapping. They have the stage where the mapping names none, and
 * where a route has its name: then so has what `{proxy+}` stands for.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (`rawPath`)
 */
function stageOf(event: Values, sent: string, fromHttpApi: boolean, publicPath: string | undefined): Stage {
  const context = (event['requestContext'] ?? {}) as Values;
  const prefix = stagePrefix(context);
  if (prefix === '') return NO_STAGE;
  if (fromHttpApi && isBelow(sent, prefix)) {
    return { inPath: prefix, inAddress: isOwnDomain(context) ? '' : prefix };
  }
  if (publicPath !== undefined) return NO_STAGE;
  if (context['path'] === `${prefix}${sent}`) return { inPath: '', inAddress: prefix };
  if (context['path'] !== sent || !isBelow(sent, prefix) || isBelow(`/${proxyOf(event)}`, prefix)) return NO_STAGE;
  return { inPath: prefix, inAddress: prefix };
}

function proxyOf(event: Values): string {
  const { proxy } = (event['pathParameters'] ?? {}) as Values;
  return typeof proxy === 'string' ? proxy : '';
}

function isOwnDomain({ domainName }: Values): boolean {
  return typeof domainName === 'string' && !domainName.includes('.execute-api.');
}

function stagePrefix({ stage }: Values): string {
  return typeof stage === 'string' && /^[\w-]+$/.test(stage) ? `/${stage}` : '';
}

function without(prefix: string, path: string): string {
  return isBelow(path, prefix) ? path.slice(prefix.length) : path;
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function encodePath(decoded: string): string {
  return decoded.split('/').map(encodeURIComponent).join('/');
}
