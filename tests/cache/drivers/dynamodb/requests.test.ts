/** What the driver sends for one record, and what it makes of answers that are unusual. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DynamoDBStore, type DynamoDBStoreOptions } from '../../../../src/cache/drivers/dynamodb.ts';
import { StoreUnavailableError } from '../../../../src/cache/errors.ts';
import { ConfigError } from '../../../../src/errors.ts';
import { CAPACITY, answeringServer, refusal, type Answered, type Answering } from './answering-server.ts';

const NOW = Date.UTC(2050, 0, 1);
const SECONDS = NOW / 1000;
const KEY = { key: { S: 'p:k' } };
const LIVING = { ...KEY, value: { S: 'v' }, version: { N: '7' } };
const BROKEN = refusal('InternalServerError', 500);

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0); // no pauses
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function open(answer: Answering, options: DynamoDBStoreOptions = {}) {
  const { endpoint, received } = await answeringServer(answer);
  return { store: new DynamoDBStore({ endpoint, prefix: 'p', clock: () => NOW, ...options }), received };
}

/** A condition that did not hold, and the record that was there. */
function conditionFailed(item?: object): Answered {
  return refusal('ConditionalCheckFailedException', 400, item && { Item: item });
}

/** The first try breaks after it may have been applied; then these answers, the last of them for all that follow. */
function afterLosing(...answers: Answered[]): Answering {
  return (_, count) => (count === 1 ? BROKEN : answers[Math.min(count - 2, answers.length - 1)]);
}

const lockOf = (owner: string, more: object = {}) => ({
  lock_owner: { S: owner },
  lock_expires_at: { N: String(NOW + 500) },
  ...more,
});

