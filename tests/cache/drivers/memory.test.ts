import { describe, expect, it, vi } from 'vitest';
import { MemoryEngine, MemoryStore } from '../../../src/cache/drivers/memory.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';
import type { PurgeBatch } from '../../../src/cache/store.ts';
import { cacheStoreConformance, manualTime } from '../conformance.ts';
import { purge } from '../conformance/purge.ts';

cacheStoreConformance('MemoryStore', (options) => new MemoryStore(options));

async function keysIn(store: MemoryStore, keys: Iterable<string>): Promise<string[]> {
  return [...(await store.getMany(keys)).keys()];
}

describe('a full MemoryStore', () => {
  it('drops the least recently used entry', async () => {
    const store = new MemoryStore({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c', 'd']) await store.set(key, 1);
    expect(await keysIn(store, ['a', 'b', 'c', 'd'])).toEqual(['b', 'c', 'd']);
  });

  it.each([
    ['get', (store: MemoryStore) => store.get('a')],
    ['getMany', (store: MemoryStore) => store.getMany(['a'])],
    ['set', (store: MemoryStore) => store.set('a', 2)],
    ['a failed set', (store: MemoryStore) => store.set('a', 2, { if: { absent: true } })],
    ['setMany', (store: MemoryStore) => store.setMany([['a', 2]])],
    ['increment', (store: MemoryStore) => store.increment('a')],
    ['touch', (store: MemoryStore) => store.touch('a', 60)],
    ['lock', (store: MemoryStore) => store.lock('a', { owner: 'a', milliseconds: 1000 })],
  ])('counts %s as a use', async (_, use) => {
    const store = new MemoryStore({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await store.set(key, 1);
    await use(store);
    await store.set('d', 1);
    expect(await keysIn(store, ['b', 'a', 'c', 'd'])).toEqual(['a', 'c', 'd']);
  });

  it('drops the others in the order of their use as well', async () => {
    const store = new MemoryStore({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await store.set(key, 1);
    await store.get('a');
    for (const key of ['d', 'e']) await store.set(key, 1);
    expect(await keysIn(store, ['b', 'c', 'd', 'e', 'a'])).toEqual(['d', 'e', 'a']);
    for (const key of ['f', 'g']) await store.set(key, 1);
    expect(await keysIn(store, ['d', 'e', 'a', 'f', 'g'])).toEqual(['a', 'f', 'g']);
  });

  it('drops what has expired before what is alive', async () => {
    const time = manualTime();
    const store = new MemoryStore({ maxEntries: 3, clock: time.now });
    await store.set('old', 1);
    await store.set('older by use', 1);
    await store.set('expired', 1, { ttl: 1 });
    await time.advance(2000);
    await store.set('new', 1);
    expect(await keysIn(store, ['old', 'older by use', 'expired', 'new'])).toEqual(['old', 'older by use', 'new']);
  });

  it('drops all that has expired before what is alive, however much room is needed', async () => {
    const time = manualTime();
    const store = new MemoryStore({ maxBytes: 25_000, clock: time.now });
    await store.set('old', 1);
    for (let number = 0; number < 20; number++) await store.set(`${number}`, new Uint8Array(1000), { ttl: 1 });
    await time.advance(2000);
    await store.set('new', new Uint8Array(20_000));
    expect(await keysIn(store, ['old', 'new'])).toEqual(['old', 'new']);
  });

  it('holds no more records than it may, locks without an entry included', async () => {
    const engine = new MemoryEngine({ maxEntries: 10 });
    const store = new MemoryStore({ engine });
    for (let number = 0; number < 50; number++) {
      await store.lock(`lock-${number}`, { owner: 'a', milliseconds: 60_000 });
      await store.set(`key-${number}`, 1);
      await store.increment(`count-${number}`);
      expect(engine.size).toBeLessThanOrEqual(10);
    }
    await store.setMany(Array.from({ length: 50 }, (_, number) => [`many-${number}`, 1]));
    expect(engine.size).toBe(10);
    expect(await store.get('many-49')).toMatchObject({ value: 1 });
  });

  it('holds no more bytes than it may', async () => {
    const engine = new MemoryEngine({ maxBytes: 10_000 });
    const store = new MemoryStore({ engine });
    for (let number = 0; number < 20; number++) await store.set(`${number}`, new Uint8Array(1000));
    expect(engine.size).toBe(9);
    await store.set('19', 'x'.repeat(2500));
    expect(engine.size).toBe(5);
    expect(await store.get('19')).toMatchObject({ value: 'x'.repeat(2500) });
    await store.deleteMany(['19']);
    for (let number = 0; number < 9; number++) await store.set(`${number}`, new Uint8Array(1000));
    expect(engine.size).toBe(9);
  });

  it('counts the bytes of keys, two for a character, and eight for a number, up to the last one', async () => {
    const engine = new MemoryEngine({ maxBytes: 4 * 208 });
    const store = new MemoryStore({ engine });
    for (let number = 0; number < 9; number++) await store.set(`${number}`.repeat(100), 1);
    expect(engine.size).toBe(4);
    await store.set('a', 1);
    expect(engine.size).toBe(4);
  });

  it('may hold one entry', async () => {
    const store = new MemoryStore({ maxEntries: 1 });
    for (const key of ['a', 'b']) await store.set(key, 1);
    expect(await keysIn(store, ['a', 'b'])).toEqual(['b']);
  });

  it('is bounded together with its namespaces', async () => {
    const store = new MemoryStore({ maxEntries: 2 });
    await store.namespace('a').set('key', 1);
    await store.namespace('b').set('key', 2);
    await store.set('key', 3);
    expect(await keysIn(store, ['a:key', 'b:key', 'key'])).toEqual(['b:key', 'key']);
  });

  it.each([0, -1, 1.5, Number.NaN])('may not have a bound of %d', (bound) => {
    expect(() => new MemoryStore({ maxEntries: bound })).toThrow(InvalidArgumentError);
    expect(() => new MemoryStore({ maxBytes: bound })).toThrow(InvalidArgumentError);
    expect(() => new MemoryStore({ maxBytes: bound })).toThrow(
      `maxBytes must be a positive whole number; got ${bound}`,
    );
  });
});

describe('expired entries of a MemoryStore', () => {
  it('are freed by writes to other keys', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    await store.setMany(Array.from({ length: 1000 }, (_, number) => [`key-${number}`, 1, 1]));
    await time.advance(2000);
    for (let number = 0; number < 1000; number++) await store.set('other', number);
    expect(engine.size).toBe(1);
  });

  it('are freed eight at a time, so that no write is slow', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    await store.setMany(Array.from({ length: 20 }, (_, number) => [`key-${number}`, 1, 1]));
    await time.advance(2000);
    const sizes: number[] = [];
    for (let write = 0; write < 4; write++) {
      await store.set('other', write);
      sizes.push(engine.size);
    }
    expect(sizes).toEqual([13, 5, 1, 1]);
  });

  it('that are deleted, or kept for good, while others are freed are left alone', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    const keys = Array.from({ length: 30 }, (_, number) => `key-${number}`);
    await store.setMany(keys.map((key) => [key, 1, 1]));
    await time.advance(2000);
    // The first write finds all of them due, and frees only a few.
    await store.set('other', 1);
    await store.deleteMany(keys.slice(0, 15));
    await store.setMany(keys.slice(15).map((key) => [key, 2]));
    for (let write = 0; write < 10; write++) await store.set('other', write);
    await time.advance(1e9);
    for (let write = 0; write < 10; write++) await store.set('other', write);
    expect(await keysIn(store, keys)).toEqual(keys.slice(15));
  });

  it('are freed when they are met', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    await store.set('key', 1, { ttl: 1 });
    await time.advance(2000);
    await store.get('key');
    expect(engine.size).toBe(0);
  });

  it('are counted and freed by deleteExpired', async () => {
    const time = manualTime();
    const store = new MemoryStore({ clock: time.now });
    await store.setMany([['a', 1, 1], ['b', 1, 1], ['c', 1], ['other:d', 1, 1]]); // prettier-ignore
    await store.lock('valueless', { owner: 'a', milliseconds: 1000 });
    await time.advance(3000);
    const counts = { skipped: 0, readUnits: 0, writeUnits: 0 };
    expect(await purge(store.namespace('other'))).toEqual([{ ...counts, scanned: 1, expired: 1, deleted: 1 }]);
    expect(await purge(store)).toEqual([{ ...counts, scanned: 4, expired: 3, deleted: 3 }]);
  });

  it('are deleted in batches, and those left alone are there for the next time', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    await store.setMany(Array.from({ length: 60 }, (_, number) => [`key-${number}`, 1, 1]));
    await time.advance(2000);
    const records: number[] = [];
    const before = (batch: PurgeBatch) => records.push(batch.records) !== 2;
    expect((await purge(store, { before })).at(-1)).toMatchObject({ expired: 60, deleted: 35, skipped: 25 });
    expect(records).toEqual([25, 25, 10]);
    expect(engine.size).toBe(25);
    expect((await purge(store)).at(-1)).toMatchObject({ scanned: 25, deleted: 25 });
  });

  it('are not freed when they were renewed after they had been found', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    const keys = Array.from({ length: 100 }, (_, number) => `key-${number}`);
    await store.setMany(keys.map((key) => [key, 1, 1]));
    await time.advance(2000);
    // The first write finds all of them due, and frees only a few.
    await store.set('other', 1);
    await store.setMany(keys.map((key) => [key, 2, 60]));
    for (let number = 0; number < 100; number++) await store.set('other', number);
    expect(await keysIn(store, keys)).toEqual(keys);
    await time.advance(61_000);
    for (let number = 0; number < 100; number++) await store.set('other', number);
    expect(engine.size).toBe(1);
  });

  it('come due later when the clock is set back', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    const keys = Array.from({ length: 20 }, (_, number) => `key-${number}`);
    await store.setMany(keys.map((key) => [key, 1, 1]));
    await time.advance(2000);
    await store.set('other', 1);
    await time.advance(-2000);
    const left = engine.size - 1;
    expect(left).toBeGreaterThan(0);
    for (let number = 0; number < 20; number++) await store.set('other', number);
    expect(await keysIn(store, keys)).toHaveLength(left);
    await time.advance(2000);
    for (let number = 0; number < 20; number++) await store.set('other', number);
    expect(engine.size).toBe(1);
  });
});

