/** The table of development and of tests is the one that is deployed. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { parseTemplate } from '../../scripts/parameters/cloudformation-yaml.ts';
import { packagedWith } from '../../scripts/parameters/packaged.ts';
import { CREDENTIALS, endpointOf } from '../support/dynamodb.ts';

it('The local table has the key and the TTL of the one that is deployed', async () => {
  const path = join(import.meta.dirname, '../../resources/dynamodb.yml');
  const { Resources } = packagedWith(parseTemplate(await readFile(path, 'utf8')), {});
  const endpoint = endpointOf('dynamoDBLocal');
  const TableName = `local-${randomUUID()}`;
  await createTable(endpoint, TableName, {}, { stream: true });

  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(Resources['CacheTable']?.Properties).toMatchObject({
      KeySchema: Table?.KeySchema,
      AttributeDefinitions: Table?.AttributeDefinitions,
      TimeToLiveSpecification: {
        AttributeName: TimeToLiveDescription?.AttributeName,
        Enabled: TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED',
      },
      StreamSpecification: { StreamViewType: Table?.StreamSpecification?.StreamViewType },
    });
  } finally {
    client.destroy();
  }
});
