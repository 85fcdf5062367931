import { describe, expect, it } from 'vitest';
import { expiryOf } from '../../../src/cache/rules.ts';
import type { CacheStore } from '../../../src/cache/store.ts';
import type { Subject } from '../conformance.ts';
import { written } from './writes.ts';

const OWNER = 'a';
const LEASE = { owner: OWNER, milliseconds: 3_600_000 };

export function describeExpiry({ open, startTime }: Subject): void {
  async function start() {
    const time = startTime();
    return { time, store: await open({ time }) };
  }

  /** A locked record that has expired, and its version. */
  async function startExpired() {
    const { time, store } = await start();
    const { version } = await written(store, 'key', 1, { ttl: 1 });
    await store.lock('key', LEASE);
    await time.advance(2000);
    return { time, store, version };
  }

  const writes: [string, (store: CacheStore, ttl: number) => Promise<unknown>][] = [
    ['set', (store, ttl) => store.set('key', 1, { ttl })],
    ['set if absent', (store, ttl) => store.set('key', 1, { ttl, if: { absent: true } })],
    ['setMany', (store, ttl) => store.setMany([['key', 1, ttl]])],
    ['increment', (store, ttl) => store.increment('key', 1, { ttl })],
    ['touch', async (store, ttl) => [await store.set('key', 1), await store.touch('key', ttl)]],
    [
      'unlock',
      async (store, ttl) => [
        await store.set('key', 1),
        await store.lock('key', { owner: OWNER, milliseconds: 1000 }),
        await store.unlock('key', OWNER, { ttl }),
      ],
    ],
  ];

  describe.each(writes)('a ttl given to %s', (_, write) => {
    it('ends at the next whole second, and the entry with it', async () => {
      const { time, store } = await start();
      const before = expiryOf(time.now(), 2);
      await write(store, 2);
      const expiresAt = (await store.get('key'))?.expiresAt ?? 0;
      expect(expiresAt).toBeGreaterThanOrEqual(before);
      expect(expiresAt).toBeLessThanOrEqual(Math.ceil(time.now() / 1000 + 2));
      await time.advance(expiresAt * 1000 - time.now() - 1);
      expect(await store.get('key')).toMatchObject({ value: 1, expiresAt });
      await time.advance(1);
      expect(await store.get('key')).toBeUndefined();
    });
  });

  it('of a ttl that begins with a second, that ttl is the lifetime', async () => {
    const { time, store } = await start();
    await time.advance(1000 - (time.now() % 1000));
    const { expiresAt = 0 } = await written(store, 'key', 1, { ttl: 10 });
    expect(expiresAt).toBe(expiryOf(time.now() - (time.now() % 1000), 10));
  });

  describe('the expiry', () => {
    it('is in the entry that set answers', async () => {
      const { store } = await start();
      const entry = await written(store, 'key', 1, { ttl: 60 });
      expect(await store.get('key')).toStrictEqual(entry);
      expect(entry.expiresAt).toBeDefined();
    });

    it('is removed by a set without a ttl', async () => {
      const { store } = await start();
      await store.set('key', 1, { ttl: 60 });
      expect(await written(store, 'key', 2)).not.toHaveProperty('expiresAt');
      expect(await store.get('key')).not.toHaveProperty('expiresAt');
    });

    it('is removed by a setMany without a ttl', async () => {
      const { store } = await start();
      await store.set('key', 1, { ttl: 60 });
      await store.setMany([['key', 2]]);
      expect(await store.get('key')).not.toHaveProperty('expiresAt');
    });

    it('is moved in both directions by touch, which keeps value and version', async () => {
      const { time, store } = await start();
      const entry = await written(store, 'key', 'value', { ttl: 60 });
      for (const ttl of [120, 5]) {
        expect(await store.touch('key', ttl)).toBe(true);
        expect(await store.get('key')).toStrictEqual({ ...entry, expiresAt: expiryOf(time.now(), ttl) });
      }
    });

    it('is given by touch to an entry that has none', async () => {
      const { time, store } = await start();
      const entry = await written(store, 'key', 'value');
      expect(await store.touch('key', 60)).toBe(true);
      expect(await store.get('key')).toStrictEqual({ ...entry, expiresAt: expiryOf(time.now(), 60) });
    });

    it('is kept by an increment of what is there, with or without a ttl', async () => {
      const { store } = await start();
      const { expiresAt } = await written(store, 'key', 1, { ttl: 60 });
      await store.increment('key', 1, { ttl: 600 });
      expect(await store.get('key')).toMatchObject({ value: 2, expiresAt });
      await store.increment('key');
      expect(await store.get('key')).toMatchObject({ value: 3, expiresAt });
    });

    it('is not given by an increment to a number that has none', async () => {
      const { store } = await start();
      await store.set('key', 1);
      await store.increment('key', 1, { ttl: 600 });
      const entry = await store.get('key');
      expect(entry?.value).toBe(2);
      expect(entry).not.toHaveProperty('expiresAt');
    });
  });

  describe('what has expired', () => {
    it('is not read', async () => {
      const { store } = await startExpired();
      expect(await store.get('key')).toBeUndefined();
      expect(await store.get('key', { consistent: true })).toBeUndefined();
      expect(await store.getMany(['key'])).toStrictEqual(new Map());
    });

    it('is not brought back by touch', async () => {
      const { store } = await startExpired();
      expect(await store.touch('key', 60)).toBe(false);
      expect(await store.get('key')).toBeUndefined();
    });

    it('is not what delete removes', async () => {
      const { store, version } = await startExpired();
      for (const condition of [{ version }, { owner: OWNER }, { version, owner: OWNER }, { absent: true }] as const) {
        expect(await store.delete('key', { if: condition })).toStrictEqual({ deleted: false });
      }
      expect(await store.delete('key')).toStrictEqual({ deleted: false });
    });

    it('fulfils no precondition', async () => {
      const { store, version } = await startExpired();
      for (const condition of [{ version }, { owner: OWNER }, { version, owner: OWNER }]) {
        expect(await store.set('key', 2, { if: condition })).toStrictEqual({ written: false });
      }
      expect(await store.get('key')).toBeUndefined();
    });

    it('is not locked where a lock wants an existing record', async () => {
      const { store } = await startExpired();
      for (const owner of [OWNER, 'b']) {
        expect(await store.lock('key', { ...LEASE, owner, existing: true })).toStrictEqual({ locked: false });
      }
      expect(await store.get('key')).toBeUndefined();
    });

    it('can be locked by anybody as if it were missing', async () => {
      const { store } = await startExpired();
      expect(await store.lock('key', { ...LEASE, owner: 'b' })).toStrictEqual({ locked: true });
      expect(await store.get('key')).toBeUndefined();
      expect(await store.lock('key', LEASE)).toMatchObject({ locked: false });
    });

    it('is not unlocked', async () => {
      const { store } = await startExpired();
      expect(await store.unlock('key', OWNER)).toBe(false);
      expect(await store.unlock('key', OWNER, { ttl: 60 })).toBe(false);
      expect(await store.get('key')).toBeUndefined();
    });

    const rewrites: [string, (store: CacheStore) => Promise<unknown>, number][] = [
      ['set', (store) => store.set('key', 5), 5],
      ['set if absent', (store) => store.set('key', 5, { if: { absent: true } }), 5],
      ['set with a ttl', (store) => store.set('key', 5, { ttl: 60 }), 5],
      ['setMany', (store) => store.setMany([['key', 5]]), 5],
      ['increment', (store) => store.increment('key', 7), 7],
      ['increment with a ttl', (store) => store.increment('key', 7, { ttl: 60 }), 7],
    ];

    it.each(rewrites)('is written anew by %s, without its old expiry and its lock', async (name, rewrite, value) => {
      const { time, store, version } = await startExpired();
      await rewrite(store);
      const expiry = name.endsWith('ttl') ? { expiresAt: expiryOf(time.now(), 60) } : {};
      const entry = await store.get('key');
      expect(entry).toStrictEqual({ value, version: entry?.version, ...expiry });
      expect(entry?.version).not.toBe(version);
      expect(await store.unlock('key', OWNER)).toBe(false);
      expect(await store.set('key', 6, { if: { owner: OWNER } })).toMatchObject({ written: false });
      expect(await store.lock('key', { ...LEASE, owner: 'b' })).toMatchObject({ locked: true, entry: { value } });
    });

    it('answers the entry without a lease when it is written anew', async () => {
      const { store } = await startExpired();
      expect(await written(store, 'key', 5)).not.toHaveProperty('leaseEndsAt');
    });
  });
}
