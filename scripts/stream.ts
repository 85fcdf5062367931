/**
 * Reads the stream of a table on DynamoDB Local, and hands it on as Lambda does with a tumbling window: a shard after its
 * parent, one batch at a time, and the same batch again until it succeeds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord } from 'aws-lambda';
import { sign } from '../src/cache/drivers/dynamodb/signature.ts';
import type { StreamEvent } from '../src/count/stream-batch.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

interface Shard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
}

/** The parts of answers that are read here. */
interface Answer {
  readonly Streams?: readonly { readonly StreamArn: string; readonly TableName: string }[];
  readonly StreamDescription?: { readonly Shards: readonly Shard[]; readonly LastEvaluatedShardId?: string };
  readonly ShardIterator?: string;
  readonly NextShardIterator?: string;
  readonly Records?: readonly DynamoDBRecord[];
}

export interface StreamBatchEvent extends StreamEvent {
  readonly Records: readonly DynamoDBRecord[];
  readonly shardId: string;
}

export class TableStream {
  readonly #endpoint: URL;
  readonly #arn: string;
  /** Where each shard goes on; `undefined`: it has closed, and was read to its end. */
  readonly #iterators = new Map<string, string | undefined>();

  private constructor(endpoint: URL, arn: string) {
    this.#endpoint = endpoint;
    this.#arn = arn;
  }

  /** @throws Error where the table has no stream */
  static async open(endpoint: string, table: string): Promise<TableStream> {
    const url = new URL(endpoint);
    const { Streams: streams = [] } = await call(url, 'ListStreams', { TableName: table });
    const arn = streams.find(({ TableName }) => TableName === table)?.StreamArn;
    if (arn === undefined) throw new Error(`The table ${table} has no stream.`);
    return new TableStream(url, arn);
  }

  /** What came since the last call, at most `limit` records in a batch. */
  async *batches(limit = 1000): AsyncGenerator<StreamBatchEvent> {
    for (const { ShardId: shardId } of await this.#shards()) {
      if (!this.#iterators.has(shardId)) this.#iterators.set(shardId, await this.#start(shardId));
      for (;;) {
        const iterator = this.#iterators.get(shardId);
        if (iterator === undefined) break;
        const { Records: records = [], NextShardIterator: next } = await this.#get(iterator, limit);
        if (records.length > 0) yield { Records: records.map(asOnAws), shardId };
        // Only now: a batch that was not taken is read again.
        this.#iterators.set(shardId, next);
        if (records.length === 0) break;
      }
    }
  }

  /** Parents first: their records are older. */
  async #shards(): Promise<readonly Shard[]> {
    const shards: Shard[] = [];
    let from: string | undefined;
    do {
      const { StreamDescription: part } = await call(this.#endpoint, 'DescribeStream', {
        StreamArn: this.#arn,
        ...(from !== undefined && { ExclusiveStartShardId: from }),
      });
      shards.push(...(part?.Shards ?? []));
      from = part?.LastEvaluatedShardId;
    } while (from !== undefined);
    return shards;
  }

  async #start(shardId: string): Promise<string | undefined> {
    const request = { StreamArn: this.#arn, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' };
    return (await call(this.#endpoint, 'GetShardIterator', request)).ShardIterator;
  }

  #get(iterator: string, limit: number): Promise<Answer> {
    return call(this.#endpoint, 'GetRecords', { ShardIterator: iterator, Limit: limit });
  }
}

/** What DynamoDB Local 3.3.1 makes of a deletion by TTL: the name of an event that it does not know, and no identity. */
function asOnAws(record: DynamoDBRecord): DynamoDBRecord {
  if (String(record.eventName) !== 'UNKNOWN_TO_SDK_VERSION') return record;
  const userIdentity: unknown = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  return { ...record, eventName: 'REMOVE', userIdentity };
}

const INTERVAL_MS = 200;

/**
 * Invokes `handler` with what comes, until it is stopped.
 *
 * @param failed told of a batch that was not taken, which is tried again
 */
export async function follow(
  stream: TableStream,
  handler: (event: StreamEvent) => Promise<unknown>,
  { signal, failed }: { readonly signal: AbortSignal; readonly failed: (error: unknown) => void },
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of stream.batches()) await handler(event);
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

async function call(endpoint: URL, operation: string, input: object): Promise<Answer> {
  const body = JSON.stringify(input);
  const unsigned = {
    host: endpoint.host,
    path: endpoint.pathname,
    body,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDBStreams_20120810.${operation}` },
  };
  const headers = sign(unsigned, CREDENTIALS, 'us-east-1', Date.now());
  const response = await fetch(endpoint, { method: 'POST', headers, body });
  const answer = (await response.json()) as Answer & { readonly __type?: string };
  const { __type: type = 'no type of error' } = answer;
  if (!response.ok) throw new Error(`${operation} was answered ${response.status}: ${type}`);
  return answer;
}
