/** The least that a service with a record in DynamoDB consists of: Middy, its router, one GetItem. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const client = new DynamoDBClient({});

export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(
  httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>([
    {
      method: 'GET',
      path: '/session',
      handler: async ({ cookies }: APIGatewayProxyEventV2) => {
        const command = new GetItemCommand({
          TableName: process.env['DYNAMODB_CACHE_TABLE'],
          Key: { key: { S: cookies?.[0]?.slice('key='.length) ?? '' } },
        });
        const { Item } = await client.send(command);
        return { statusCode: 200, body: Item?.['value']?.S ?? '' };
      },
    },
  ]),
);
