/** The same with the AWS SDK, behind Middy and its router, as Cloakroom's function is. */
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import httpRouter, { type Method } from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Answer } from './event.ts';
import { rawHandler, type Item, type RawEvent } from './raw.ts';

const client = new DynamoDBClient({});
const answer = rawHandler({
  get: (input) => client.send(new GetItemCommand(input)) as Promise<{ Item?: Item }>,
  update: (input) => client.send(new UpdateItemCommand(input)),
}) as (event: RawEvent) => Promise<Answer & { cookies?: string[] }>;

const route = (method: Method, path: string) => ({
  method,
  path,
  handler: (event: APIGatewayProxyEventV2) => answer(event),
});

export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(
  httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>([
    route('GET', '/session'),
    route('POST', '/session/visits'),
    route('PUT', '/session/data/{key}'),
  ]),
);