describe('The driver', () => {
  it('reads one record, consistently', async () => {
    const { store, received } = await open(() => ({ body: { ...CAPACITY, Item: LIVING } }), { table: 'other' });
    expect(await store.get('k')).toStrictEqual({ value: 'v', version: 7 });
    const request = { TableName: 'other', Key: KEY, ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL' };
    expect(received.map(({ operation, input }) => [operation, input])).toEqual([['GetItem', request]]);
  });

  it('writes one record, and asks for the one that is in its way', async () => {
    const { store, received } = await open(() => ({ body: CAPACITY }));
    await store.set('k', 'v', { ttl: 60 });
    expect(received[0]?.input).toMatchObject({
      TableName: 'cache',
      Key: KEY,
      UpdateExpression: 'SET #value = :value, #version = :version, #expires = :expires REMOVE #encoding',
      ExpressionAttributeValues: {
        ':value': { S: 'v' },
        ':expires': { N: String(SECONDS + 60) },
        ':now': { N: String(SECONDS) },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ReturnConsumedCapacity: 'TOTAL',
    });
  });

  it('asks for no record back where nobody needs it', async () => {
    const { store, received } = await open(() => ({ body: CAPACITY }));
    await store.touch('k', 60);
    await store.unlock('k', 'a');
    await store.set('k', 'v', { if: { owner: 'a' }, release: true });
    expect(received.map(({ input }) => input.ReturnValues)).toEqual(['NONE', 'NONE', 'NONE']);
  });

  it('deletes one record, and asks for what it was', async () => {
    const { store, received } = await open(() => ({ body: { ...CAPACITY, Attributes: LIVING } }));
    expect(await store.delete('k')).toStrictEqual({ deleted: true, entry: { value: 'v', version: 7 } });
    expect(received.map(({ operation }) => operation)).toEqual(['DeleteItem']);
    expect(received[0]?.input).toStrictEqual({
      TableName: 'cache',
      Key: KEY,
      ConditionExpression: 'attribute_exists(#key)',
      ExpressionAttributeNames: { '#key': 'key' },
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ReturnConsumedCapacity: 'TOTAL',
    });
  });

  it('reads the record that made a condition fail only where the engine does not bring it', async () => {
    const answer: Answering = ({ operation }) =>
      operation === 'GetItem' ? { body: { ...CAPACITY, Item: LIVING } } : conditionFailed();
    const modern = await open(answer);
    expect(await modern.store.set('k', 'v', { if: { version: 1 } })).toStrictEqual({ written: false });
    expect(modern.received.map(({ operation }) => operation)).toEqual(['UpdateItem']);
    const old = await open(answer, { readsFailedConditions: true });
    const current = { value: 'v', version: 7 };
    expect(await old.store.set('k', 'v', { if: { version: 1 } })).toStrictEqual({ written: false, current });
    expect(await old.store.delete('k', { if: { version: 1 } })).toStrictEqual({ deleted: false, current });
    expect(old.received.map(({ operation }) => operation)).toEqual(['UpdateItem', 'GetItem', 'DeleteItem', 'GetItem']);
    expect(old.received[1]?.input).toMatchObject({ ConsistentRead: true });
  });

  it('does not read a record that came along', async () => {
    const { store, received } = await open(() => conditionFailed(LIVING), { readsFailedConditions: true });
    await store.set('k', 'v', { if: { version: 1 } });
    expect(received).toHaveLength(1);
  });

  it('has the namespaces of a namespace below it, on the same connection', async () => {
    const { store, received } = await open(() => ({ body: CAPACITY }));
    await store.namespace('a').namespace('b:').get('k');
    expect(received[0]?.input.Key).toEqual({ key: { S: 'p:a:b:k' } });
  });

  it('has no prefix unless it is given one', async () => {
    const { store, received } = await open(() => ({ body: CAPACITY }), { prefix: undefined as unknown as string });
    await store.get('k');
    expect(received[0]?.input.Key).toEqual({ key: { S: 'k' } });
  });

  it('keeps text as bytes where it is told to, also in batches', async () => {
    const { store, received } = await open(() => ({ body: CAPACITY }), { valueType: 'binary' });
    await store.set('k', 'text');
    await store.setMany([['k', 'text']]);
    const value = { B: Buffer.from('text').toString('base64') };
    expect(received[0]?.input.ExpressionAttributeValues).toMatchObject({
      ':value': value,
      ':encoding': { S: 'utf-8' },
    });
    expect(received[1]?.input.RequestItems.cache[0].PutRequest.Item).toMatchObject({ value, encoding: { S: 'utf-8' } });
  });

  it('names the key that it was asked for in its errors', async () => {
    const { store } = await open(() => refusal('AccessDeniedException'));
    for (const call of [store.get('k'), store.delete('k'), store.set('k', 1), store.increment('k')]) {
      await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', key: 'k' });
    }
  });

  it.each<[DynamoDBStoreOptions, string]>([
    [{ endpoint: 'ftp://127.0.0.1' }, 'The endpoint of DynamoDB must be an http or https URL.'],
    [{ endpoint: 'see:http://127.0.0.1' }, 'The endpoint of DynamoDB must be an http or https URL.'],
    [{ attributes: { value: 'version' } }, 'Two attributes are called "version".'],
    [{ attributes: { value: 'encoding' } }, 'Two attributes are called "encoding".'],
    [{ attributes: { expires: 'lock_turn' } }, 'Two attributes are called "lock_turn".'],
    [{ attributes: { key: 'value' } }, 'Two attributes are called "value".'],
    [{ attributes: { key: 'expires_at' } }, 'Two attributes are called "expires_at".'],
  ])('says what is wrong with %j', (options, message) => {
    expect(() => new DynamoDBStore(options)).toThrow(ConfigError);
    expect(() => new DynamoDBStore(options)).toThrow(message);
  });
});

describe('A record in an unusual state', () => {
  const line = (next: number, turn: number) => ({ lock_next: { N: String(next) }, lock_turn: { N: String(turn) } });
  const until = (expiresAt: number) => ({ expires_at: { N: String(expiresAt) } });
  const MINE = { owner: 'me', milliseconds: 500, existing: true } as const;

  it.each<[string, object, object]>([
    ['of somebody else’s lock', { ...LIVING, ...lockOf('other') }, { leaseEndsAt: NOW + 500 }],
    ['of somebody else’s lock, that ends before it', { ...LIVING, ...lockOf('other'), ...until(SECONDS) }, {}],
    ['that has expired', { ...LIVING, ...until(SECONDS) }, {}],
    ['that only holds a lock', { ...KEY, ...lockOf('other') }, { leaseEndsAt: NOW + 500 }],
    ['that has a line', { ...LIVING, ...line(2, 1) }, { isInLine: true }],
    ['that is locked and has a line', { ...LIVING, ...lockOf('other'), ...line(2, 1) }, { leaseEndsAt: NOW + 500, isInLine: true }], // prettier-ignore
  ])('is not locked, after one request: %s', async (_, item, more) => {
    const { store, received } = await open(() => conditionFailed(item));
    expect(await store.lock('k', MINE)).toStrictEqual({ locked: false, ...more });
    expect(received).toHaveLength(1);
  });

  it.each<[string, object, string, string]>([
    [
      'whose line is empty by now',
      { ...LIVING, ...line(2, 2) },
      'SET #owner = :owner, #lease = :lease REMOVE #next, #turn',
      'attribute_exists(#value)',
    ],
    [
      'that is ours already, with others in line',
      { ...LIVING, ...lockOf('me'), ...line(2, 1) },
      'SET #owner = :owner, #lease = :lease',
      'attribute_exists(#value) AND #owner = :owner',
    ],
  ])('is locked with a second request: %s', async (_, item, update, condition) => {
    const { store, received } = await open((_request, count) =>
      count === 1 ? conditionFailed(item) : { body: { ...CAPACITY, Attributes: LIVING } },
    );
    expect(await store.lock('k', MINE)).toMatchObject({ locked: true });
    expect(received.map(({ input }) => input.UpdateExpression)).toHaveLength(2);
    expect(received[1]?.input).toMatchObject({ UpdateExpression: update });
    expect(received[1]?.input.ConditionExpression).toMatch(condition);
  });

  it.each<[string, object, string]>([
    ['that has expired', { ...LIVING, ...until(SECONDS) }, '#expires <= :now'],
    [
      'that only holds a dead lock',
      { ...KEY, ...lockOf('other'), lock_expires_at: { N: '1' } },
      'attribute_not_exists(#value)',
    ],
    ['that never expires', LIVING, 'attribute_exists(#value) AND attribute_not_exists(#expires)'],
    ['that expires later', { ...LIVING, ...until(SECONDS + 5) }, 'attribute_not_exists(#key) OR'],
  ])('%s is locked, missing or not, under the condition for it', async (_, item, condition) => {
    const { store, received } = await open((_request, count) =>
      count === 1 ? conditionFailed(item) : { body: { ...CAPACITY, Attributes: KEY } },
    );
    expect(await store.lock('k', { owner: 'me', milliseconds: 1500 })).toStrictEqual({ locked: true });
    expect(received[1]?.input.ConditionExpression.startsWith(condition)).toBe(true);
    const [first] = received;
    expect(first?.input.ExpressionAttributeValues[':lease']).toEqual({ N: String(NOW + 1500) });
    expect(first?.input.ExpressionAttributeValues[':expires']).toEqual({ N: String(SECONDS + 2) });
  });

  it.each<[string, object, number | undefined, string]>([
    [
      'that never expires, with a ttl',
      { ...LIVING, value: { N: '1' } },
      60,
      '#value BETWEEN :low AND :high AND attribute_not',
    ],
    [
      'that never expires, without',
      { ...LIVING, value: { N: '1' } },
      undefined,
      'attribute_not_exists(#key) OR (#value',
    ],
    [
      'that expires later',
      { ...LIVING, value: { N: '1' }, ...until(SECONDS + 5) },
      60,
      'attribute_not_exists(#key) OR (#value',
    ],
    ['that has expired', { ...LIVING, ...until(SECONDS) }, 60, '#expires <= :now'],
    ['without a value', { ...KEY, ...lockOf('other') }, 60, 'attribute_not_exists(#value)'],
  ])('%s is incremented under the condition for it', async (_, item, ttl, condition) => {
    const { store, received } = await open((_request, count) =>
      count === 1 ? conditionFailed(item) : { body: { ...CAPACITY, Attributes: { value: { N: '2' } } } },
    );
    expect(await store.increment('k', 1, ttl === undefined ? {} : { ttl })).toBe(2);
    expect(received[1]?.input.ConditionExpression.startsWith(condition)).toBe(true);
  });

  it.each<[string, object, object | undefined, number]>([
    ['a living one is not replaced where there should be none', { absent: true }, LIVING, 1],
    ['one that only holds a lock is, where there should be none', { absent: true }, { ...KEY, ...lockOf('other') }, 10],
    ['a missing one is not replaced where there should be a version', { version: 1 }, undefined, 1],
    ['one of another version is not replaced', { version: 1 }, LIVING, 1],
  ])('%s', async (_, condition, item, requests) => {
    const { store, received } = await open(() => conditionFailed(item));
    expect(await store.set('k', 'v', { if: condition as { version: number } })).toMatchObject({ written: false });
    expect(received).toHaveLength(requests);
  });
});

describe('A record that keeps changing', () => {
  it('is followed ten times by a set, which then was not made', async () => {
    const { store, received } = await open(() => conditionFailed(LIVING));
    expect(await store.set('k', 'v')).toStrictEqual({ written: false, current: { value: 'v', version: 7 } });
    expect(received).toHaveLength(10);
  });

  it('is followed ten times by an increment, which then fails', async () => {
    const { store, received } = await open(() => conditionFailed({ ...LIVING, value: { N: '1' } }));
    const error: unknown = await store.increment('k').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ key: 'k', message: 'The record kept changing while it was incremented.' });
    expect(received).toHaveLength(10);
  });

  it('is followed ten times by a lock of what may be missing, and not at all by one of what exists', async () => {
    const { store, received } = await open(() => conditionFailed());
    expect(await store.lock('k', { owner: 'a', milliseconds: 10 })).toStrictEqual({ locked: false });
    expect(received).toHaveLength(10);
    expect(await store.lock('k', { owner: 'a', milliseconds: 10, existing: true })).toStrictEqual({ locked: false });
    expect(received).toHaveLength(11);
  });

  it('is overwritten where it has expired in the meantime', async () => {
    const expired = { ...LIVING, expires_at: { N: String(SECONDS) } };
    const { store, received } = await open((_, count) => (count === 1 ? conditionFailed(expired) : { body: CAPACITY }));
    expect(await store.set('k', 'v', { if: { absent: true } })).toMatchObject({ written: true });
    expect(received[1]?.input).toMatchObject({
      ConditionExpression: '#expires <= :now',
      UpdateExpression: expect.stringContaining('REMOVE #expires, #encoding, #owner, #lease, #next, #turn'),
    });
  });
});

