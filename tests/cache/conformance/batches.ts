import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Subject } from '../conformance.ts';

const KEYS = Array.from({ length: 250 }, (_, number) => `key-${number}`);

/** More than one page of a scan, and than one request takes. */
const MANY_LARGE = Array.from({ length: 60 }, (_, number) => [`large-${number}`, randomBytes(20_000)] as const);

function* generated<T>(values: Iterable<T>): Generator<T, void, void> {
  yield* values;
}

export function describeBatches({ open }: Subject): void {
  describe('setMany and getMany', () => {
    it('write and read any number of entries', async () => {
      const store = await open();
      await store.setMany(generated(KEYS.map((key, number) => [key, number] as const)));
      const entries = await store.getMany(generated(KEYS));
      expect(entries.size).toBe(KEYS.length);
      for (const [number, key] of KEYS.entries()) {
        const entry = entries.get(key);
        expect(entry).toStrictEqual({ value: number, version: entry?.version });
      }
    });

    it('read each key once, however often it is asked for, and leave out what is missing', async () => {
      const store = await open();
      await store.setMany(KEYS.map((key) => [key, key]));
      const asked = KEYS.flatMap((key) => [key, `missing-${key}`, key]);
      const entries = await store.getMany(asked);
      expect([...entries.keys()].toSorted()).toEqual(KEYS.toSorted());
      for (const [key, entry] of entries) expect(entry.value).toBe(key);
    });

    it('read what get reads', async () => {
      const store = await open();
      await store.setMany([['a', 'text', 60], ['b', 5], ['c', new Uint8Array([1])]]); // prettier-ignore
      for (const consistent of [true, false]) {
        const entries = await store.getMany(['a', 'b', 'c'], { consistent });
        for (const key of ['a', 'b', 'c']) expect(entries.get(key)).toStrictEqual(await store.get(key));
      }
    });

    it('keep the last of a repeated key, ttl included', async () => {
      const store = await open();
      await store.setMany([
        ...KEYS.map((key) => [key, 'first', 60] as const),
        ...KEYS.map((key) => [key, 'last'] as const),
        ['one', 'first'],
        ['one', 'last', 60],
      ]);
      const entries = await store.getMany([...KEYS, 'one']);
      expect(entries.size).toBe(KEYS.length + 1);
      for (const [key, entry] of entries) {
        expect(entry.value).toBe('last');
        expect(entry.expiresAt !== undefined).toBe(key === 'one');
      }
    });

    it('replace what was there', async () => {
      const store = await open();
      await store.set('key', 'x'.repeat(5000), { ttl: 60 });
      await store.setMany([['key', 'next']]);
      const entry = await store.get('key');
      expect(entry).toStrictEqual({ value: 'next', version: entry?.version });
    });

    it('do nothing when given nothing', async () => {
      const store = await open();
      await store.setMany([]);
      expect(await store.getMany([])).toStrictEqual(new Map());
    });

    it('write and read more than a megabyte', async () => {
      const store = await open();
      await store.setMany(MANY_LARGE);
      const entries = await store.getMany(MANY_LARGE.map(([key]) => key));
      for (const [key, value] of MANY_LARGE) expect(entries.get(key)?.value).toStrictEqual(new Uint8Array(value));
    });

    it.skipIf(process.env['MUTATION'] !== undefined)(
      'read more than one answer of DynamoDB holds, 16 MB',
      async () => {
        const store = await open();
        const value = new Uint8Array(randomBytes(350_000));
        const keys = KEYS.slice(0, 50);
        for (const key of keys) await store.set(key, value);
        const entries = await store.getMany(keys);
        expect(entries.size).toBe(keys.length);
      },
      60_000,
    );
  });

  describe('deleteMany', () => {
    it('removes any number of entries, repeated and missing keys included, and no others', async () => {
      const store = await open();
      await store.setMany([...KEYS, 'other'].map((key) => [key, 1]));
      await store.deleteMany(generated([...KEYS, 'missing', ...KEYS]));
      expect([...(await store.getMany([...KEYS, 'other'])).keys()]).toEqual(['other']);
    });

    it('does nothing when given nothing', async () => {
      const store = await open();
      await store.set('key', 1);
      await store.deleteMany([]);
      expect(await store.get('key')).toMatchObject({ value: 1 });
    });
  });

  describe('clear', () => {
    it('removes everything, however much it is', async () => {
      const store = await open();
      await store.setMany(MANY_LARGE);
      await store.setMany(KEYS.map((key) => [key, 1]));
      await store.clear();
      expect(await store.getMany([...KEYS, ...MANY_LARGE.map(([key]) => key)])).toStrictEqual(new Map());
      await store.clear();
    });
  });
}
