/** What a Lambda function with a DynamoDB read costs at the least: Middy, its router, one GetItem. */
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
      handler: async () => {
        const command = new GetItemCommand({
          TableName: process.env['DYNAMODB_CACHE_TABLE'],
          Key: { key: { S: 'bare' } },
        });
        const { Item } = await client.send(command);
        return { statusCode: 200, body: JSON.stringify({ found: Item !== undefined }) };
      },
    },
  ]),
);
