/** Wrong arguments are refused before anything changes, and refused alike by every driver. */
import { describe, expect, it } from 'vitest';
import { InvalidKeyError } from '../../../src/cache/errors.ts';
import type { CacheStore, CacheValue, Precondition } from '../../../src/cache/store.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';
import { randomPrefix, type Subject } from '../conformance.ts';

const LEASE = { owner: 'a', milliseconds: 1000 };

const METHODS: [string, (store: CacheStore, key: string) => Promise<unknown>][] = [
  ['get', (store, key) => store.get(key)],
  ['getMany', (store, key) => store.getMany(['key', key])],
  ['set', (store, key) => store.set(key, 1)],
  ['setMany', (store, key) => store.setMany([['key', 1], [key, 1]])], // prettier-ignore
  ['increment', (store, key) => store.increment(key)],
  ['touch', (store, key) => store.touch(key, 1)],
  ['delete', (store, key) => store.delete(key)],
  ['deleteMany', (store, key) => store.deleteMany(['key', key])],
  ['lock', (store, key) => store.lock(key, LEASE)],
  ['unlock', (store, key) => store.unlock(key, 'a')],
];

const TTLS = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, wrong('60'), wrong(null)];

const WITH_TTL: [string, (store: CacheStore, ttl: number) => Promise<unknown>][] = [
  ['set', (store, ttl) => store.set('key', 1, { ttl })],
  ['setMany', (store, ttl) => store.setMany([['other', 1], ['key', 1, ttl]])], // prettier-ignore
  ['increment', (store, ttl) => store.increment('key', 1, { ttl })],
  ['touch', (store, ttl) => store.touch('key', ttl)],
  ['unlock', (store, ttl) => store.unlock('key', 'a', { ttl })],
];

const VALUES: [string, CacheValue][] = [
  ['NaN', Number.NaN],
  ['an infinite number', Number.POSITIVE_INFINITY],
  ['a number that is too large', 1e127],
  ['a number that is too small', -1e127],
  ['a number that is too close to zero', 1e-131],
  ['text that is not Unicode', 'a\ud800'],
  ['undefined', wrong(undefined)],
  ['null', wrong(null)],
  ['true', wrong(true)],
  ['an object', wrong({})],
  ['a bigint', wrong(1n)],
];

const PRECONDITIONS: [string, Precondition][] = [
  ['nothing', {}],
  ['absent and a version', wrong({ absent: true, version: 1 })],
  ['absent and an owner', wrong({ absent: true, owner: 'a' })],
  ['absent: false', wrong({ absent: false })],
  ['a version that is no number', { version: wrong('1') }],
  ['an empty owner', { owner: '' }],
];

/** What TypeScript would not let through, as plain JavaScript does. */
function wrong(value: unknown): never {
  return value as never; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

export function describeRefusals({ open }: Subject): void {
  /** A store with an entry, and what to call afterwards to see that nothing changed. */
  async function start(prefix = randomPrefix()) {
    const store = await open({ prefix });
    await store.set('key', 'text', { ttl: 60 });
    const entry = await store.get('key');
    const expectUnchanged = async () => {
      expect(await store.get('key')).toStrictEqual(entry);
      expect(await store.get('other')).toBeUndefined();
    };
    return { store, expectUnchanged };
  }

  describe.each(METHODS)('%s refuses', (_, call) => {
    it.each([
      ['an empty key', () => ''],
      ['a key that is not Unicode', () => 'a\ud800'],
      ['a key that is no text', () => wrong(5)],
      ['a key over 2,048 bytes with its prefix', (prefix: string) => 'k'.repeat(2049 - prefix.length)],
      ['a key of fewer characters but more bytes', (prefix: string) => 'é'.repeat((2050 - prefix.length) / 2)],
    ])('%s', async (_name, makeKey) => {
      const prefix = `${randomPrefix().slice(0, -1).padEnd(49, '-')}:`;
      const { store, expectUnchanged } = await start(prefix);
      const key = makeKey(prefix);
      const error = await call(store, key).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InvalidKeyError);
      expect(error).toMatchObject({ code: 'INVALID_KEY', key });
      await expectUnchanged();
    });
  });

  describe.each(WITH_TTL)('%s refuses', (_, call) => {
    it.each(TTLS)('a ttl of %j', async (ttl) => {
      const { store, expectUnchanged } = await start();
      await expect(call(store, ttl)).rejects.toThrow(InvalidArgumentError);
      await expectUnchanged();
    });
  });

  describe('a value', () => {
    it.each(VALUES)('may not be %s', async (_, value) => {
      const { store, expectUnchanged } = await start();
      await expect(store.set('key', value)).rejects.toThrow(InvalidArgumentError);
      await expect(store.setMany([['other', 1], ['key', value]])).rejects.toThrow(InvalidArgumentError); // prettier-ignore
      await expectUnchanged();
    });
  });

  describe('a precondition', () => {
    it.each(PRECONDITIONS)('may not ask for %s', async (_, condition) => {
      const { store, expectUnchanged } = await start();
      await expect(store.set('key', 1, { if: condition })).rejects.toThrow(InvalidArgumentError);
      await expect(store.delete('key', { if: condition })).rejects.toThrow(InvalidArgumentError);
      await expectUnchanged();
    });

    it('must name the owner of a lock that is to be released', async () => {
      const { store, expectUnchanged } = await start();
      for (const options of [{}, { if: { version: 1 } }, { if: { absent: true } }] as const) {
        await expect(store.set('key', 1, { ...options, release: true })).rejects.toThrow(InvalidArgumentError);
      }
      await expectUnchanged();
    });
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, wrong('1')])(
    'increment refuses to add %j',
    async (by) => {
      const { store, expectUnchanged } = await start();
      await expect(store.increment('key', by)).rejects.toThrow(InvalidArgumentError);
      await expect(store.increment('other', by)).rejects.toThrow(InvalidArgumentError);
      await expectUnchanged();
    },
  );

  it.each([
    ['no owner', { owner: '', milliseconds: 1000 }],
    ['an owner that is not Unicode', { owner: '\ud800', milliseconds: 1000 }],
    ['no time', { owner: 'a', milliseconds: 0 }],
    ['time that is past', { owner: 'a', milliseconds: -1 }],
    ['parts of a millisecond', { owner: 'a', milliseconds: 1.5 }],
    ['endless time', { owner: 'a', milliseconds: Number.POSITIVE_INFINITY }],
  ])('a lease may not have %s', async (_, lease) => {
    const { store, expectUnchanged } = await start();
    await expect(store.lock('key', lease)).rejects.toThrow(InvalidArgumentError);
    await expect(store.lock('other', lease)).rejects.toThrow(InvalidArgumentError);
    await expectUnchanged();
    expect(await store.lock('other', LEASE)).toStrictEqual({ locked: true });
  });

  it('unlock refuses an empty owner', async () => {
    const { store, expectUnchanged } = await start();
    await expect(store.unlock('key', '')).rejects.toThrow(InvalidArgumentError);
    await expectUnchanged();
  });

  it('no error tells a value', async () => {
    const { store } = await start();
    await store.set('key', 'secret-value');
    const errors = await Promise.all([
      store.increment('key').catch((error: unknown) => error),
      store.set('key', wrong({ a: 'secret-value' })).catch((error: unknown) => error),
      store.set('key', 1, { ttl: wrong('secret-value') }).catch((error: unknown) => error),
      store.set('key', 'secret-value'.repeat(2 ** 21)).catch((error: unknown) => error),
    ]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-value');
    }
  });
}