describe('A write whose answer was lost', () => {
  it('knows itself by its version', async () => {
    const { store } = await open(({ input }, count) => {
      if (count === 1) return BROKEN;
      return conditionFailed({ ...LIVING, version: input.ExpressionAttributeValues[':version'] });
    });
    expect(await store.set('k', 'v', { if: { version: 7 } })).toMatchObject({ written: true, entry: { value: 'v' } });
  });

  it('that was overwritten since may have been made', async () => {
    const { store } = await open(afterLosing(conditionFailed(LIVING)));
    const current = { value: 'v', version: 7 };
    expect(await store.set('k', 'v', { if: { version: 1 } })).toStrictEqual({
      written: false,
      current,
      ambiguous: true,
    });
    const sure = await open(() => conditionFailed(LIVING));
    expect(await sure.store.set('k', 'v', { if: { version: 1 } })).toStrictEqual({ written: false, current });
  });

  it('may have deleted what is not there', async () => {
    const { store } = await open(afterLosing(conditionFailed()));
    expect(await store.delete('k')).toStrictEqual({ deleted: false, ambiguous: true });
    const there = await open(afterLosing(conditionFailed(LIVING)));
    const current = { value: 'v', version: 7 };
    expect(await there.store.delete('k')).toStrictEqual({ deleted: false, current });
    const sure = await open(() => conditionFailed());
    expect(await sure.store.delete('k')).toStrictEqual({ deleted: false });
  });

  it('of an increment is an error without the sum', async () => {
    const { store } = await open(() => ({ body: CAPACITY }));
    const error: unknown = await store.increment('k').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ key: 'k', message: 'DynamoDB answered an increment without the sum.' });
  });

  it('has taken the lock in its turn where the record says so', async () => {
    const lease = { owner: 'me', milliseconds: 500, existing: true, turn: 3 } as const;
    const item = (owner: string, turn: number) => ({
      ...LIVING,
      ...lockOf(owner),
      lock_next: { N: '5' },
      lock_turn: { N: String(turn) },
    });
    const ours = await open(afterLosing(conditionFailed(item('me', 3))));
    const entry = { value: 'v', version: 7, leaseEndsAt: NOW + 500, turn: 3 };
    expect(await ours.store.lock('k', lease)).toStrictEqual({ locked: true, entry });
    for (const [other, rest] of [
      [item('other', 3), {}],
      [item('me', 2), { turn: 3 }],
      [item('me', 4), {}],
    ] as const) {
      const { store } = await open(afterLosing(conditionFailed(other)));
      const waiting = { locked: false, leaseEndsAt: NOW + 500, isInLine: true, ...rest };
      expect(await store.lock('k', lease)).toStrictEqual(waiting);
    }
  });

  it('has released the lock where nobody holds it, and the expiry is the one asked for', async () => {
    const moved = { ...LIVING, expires_at: { N: String(SECONDS + 60) } };
    const cases: [object, { ttl?: number }, boolean][] = [
      [LIVING, {}, true],
      [moved, { ttl: 60 }, true],
      [moved, { ttl: 61 }, false],
      [LIVING, { ttl: 60 }, false],
      [{ ...LIVING, ...lockOf('other') }, {}, false],
    ];
    for (const [item, options, released] of cases) {
      const { store } = await open(afterLosing(conditionFailed(item)));
      expect(await store.unlock('k', 'me', options)).toBe(released);
    }
    const sure = await open(() => conditionFailed(LIVING));
    expect(await sure.store.unlock('k', 'me')).toBe(false);
  });
});

