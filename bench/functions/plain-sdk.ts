/** A plain function with the AWS SDK: one client for all requests, which keeps its connection. */
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { rawHandler, type Item } from './raw.ts';

const client = new DynamoDBClient({});

export const handler = rawHandler({
  get: (input) => client.send(new GetItemCommand(input)) as Promise<{ Item?: Item }>,
  update: (input) => client.send(new UpdateItemCommand(input)),
});
