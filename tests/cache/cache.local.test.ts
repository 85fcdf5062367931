import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { Cache } from '../../src/cache/cache.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import type { RequestReport } from '../../src/cache/drivers/dynamodb/connection.ts';

let requests: RequestReport[];
let errors: Error[];
let here: Cache;
let there: Cache;

beforeEach(() => {
  const prefix = `cache-test-${randomUUID()}`;
  const endpoint = String(inject('dynamoDBLocal'));
  const onError = (error: Error): void => void errors.push(error);
  requests = [];
  errors = [];
  const onRequest = (report: RequestReport): void => void requests.push(report);
  here = new Cache(new DynamoDBStore({ endpoint, prefix, onRequest }), { onError });
  there = new Cache(new DynamoDBStore({ endpoint, prefix }), { onError });
});

/** Requests, read units and write units since the last call. */
function costs(): [number, number, number] {
  const { length } = requests;
  const [read, written] = [requests.map((r) => r.readUnits), requests.map((r) => r.writeUnits)];
  requests = [];
  return [length, read.reduce((sum, n) => sum + n, 0), written.reduce((sum, n) => sum + n, 0)];
}

describe('the cache on DynamoDB', () => {
  it('costs one request and one unit for each verb on one key', async () => {
    await here.set('a', { b: 1 }, 60);
    expect(costs()).toEqual([1, 0, 1]);
    await here.get('a');
    expect(costs()).toEqual([1, 1, 0]);
    await here.add('b', 1);
    expect(costs()).toEqual([1, 0, 1]);
    await here.increment('b');
    expect(costs()).toEqual([1, 0, 1]);
    await here.touch('a', 10);
    expect(costs()).toEqual([1, 0, 1]);
    expect(await here.pull('a')).toEqual({ b: 1 });
    expect(costs()).toEqual([1, 0, 1]);
    expect(errors).toEqual([]);
  });

  it('remembers for three requests, and then for one', async () => {
    expect(await here.remember('a', 60, () => ({ computed: 1 }))).toEqual({ computed: 1 });
    expect(costs()).toEqual([3, 1, 2]);
    expect(await here.remember('a', 60, () => ({ computed: 2 }))).toEqual({ computed: 1 });
    expect(costs()).toEqual([1, 1, 0]);
    expect(errors).toEqual([]);
  });

  it('computes once for instances that ask at the same time', async () => {
    let computed = 0;
    const compute = async () => {
      await new Promise(setImmediate);
      return (computed += 1);
    };
    const asked = [here, there].flatMap((cache) => Array.from({ length: 5 }, () => cache.remember('a', 60, compute)));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 10 }, () => 1));
    expect(errors).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, unknown]>([
    ['delete', () => there.delete('a'), undefined],
    ['set', () => there.set('a', 'newer'), 'newer'],
  ])('lets a %s during the computation have the last word', async (_, change, left) => {
    const value = await here.remember('a', 60, async () => {
      await change();
      return 'stale';
    });
    expect(value).toBe('stale');
    expect(await here.get('a')).toBe(left);
  });

  it('keeps numbers that can be counted with, and locks apart from values', async () => {
    await here.set('n', 41);
    await using lock = await here.lock('n', { milliseconds: 10_000 });
    expect(lock).toBeDefined();
    expect(await there.lock('n', { milliseconds: 10_000 })).toBeUndefined();
    expect(await there.increment('n')).toBe(42);
    expect(await here.get('n')).toBe(42);
  });
});
