import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EntryTooLargeError } from '../../../src/cache/errors.ts';
import type { CacheStore, CacheValue } from '../../../src/cache/store.ts';
import { randomPrefix, type Subject } from '../conformance.ts';

const TEXTS = {
  'one word': 'hello',
  'empty text': '',
  'white space': ' \t\r\n ',
  'text that looks like zero': '0',
  'text that looks like a number': '12345678901234567890',
  'text that looks like a number with an exponent': '1e3',
  'text that looks like JSON': '{"a":[1,null]}',
  'text outside ASCII': 'Grüße, 日本語, 👩‍👩‍👧, e\u0301',
  'control characters': 'a\u0000b\u0001c',
  '3 KB of one letter': 'x'.repeat(3000),
  '3 KB of anything': randomBytes(1500).toString('hex'),
};

const NUMBERS = {
  zero: 0,
  one: 1,
  'a negative one': -42,
  'a fraction': 0.1,
  'a third': 1 / 3,
  'the largest safe integer': Number.MAX_SAFE_INTEGER,
  'the smallest safe integer': Number.MIN_SAFE_INTEGER,
  'the largest one': 9.999999999999998e125,
  'the smallest one': -9.999999999999998e125,
  'the one closest to zero': 1e-130,
};

const BYTES = {
  'no bytes': new Uint8Array(),
  'one byte': new Uint8Array([0]),
  'all bytes': Uint8Array.from({ length: 256 }, (_, byte) => byte),
  'bytes that are UTF-8': new TextEncoder().encode('text'),
  'a part of a larger buffer': new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4),
  'a Buffer': Buffer.from('buffer'),
  '100 KB': new Uint8Array(randomBytes(100_000)),
};

const KEYS = [' ', 'a/b?c#d', '..', '__proto__', 'constructor', 'a:b::', '日本語', '👩‍👩‍👧', 'line\nbreak', '\u0000'];

