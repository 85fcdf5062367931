import type middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type HttpResponse, shapeResponse } from './http-response.ts';
import { eventKind, type HttpRequest, readRequest } from './http-request.ts';

/** What the middleware offers to everything after it. */
export interface RequestContext extends Context {
  request: HttpRequest;
}

export interface HttpEventsOptions {
  /** The service's public address: its path is not part of the routes, and stands before links. @default the request's own */
  readonly appUrl?: URL | undefined;
}

/**
 * The outermost middleware: reads the event into `context.request`, and shapes the answer for whatever delivered it.
 * A HEAD request is answered without the body.
 *
 * @example
 * middy().use(httpEvents({ appUrl: config.appUrl })).handler((event, context) => ({ statusCode: 204 }));
 */
export function httpEvents(
  options: HttpEventsOptions = {},
): middy.MiddlewareObj<unknown, unknown, Error, RequestContext> {
  const basePath = options.appUrl?.pathname.replace(/\/+$/, '');

  const before: middy.MiddlewareFn<unknown, unknown, Error, RequestContext> = (call) => {
    call.context.request = readRequest(call.event, basePath);
  };

  return { before, after: shape, onError: shape };
}

function shape(call: middy.Request<unknown, unknown, Error, RequestContext>): void {
  const response = call.response as HttpResponse | undefined;
  if (response === undefined) return;
  // `request` is missing where the event could not be read.
  const request = call.context.request as HttpRequest | undefined;
  if (request?.method === 'HEAD') delete response.body;
  call.response = shapeResponse(request?.kind ?? eventKind(call.event) ?? 'payload-2.0', response);
}
