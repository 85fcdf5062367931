import middyCore from '@middy/core';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { httpEvents, type RequestContext } from '../../src/middleware/http-events.ts';
import { readRequest } from '../../src/middleware/http-request.ts';
import type { HttpResponse } from '../../src/middleware/http-response.ts';
import { eventOf, type Source, SOURCES, type TestRequest } from '../app/events.ts';

const request: TestRequest = { method: 'GET', path: '/' };

/** What the source is answered when a handler answers with `response`. */
async function answered(source: Source, response: HttpResponse, method = 'GET'): Promise<unknown> {
  const handler = middyCore<unknown, unknown, Error, RequestContext>()
    .use(httpEvents())
    .handler(() => response);
  return handler(eventOf(source, { ...request, method }), {} as Context as never);
}

describe('an answer with cookies', () => {
  const response = (): HttpResponse => ({
    statusCode: 201,
    headers: { 'Content-Type': 'text/plain', 'set-cookie': 'b=2' },
    cookies: ['a=1'],
    body: 'made',
  });
  const common = { statusCode: 201, body: 'made', isBase64Encoded: false };
  const headers = { 'Content-Type': 'text/plain' };

  it.each(['HTTP API', 'function URL'] as const)('has them in an array for an %s', async (source) => {
    expect(await answered(source, response())).toEqual({ ...common, headers, cookies: ['a=1', 'b=2'] });
  });

  it('has them as multi-value headers for a REST API', async () => {
    const multiValueHeaders = { 'Set-Cookie': ['a=1', 'b=2'] };
    expect(await answered('REST API', response())).toEqual({ ...common, headers, multiValueHeaders });
  });

  it('has nothing but multi-value headers for a load balancer that is set to them', async () => {
    expect(await answered('ALB with multi-value headers', response())).toEqual({
      ...common,
      statusDescription: '201 Created',
      multiValueHeaders: { 'Content-Type': ['text/plain'], 'Set-Cookie': ['a=1', 'b=2'] },
    });
  });

  it('has one of them for any other load balancer, which can carry no more', async () => {
    expect(await answered('ALB', response())).toEqual({
      ...common,
      statusDescription: '201 Created',
      headers: { ...headers, 'Set-Cookie': 'b=2' },
    });
  });
});

describe.each(SOURCES)('by %s', (source) => {
  it('an answer to HEAD has no body', async () => {
    const response = { statusCode: 200, headers: { 'Content-Type': 'text/plain' }, body: 'text' };
    expect(await answered(source, response, 'HEAD')).toMatchObject({ statusCode: 200, body: '' });
  });

  it('headers are found in any case, and only where there is one of a name', () => {
    const headers = { 'X-One': 'a', 'X-Two': ['a', 'b'], 'x-three': '' };
    const read = readRequest(eventOf(source, { ...request, headers }));
    expect([read.header('x-one'), read.header('X-ONE')]).toEqual(['a', 'a']);
    expect(read.header('x-three')).toBe('');
    expect(read.header('x-none')).toBeUndefined();
    expect(read.headerValues('x-none')).toEqual([]);
    // Where a source delivers one text, that is all there is to see.
    const two = { 'HTTP API': ['a,b'], 'function URL': ['a,b'], ALB: ['b'] };
    expect(read.headerValues('x-two')).toEqual((two as Partial<Record<Source, string[]>>)[source] ?? ['a', 'b']);
  });
});

describe('the path', () => {
  const trace = { headers: { 'x-amzn-trace-id': 'Root=1-1-1' } };
  const http = { method: 'GET' };

  it.each([
    [
      'as a function URL sends it',
      '/a%2Fb',
      { domainName: 'x.lambda-url.eu-central-1.on.aws' },
      trace,
      '/a%2Fb',
      false,
    ],
    ['encoded again after an HTTP API', '/a b/100%', { domainName: 'shop.example' }, trace, '/a%20b/100%25', true],
    ['as serverless-offline sends it', '/a%2Fb', { domainName: 'offlineContext_domainName' }, {}, '/a%2Fb', false],
    ['without the stage', '/prod/a', { stage: 'prod' }, {}, '/a', false],
    ['of the stage itself', '/prod', { stage: 'prod' }, {}, '/', false],
    ['that only begins like the stage', '/products', { stage: 'prod' }, {}, '/products', false],
    ['of the default stage', '/a', { stage: '$default' }, {}, '/a', false],
  ])('is read %s', (_name, rawPath, context, rest, path, slashesAreUncertain) => {
    const event = { version: '2.0', rawPath, requestContext: { ...context, http }, ...rest };
    expect(readRequest(event)).toMatchObject({ path, slashesAreUncertain });
  });

  it('is that of requestContext.http where there is no rawPath', () => {
    expect(readRequest({ version: '2.0', requestContext: { http: { ...http, path: '/a' } } }).path).toBe('/a');
  });
});
