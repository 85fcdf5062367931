import { describe, expect, it } from 'vitest';
import { NotANumberError } from '../../../src/cache/errors.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';
import type { CacheEntry, CacheStore, CacheValue, Precondition, SetOptions } from '../../../src/cache/store.ts';
import type { Subject } from '../conformance.ts';

/** Writes a value that must get through, and answers the entry. */
export async function written(
  store: CacheStore,
  key: string,
  value: CacheValue,
  options?: SetOptions,
): Promise<CacheEntry> {
  const result = await store.set(key, value, options);
  expect(result.written).toBe(true);
  if (!result.written) throw new Error('not written');
  return result.entry;
}

const anyVersion: unknown = expect.any(Number);

export function describeWrites({ open }: Subject): void {
  describe('get and set', () => {
    it('answers undefined for what is not there', async () => {
      const store = await open();
      expect(await store.get('key')).toBeUndefined();
      expect(await store.get('key', { consistent: true })).toBeUndefined();
    });

    it('answers the entry that set wrote, with a value, a version and nothing else', async () => {
      const store = await open();
      const entry = await written(store, 'key', 'value');
      expect(entry).toStrictEqual({ value: 'value', version: anyVersion });
      expect(await store.get('key', { consistent: true })).toStrictEqual(entry);
      expect(await store.set('key', 'next', { if: { absent: true } })).toStrictEqual({
        written: false,
        current: entry,
      });
    });

    it('gives every write of a value a version of its own, even of the same value', async () => {
      const store = await open();
      const versions = [(await written(store, 'key', 1)).version, (await written(store, 'key', 1)).version];
      await store.increment('key', 0);
      versions.push((await store.get('key'))?.version ?? -1);
      await store.setMany([['key', 1], ['other', 1]]); // prettier-ignore
      for (const entry of (await store.getMany(['key', 'other'])).values()) versions.push(entry.version);
      expect(new Set(versions).size).toBe(5);
      for (const version of versions) expect(Number.isSafeInteger(version) && version >= 0).toBe(true);
    });
  });

  describe('set if absent', () => {
    it('writes where nothing is', async () => {
      const store = await open();
      const entry = await written(store, 'key', 'first', { if: { absent: true } });
      expect(await store.get('key')).toStrictEqual(entry);
    });

    it('answers what is there and changes nothing otherwise', async () => {
      const store = await open();
      const entry = await written(store, 'key', 'first', { ttl: 60 });
      const result = await store.set('key', 'second', { if: { absent: true } });
      expect(result).toStrictEqual({ written: false, current: entry });
      expect(await store.get('key')).toStrictEqual(entry);
    });
  });

  describe('set if the version is', () => {
    it('writes over that version, and not again', async () => {
      const store = await open();
      const { version } = await written(store, 'key', 1);
      const second = await written(store, 'key', 2, { if: { version } });
      expect(await store.set('key', 3, { if: { version } })).toStrictEqual({ written: false, current: second });
      expect(await store.get('key')).toStrictEqual(second);
    });

    it('writes nothing where nothing is', async () => {
      const store = await open();
      const { version } = await written(store, 'key', 1);
      await store.delete('key');
      expect(await store.set('key', 2, { if: { version } })).toStrictEqual({ written: false });
      expect(await store.get('key')).toBeUndefined();
    });

    it.each([
      ['set', (store: CacheStore) => store.set('key', 1)],
      ['setMany', (store: CacheStore) => store.setMany([['key', 1]])],
      ['increment', (store: CacheStore) => store.increment('key')],
    ])('does not match a record deleted and written again by %s', async (_, write) => {
      const store = await open();
      const { version } = await written(store, 'key', 1);
      await store.delete('key');
      await write(store);
      const result = await store.set('key', 2, { if: { version } });
      expect(result).toMatchObject({ written: false, current: { value: 1 } });
    });
  });

  describe('delete', () => {
    it('brings back what it removed', async () => {
      const store = await open();
      const entry = await written(store, 'key', 'value', { ttl: 60 });
      expect(await store.delete('key')).toStrictEqual({ deleted: true, entry });
      expect(await store.get('key')).toBeUndefined();
      expect(await store.delete('key')).toStrictEqual({ deleted: false });
    });

    it('removes one version only, if asked to', async () => {
      const store = await open();
      const old = await written(store, 'key', 1);
      const entry = await written(store, 'key', 2);
      expect(await store.delete('key', { if: { version: old.version } })).toStrictEqual({
        deleted: false,
        current: entry,
      });
      expect(await store.get('key')).toStrictEqual(entry);
      expect(await store.delete('key', { if: { version: entry.version } })).toStrictEqual({ deleted: true, entry });
      expect(await store.get('key')).toBeUndefined();
      expect(await store.delete('key', { if: { version: entry.version } })).toStrictEqual({ deleted: false });
    });

    it('never removes anything on condition that nothing is there', async () => {
      const store = await open();
      const absent: Precondition = { absent: true };
      expect(await store.delete('key', { if: absent })).toStrictEqual({ deleted: false });
      const entry = await written(store, 'key', 1);
      expect(await store.delete('key', { if: absent })).toStrictEqual({ deleted: false, current: entry });
      expect(await store.get('key')).toStrictEqual(entry);
    });
  });

  describe('increment', () => {
    it('starts at 0 and adds 1 unless told', async () => {
      const store = await open();
      expect(await store.increment('key')).toBe(1);
      expect(await store.increment('key')).toBe(2);
      expect(await store.increment('key', 40)).toBe(42);
      expect(await store.increment('key', -50)).toBe(-8);
      expect(await store.get('key')).toStrictEqual({ value: -8, version: anyVersion });
    });

    it('creates a 0 when adding 0', async () => {
      const store = await open();
      expect(await store.increment('key', 0)).toBe(0);
      expect((await store.get('key'))?.value).toBe(0);
    });

    it.each([['set'], ['setMany']])('adds to a number written by %s', async (method) => {
      const store = await open();
      if (method === 'set') await store.set('key', 10);
      else await store.setMany([['key', 10]]);
      expect(await store.increment('key', 5)).toBe(15);
    });

    it.each([
      ['text', 'text'],
      ['text that looks like a number', '5'],
      ['empty text', ''],
      ['bytes', new Uint8Array([5])],
      ['large text', '5'.repeat(3000)],
    ])('refuses %s and changes nothing', async (_, value) => {
      const store = await open();
      const entry = await written(store, 'key', value);
      for (const options of [{}, { ttl: 60 }]) {
        const error = await store.increment('key', 1, options).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(NotANumberError);
        expect(error).toMatchObject({ code: 'NOT_A_NUMBER', key: 'key' });
      }
      expect(await store.get('key')).toStrictEqual(entry);
    });

    it.each([
      [Number.MAX_SAFE_INTEGER, 1],
      [Number.MIN_SAFE_INTEGER, -1],
      [2, Number.MAX_SAFE_INTEGER],
      [-2, Number.MIN_SAFE_INTEGER],
      [1e100, 1],
    ])('refuses to add to %d what would leave the safe integers, and changes nothing', async (before, by) => {
      const store = await open();
      const entry = await written(store, 'key', before);
      for (const options of [{}, { ttl: 60 }]) {
        await expect(store.increment('key', by, options)).rejects.toThrow(InvalidArgumentError);
      }
      expect(await store.get('key')).toStrictEqual(entry);
    });

    it.each([
      [Number.MAX_SAFE_INTEGER - 1, 1, Number.MAX_SAFE_INTEGER],
      [Number.MIN_SAFE_INTEGER + 1, -1, Number.MIN_SAFE_INTEGER],
      [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0],
    ])('adds up to the ends of the safe integers: %d and %d', async (before, by, sum) => {
      const store = await open();
      await store.set('key', before);
      expect(await store.increment('key', by)).toBe(sum);
      expect((await store.get('key'))?.value).toBe(sum);
    });
  });
}
