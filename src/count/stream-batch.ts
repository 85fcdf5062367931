/** What Lambda delivers of a table's stream, read as changes of the records that are counted. */
import type { DynamoDBRecord } from 'aws-lambda';
import { type Change, inOrder, SEQUENCE_DIGITS } from '../cache/counter.ts';
import { ConfigError, InvalidArgumentError } from '../errors.ts';

/**
 * A batch of one shard: what an event source mapping with a tumbling window delivers. Without one, no shard is named.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 */
export interface StreamEvent {
  readonly Records?: readonly DynamoDBRecord[];
  readonly shardId?: string;
  /** What the last invocation for this window answered. */
  readonly state?: Readonly<Record<string, unknown>>;
  readonly isFinalInvokeForWindow?: boolean;
}

export interface StreamBatch {
  readonly shard: string;
  /** Ascending. */
  readonly changes: readonly Change[];
}

export interface Counted {
  /** Keys of what is counted begin so. */
  readonly prefix: string;
  /** The table's key attribute. */
  readonly keyAttribute: string;
}

/** DynamoDB itself, deleting by TTL. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
const TTL = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const;

/**
 * The changes in a batch. Records of other keys, and those that neither came nor went, are left out: the event filter
 * keeps them away, but need not.
 *
 * @throws ConfigError for an event without a shard
 * @throws InvalidArgumentError for a record of a counted key that has no place in its shard
 */
export function batchOf({ Records: records = [], shardId: shard }: StreamEvent, counted: Counted): StreamBatch {
  const changes = inOrder(records.flatMap((record) => changeIn(record, counted) ?? []));
  if (!shard && changes.length > 0) {
    throw new ConfigError('The event names no shard: its event source mapping needs a TumblingWindowInSeconds.');
  }
  return { shard: shard ?? '', changes };
}

function changeIn(record: DynamoDBRecord, { prefix, keyAttribute }: Counted): Change | undefined {
  const { Keys: keys, SequenceNumber: sequence = '', ApproximateCreationDateTime: seconds } = record.dynamodb ?? {};
  const kind = kindOf(record);
  if (kind === undefined || keys?.[keyAttribute]?.S?.startsWith(prefix) !== true) return undefined;
  if (!/^\d{1,40}$/.test(sequence)) throw new InvalidArgumentError('A record of the stream has no sequence number.');
  const at = typeof seconds === 'number' ? seconds * 1000 : Date.now();
  return { sequence: sequence.padStart(SEQUENCE_DIGITS, '0'), kind, at };
}

function kindOf({ eventName, userIdentity }: DynamoDBRecord): Change['kind'] | undefined {
  if (eventName === 'INSERT') return 'created';
  if (eventName !== 'REMOVE') return undefined;
  return isTtl(userIdentity) ? 'expired' : 'removed';
}

function isTtl(identity: unknown): boolean {
  if (typeof identity !== 'object' || identity === null) return false;
  const { type, principalId }: Partial<Record<keyof typeof TTL, unknown>> = identity;
  return type === TTL.type && principalId === TTL.principalId;
}