export function describeValues({ open, maxEntryBytes }: Subject): void {
  /** What becomes of a value on each way in and out. */
  async function roundTrips(value: CacheValue) {
    const store = await open();
    const result = await store.set('key', value);
    await store.setMany([['other', value]]);
    const read = await store.get('key');
    const many = await store.getMany(['other']);
    const removed = await store.delete('key');
    return [
      result.written && result.entry.value,
      read?.value,
      many.get('other')?.value,
      removed.deleted && removed.entry.value,
    ];
  }

  describe('text', () => {
    it.each(Object.entries(TEXTS))('keeps %s', async (_, value) => {
      expect(await roundTrips(value)).toStrictEqual([value, value, value, value]);
    });
  });

  describe('numbers', () => {
    it.each(Object.entries(NUMBERS))('keeps %s', async (_, value) => {
      expect(await roundTrips(value)).toStrictEqual([value, value, value, value]);
    });

    it('keeps -0 as 0', async () => {
      // toStrictEqual tells -0 from 0.
      expect(await roundTrips(-0)).toStrictEqual([0, 0, 0, 0]);
    });
  });

  describe('bytes', () => {
    it.each(Object.entries(BYTES))('keeps %s', async (_, value) => {
      const plain = new Uint8Array(value);
      expect(await roundTrips(value)).toStrictEqual([plain, plain, plain, plain]);
    });

    it.each([
      ['Uint8Array', () => new Uint8Array([1, 2, 3])],
      ['Buffer', () => Buffer.from([1, 2, 3])],
    ])('copies a %s on its way in, at the time of the call', async (_, make) => {
      const store = await open();
      const [given, givenToMany] = [make(), make()];
      const writes = [store.set('one', given), store.setMany([['many', givenToMany]])];
      given.fill(9);
      givenToMany.fill(9);
      await Promise.all(writes);
      expect((await store.get('one'))?.value).toStrictEqual(new Uint8Array([1, 2, 3]));
      expect((await store.get('many'))?.value).toStrictEqual(new Uint8Array([1, 2, 3]));
    });

    it('copies them on their way out', async () => {
      const store = await open();
      const kept = new Uint8Array([1, 2, 3]);
      const written = await store.set('key', kept);
      const refused = await store.set('key', 'other', { if: { absent: true } });
      const locked = await store.lock('key', { owner: 'a', milliseconds: 1000 });
      const entries = [
        written.written ? written.entry : undefined,
        refused.written ? undefined : refused.current,
        locked.locked ? locked.entry : undefined,
        await store.get('key'),
        (await store.getMany(['key'])).get('key'),
      ];
      for (const entry of entries) {
        expect(entry?.value).toStrictEqual(kept);
        if (entry?.value instanceof Uint8Array) entry.value.fill(9);
      }
      expect((await store.get('key'))?.value).toStrictEqual(kept);
    });
  });

  it('replaces a value by one of another type', async () => {
    const store = await open();
    for (const value of ['5', 5, new Uint8Array([5]), '5'.repeat(3000), 5, '5']) {
      await store.set('key', value);
      expect((await store.get('key'))?.value).toStrictEqual(value);
    }
  });

  describe('size', () => {
    const writes: [string, (store: CacheStore, value: CacheValue) => Promise<unknown>][] = [
      ['set', (store, value) => store.set('key', value)],
      ['setMany', (store, value) => store.setMany([['other', 'x'], ['key', value]])], // prettier-ignore
    ];

    it.each(writes)('%s refuses more bytes than the engine holds and changes nothing', async (_, write) => {
      const store = await open();
      await store.set('key', 'before');
      const error = await write(store, new Uint8Array(maxEntryBytes)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(EntryTooLargeError);
      expect(error).toMatchObject({ code: 'ENTRY_TOO_LARGE', key: 'key', limit: maxEntryBytes });
      expect(error).toHaveProperty('size');
      expect((error as EntryTooLargeError).size).toBeGreaterThan(maxEntryBytes);
      expect((await store.get('key'))?.value).toBe('before');
      expect(await store.get('other')).toBeUndefined();
    });

    it.each(writes)('%s refuses text that is too large even when compressed', async (_, write) => {
      const store = await open();
      const text = randomBytes(maxEntryBytes).toString('base64');
      await expect(write(store, text)).rejects.toThrow(EntryTooLargeError);
      expect(await store.get('key')).toBeUndefined();
    });

    it.each([
      ['bytes', (size: number) => new Uint8Array(randomBytes(size))],
      ['text', (size: number) => randomBytes(size / 2).toString('hex')],
    ])('holds %s of almost the limit', async (_, make) => {
      const store = await open();
      const value = make(maxEntryBytes - 1024);
      await store.set('key', value);
      expect((await store.get('key'))?.value).toStrictEqual(value);
    });
  });

  describe('keys', () => {
    it('takes any well-formed text for a key', async () => {
      const store = await open();
      for (const key of KEYS) await store.set(key, `at ${key}`);
      for (const key of KEYS) expect((await store.get(key))?.value).toBe(`at ${key}`);
      expect([...(await store.getMany(KEYS)).keys()].toSorted()).toEqual(KEYS.toSorted());
    });

    it('takes keys of 2,048 bytes, prefix included', async () => {
      const prefix = randomPrefix();
      const store = await open({ prefix });
      for (const character of ['k', 'é']) {
        const rest = 2048 - prefix.length;
        const key =
          character.repeat(rest / Buffer.byteLength(character)) + 'x'.repeat(rest % Buffer.byteLength(character));
        await store.set(key, character);
        expect((await store.get(key))?.value).toBe(character);
        expect((await store.getMany([key])).get(key)?.value).toBe(character);
      }
    });

    it('tells keys apart that only look alike', async () => {
      const store = await open();
      const keys = ['a', 'A', 'é', 'e\u0301', 'a ', ' a', '1', '01'];
      for (const [number, key] of keys.entries()) await store.set(key, number);
      for (const [number, key] of keys.entries()) expect((await store.get(key))?.value).toBe(number);
    });
  });
}
