import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/count/stream-batch.ts';
import { ConfigError, InvalidArgumentError } from '../../src/errors.ts';

const COUNTED = { prefix: 'session:', keyAttribute: 'key' };
const TTL = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

function record(eventName: DynamoDBRecord['eventName'], sequence: string, own: Partial<DynamoDBRecord> = {}) {
  const Keys = { key: { S: 'session:a' } };
  return {
    eventName,
    dynamodb: { Keys, SequenceNumber: sequence, ApproximateCreationDateTime: 1_700_000_000 },
    ...own,
  };
}

const read = (...Records: DynamoDBRecord[]) => batchOf({ shardId: 'shard', Records }, COUNTED).changes;

describe('A batch of the stream', () => {
  it('tells what came from what expired and what somebody removed', () => {
    const somebody = { type: 'AssumedRole', principalId: 'somebody' };
    const changes = read(
      record('INSERT', '1'),
      record('REMOVE', '2', { userIdentity: TTL }),
      record('REMOVE', '3'),
      record('REMOVE', '4', { userIdentity: somebody }),
      record('REMOVE', '5', { userIdentity: { ...TTL, type: 'AssumedRole' } }),
    );
    expect(changes.map(({ kind }) => kind)).toEqual(['created', 'expired', 'removed', 'removed', 'removed']);
    expect(changes[0]).toEqual({ kind: 'created', sequence: '1'.padStart(40, '0'), at: 1_700_000_000_000 });
  });

  it('leaves out what the event filter should have', () => {
    const of = (key: string, attribute = 'key') =>
      record('INSERT', '1', { dynamodb: { SequenceNumber: '1', Keys: { [attribute]: { S: key } } } });
    expect(read(record('MODIFY', '1'), of('cache:a'), of('sessions:a'), of('shop:session:a'), of('session:a', 'id'))).toEqual([]); // prettier-ignore
    expect(read({}, record('INSERT', '1', { dynamodb: {} }))).toEqual([]);
  });

  it('goes by the prefix and the key attribute of the table', () => {
    const Records = [
      record('INSERT', '1', { dynamodb: { SequenceNumber: '1', Keys: { id: { S: 'shop:session:a' } } } }),
    ];
    const counted = { prefix: 'shop:session:', keyAttribute: 'id' };
    expect(batchOf({ shardId: 'shard', Records }, counted).changes.length).toBe(1);
  });

  it('is in the order of its numbers, however long they are, and has each once', () => {
    const changes = read(record('INSERT', '100'), record('INSERT', '99'), record('INSERT', '100'));
    expect(changes.map(({ sequence }) => Number(sequence))).toEqual([99, 100]);
  });

  it('needs to know its shard, unless there is nothing to count', () => {
    expect(() => batchOf({ Records: [record('INSERT', '1')] }, COUNTED)).toThrow(ConfigError);
    expect(batchOf({ Records: [record('MODIFY', '1')] }, COUNTED).changes).toEqual([]);
    expect(batchOf({}, COUNTED).changes).toEqual([]);
  });

  it.each(['', 'x', '1'.repeat(41)])('is refused where a record of it has the number %j', (sequence) => {
    expect(() => read(record('INSERT', sequence))).toThrow(InvalidArgumentError);
  });

  it('counts a record as made now that does not say when it was', () => {
    const dynamodb = { SequenceNumber: '1', Keys: { key: { S: 'session:a' } } };
    expect(read(record('INSERT', '1', { dynamodb }))[0]?.at).toBeGreaterThan(1_700_000_000_000);
  });
});
