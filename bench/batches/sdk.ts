/**
 * The same in calls of the AWS SDK, one after the other, or as many at a time as the driver has. They ask for the consumed
 * capacity, as the driver does: DynamoDB Local takes longer where it has to tell.
 */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  paginateScan,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { type Batches, type OpenBatches, TTL } from './batches.ts';

const PREFIX = 'batch:';

/** DynamoDB's limits of one request. */
const MAX_READS = 100;
const MAX_WRITES = 25;

export const sequential: OpenBatches = (endpoint, table) => batchesOf(endpoint, table, 1);

export const fourAtATime: OpenBatches = (endpoint, table) => batchesOf(endpoint, table, 4);

function batchesOf(endpoint: string, table: string, parallel: number): Batches {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const read = async (keys: readonly string[]): Promise<number> => {
    const Keys = keys.map((key) => ({ key: { S: PREFIX + key } }));
    const command = new BatchGetItemCommand({
      RequestItems: { [table]: { Keys, ConsistentRead: true } },
      ReturnConsumedCapacity: 'TOTAL',
    });
    return (await client.send(command)).Responses?.[table]?.length ?? 0;
  };
  const write = (requests: readonly WriteRequest[]) =>
    client.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: [...requests] }, ReturnConsumedCapacity: 'TOTAL' }),
    );
  const writeAll = (requests: readonly WriteRequest[]) => inBatches(requests, MAX_WRITES, parallel, write);
  const setMany: Batches['fill'] = (entries) => {
    const expires = { N: String(Math.ceil(Date.now() / 1000) + TTL) };
    return writeAll(
      entries.map(({ key, value }) => ({
        PutRequest: { Item: { key: { S: PREFIX + key }, value: { S: value }, expires_at: expires } },
      })),
    );
  };
  return {
    setMany,
    getMany: async (keys) => {
      const found = await inBatches(keys, MAX_READS, parallel, read);
      return found.reduce((sum, count) => sum + count, 0);
    },
    deleteMany: (keys) => writeAll(keys.map((key) => ({ DeleteRequest: { Key: { key: { S: PREFIX + key } } } }))),
    clear: async () => {
      const scan = {
        TableName: table,
        ConsistentRead: true,
        ProjectionExpression: '#key',
        FilterExpression: 'begins_with(#key, :prefix)',
        ReturnConsumedCapacity: 'TOTAL' as const,
        ExpressionAttributeNames: { '#key': 'key' },
        ExpressionAttributeValues: { ':prefix': { S: PREFIX } },
      };
      for await (const { Items = [] } of paginateScan({ client }, scan)) {
        await writeAll(Items.map((item) => ({ DeleteRequest: { Key: item } })));
      }
    },
    fill: setMany,
  };
}

async function inBatches<Asked, Answer>(
  all: readonly Asked[],
  size: number,
  parallel: number,
  send: (batch: readonly Asked[]) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < all.length; start += size * parallel) {
    const round = all.slice(start, start + size * parallel);
    const batches: Promise<Answer>[] = [];
    for (let from = 0; from < round.length; from += size) batches.push(send(round.slice(from, from + size)));
    answers.push(...(await Promise.all(batches)));
  }
  return answers;
}