describe('A record that only holds a lock', () => {
  const valueless = { ...KEY, ...lockOf('me'), expires_at: { N: String(SECONDS + 1) } };

  it('is deleted by who unlocks it', async () => {
    const { store, received } = await open(({ operation }) =>
      operation === 'UpdateItem' ? conditionFailed(valueless) : { body: { ...CAPACITY, Attributes: valueless } },
    );
    expect(await store.unlock('k', 'me')).toBe(true);
    expect(received.map(({ operation }) => operation)).toEqual(['UpdateItem', 'DeleteItem']);
    expect(received[1]?.input).toMatchObject({
      ConditionExpression: expect.stringContaining('attribute_not_exists(#value) AND #owner = :owner'),
      ExpressionAttributeValues: { ':owner': { S: 'me' } },
    });
  });

  it('is not deleted by others, nor where it has ended', async () => {
    for (const item of [
      { ...valueless, ...lockOf('other') },
      { ...valueless, lock_expires_at: { N: String(NOW) } },
    ]) {
      const { store, received } = await open(() => conditionFailed(item));
      expect(await store.unlock('k', 'me')).toBe(false);
      expect(received).toHaveLength(1);
    }
  });

  it.each<[string, Answering, boolean]>([
    ['is gone, perhaps by this call', (_, count) => (count === 2 ? BROKEN : conditionFailed()), true],
    ['is gone by another call', () => conditionFailed(), false],
    ['is another one now', (_, count) => (count === 2 ? BROKEN : conditionFailed(LIVING)), false],
  ])('%s', async (_, answer, released) => {
    const { store } = await open((request, count) =>
      count === 1 ? conditionFailed(valueless) : answer(request, count),
    );
    expect(await store.unlock('k', 'me')).toBe(released);
  });
});