describe('a MemoryEngine', () => {
  it('is shared by the stores it is given to', async () => {
    const engine = new MemoryEngine();
    await new MemoryStore({ engine, prefix: 'a' }).set('key', 'value');
    expect(await new MemoryStore({ engine }).get('a:key')).toMatchObject({ value: 'value' });
    expect(await new MemoryStore().get('a:key')).toBeUndefined();
  });

  it('reads the clock at each call', async () => {
    const store = new MemoryStore();
    await store.set('key', 1, { ttl: 60 });
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    expect(await store.get('key')).toBeUndefined();
    now.mockRestore();
  });
});

it('holds bytes up to DynamoDB’s limit, counting the key, the other attributes and a lock', async () => {
  const store = new MemoryStore({ prefix: 'p' });
  const rest = 400 * 1024 - 'p:é'.length - 1 - 53 - 128;
  await store.set('é', new Uint8Array(rest));
  const error: unknown = await store.set('é', new Uint8Array(rest + 1)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ENTRY_TOO_LARGE', key: 'é', size: 400 * 1024 + 1, limit: 400 * 1024 });
});

it('holds text over the limit that compresses to less, as DynamoDB does', async () => {
  const store = new MemoryStore();
  const text = JSON.stringify(Array.from({ length: 50_000 }, (_, number) => ({ id: number, name: 'the same' })));
  await store.set('key', text);
  expect((await store.get('key'))?.value).toBe(text);
});
