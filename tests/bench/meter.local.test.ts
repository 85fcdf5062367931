import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { Meter } from '../../bench/subjects/meter.ts';
import { createTable } from '../../scripts/emulator.ts';
import { DynamoDBProxy } from '../service/dynamodb-proxy.ts';
import { CREDENTIALS, endpointOf } from '../support/dynamodb.ts';

it('A meter bills what nobody asked the price of, and failed conditions by what is there', async () => {
  const endpoint = endpointOf('dynamoDBLocal');
  const TableName = `meter-${randomUUID()}`;
  await createTable(endpoint, TableName);
  await using proxy = await DynamoDBProxy.start(endpoint);
  const meter = new Meter(proxy);
  const client = new DynamoDBClient({ endpoint: proxy.url, region: 'us-east-1', credentials: CREDENTIALS });
  const Item = { key: { S: 'a' }, value: { S: 'x'.repeat(2500) } };
  const put = { TableName, Item, ConditionExpression: 'attribute_not_exists(#key)' };
  const command = (more: object) =>
    client.send(new PutItemCommand({ ...put, ExpressionAttributeNames: { '#key': 'key' }, ...more }));

  await command({});
  expect(meter.take()).toEqual({ requests: 1, readUnits: 0, writeUnits: 3, failedConditions: 0 });

  await client.send(new GetItemCommand({ TableName, Key: { key: { S: 'a' } } }));
  expect(meter.take()).toMatchObject({ requests: 1, readUnits: 0.5, itemBytes: 'keya'.length + 'value'.length + 2500 });

  const failing = command({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  await expect(failing).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  expect(meter.take()).toEqual({ requests: 1, readUnits: 0, writeUnits: 3, failedConditions: 1 });

  // Without the record in the answer, nobody knows how large it is.
  await expect(command({})).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  expect(meter.take()).toEqual({ requests: 1, readUnits: 0, writeUnits: 1, failedConditions: 1 });
});
