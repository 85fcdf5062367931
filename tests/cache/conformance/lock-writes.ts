/** What locks mean to writes: a fence for those that ask for the owner, nothing to the others. */
import { describe, expect, it } from 'vitest';
import type { CacheStore } from '../../../src/cache/store.ts';
import type { Subject } from '../conformance.ts';
import { written } from './writes.ts';

const A = { owner: 'a', milliseconds: 10_000 };
const B = { owner: 'b', milliseconds: 10_000 };

export function describeLockWrites({ open, startTime }: Subject): void {
  /** A store where `key` has a value and `empty` has none, both locked by A. */
  async function start() {
    const time = startTime();
    const store = await open({ time });
    const { version } = await written(store, 'key', 1);
    await store.lock('key', A);
    await store.lock('empty', A);
    return { time, store, version, leaseEndsAt: time.now() + A.milliseconds };
  }

  describe.each(['key', 'empty'])('set if the owner is, of a lock on %s,', (key) => {
    it('writes and keeps the lock', async () => {
      const { store, leaseEndsAt } = await start();
      const entry = await written(store, key, 2, { if: { owner: 'a' } });
      expect(entry).toStrictEqual({ value: 2, version: entry.version, leaseEndsAt });
      expect(await store.get(key)).toStrictEqual(entry);
      expect(await store.lock(key, B)).toStrictEqual({ locked: false, leaseEndsAt });
    });

    it('releases the lock in the same write', async () => {
      const { store } = await start();
      const entry = await written(store, key, 2, { if: { owner: 'a' }, release: true, ttl: 60 });
      expect(entry).not.toHaveProperty('leaseEndsAt');
      expect(await store.get(key)).toStrictEqual(entry);
      expect(await store.unlock(key, 'a')).toBe(false);
      expect(await store.lock(key, B)).toMatchObject({ locked: true, entry: { value: 2 } });
    });

    it('writes nothing for somebody else', async () => {
      const { store } = await start();
      const before = await store.get(key);
      for (const release of [true, false]) {
        const result = await store.set(key, 2, { if: { owner: 'b' }, release });
        expect(result).toStrictEqual({ written: false, ...(before && { current: before }) });
      }
      expect(await store.get(key)).toStrictEqual(before);
      expect(await store.lock(key, B)).toMatchObject({ locked: false });
    });

    it('writes nothing after the end of the lease', async () => {
      const { time, store } = await start();
      await time.advance(A.milliseconds - 1);
      await written(store, 'key', 1, { if: { owner: 'a' } });
      await time.advance(1);
      const before = await store.get(key);
      const result = await store.set(key, 2, { if: { owner: 'a' } });
      expect(result).toStrictEqual({ written: false, ...(before && { current: before }) });
      expect(await store.get(key)).toStrictEqual(before);
    });
  });

  it('set if the owner is writes nothing where there is no lock', async () => {
    const { store } = await start();
    const entry = await written(store, 'unlocked', 1);
    expect(await store.set('unlocked', 2, { if: { owner: 'a' } })).toStrictEqual({ written: false, current: entry });
    expect(await store.set('missing', 2, { if: { owner: 'a' } })).toStrictEqual({ written: false });
    expect(await store.get('missing')).toBeUndefined();
  });

  describe('set if version and owner are', () => {
    it('writes if both hold', async () => {
      const { store, version } = await start();
      expect(await written(store, 'key', 2, { if: { version, owner: 'a' } })).toMatchObject({ value: 2 });
    });

    it('writes nothing if one of them does not', async () => {
      const { store, version } = await start();
      const current = await store.get('key');
      for (const condition of [
        { version, owner: 'b' },
        { version: version + 1, owner: 'a' },
      ]) {
        expect(await store.set('key', 2, { if: condition })).toStrictEqual({ written: false, current });
      }
      expect(await store.set('empty', 2, { if: { version: 0, owner: 'a' } })).toStrictEqual({ written: false });
      expect(await store.get('key')).toStrictEqual(current);
      expect(await store.get('empty')).toBeUndefined();
    });
  });

  describe('delete if the owner is', () => {
    it('removes the entry and the lock', async () => {
      const { store, version, leaseEndsAt } = await start();
      const result = await store.delete('key', { if: { owner: 'a' } });
      expect(result).toStrictEqual({ deleted: true, entry: { value: 1, version, leaseEndsAt } });
      expect(await store.lock('key', B)).toStrictEqual({ locked: true });
    });

    it('removes a lock without an entry', async () => {
      const { store } = await start();
      expect(await store.delete('empty', { if: { owner: 'a' } })).toStrictEqual({ deleted: false });
      expect(await store.lock('empty', B)).toStrictEqual({ locked: true });
    });

    it('removes nothing for somebody else, or after the end of the lease', async () => {
      const { time, store, version } = await start();
      const current = await store.get('key');
      expect(await store.delete('key', { if: { owner: 'b' } })).toStrictEqual({ deleted: false, current });
      expect(await store.delete('key', { if: { version, owner: 'b' } })).toStrictEqual({ deleted: false, current });
      expect(await store.delete('empty', { if: { owner: 'b' } })).toStrictEqual({ deleted: false });
      expect(await store.lock('empty', B)).toMatchObject({ locked: false });
      await time.advance(A.milliseconds);
      expect(await store.delete('key', { if: { owner: 'a' } })).toMatchObject({
        deleted: false,
        current: { value: 1 },
      });
      expect(await store.get('key')).toMatchObject({ value: 1 });
    });
  });

  const passing: [string, (store: CacheStore, key: string) => Promise<unknown>, boolean][] = [
    ['set', (store, key) => store.set(key, 2), true],
    ['set with a ttl', (store, key) => store.set(key, 2, { ttl: 60 }), true],
    ['increment', (store, key) => store.increment(key), true],
    ['increment with a ttl', (store, key) => store.increment(key, 1, { ttl: 60 }), true],
    ['setMany', (store, key) => store.setMany([[key, 2]]), false],
  ];

  describe.each(['key', 'empty'])('a lock on %s', (key) => {
    it.each(passing)('does not hold up %s', async (name, write, keeps) => {
      const { store, leaseEndsAt } = await start();
      await write(store, key);
      const entry = await store.get(key);
      expect(entry?.value).toBe(key === 'empty' && name.startsWith('increment') ? 1 : 2);
      expect(entry?.leaseEndsAt).toBe(keeps ? leaseEndsAt : undefined);
      expect(await store.lock(key, B)).toMatchObject({ locked: !keeps });
      expect(await store.unlock(key, 'a')).toBe(keeps);
    });

    it.each([
      ['delete', (store: CacheStore) => store.delete(key)],
      ['deleteMany', (store: CacheStore) => store.deleteMany([key])],
      ['clear', (store: CacheStore) => store.clear()],
    ])('is dropped by %s', async (_, remove) => {
      const { store } = await start();
      await remove(store);
      expect(await store.unlock(key, 'a')).toBe(false);
      expect(await store.lock(key, B)).toStrictEqual({ locked: true });
    });
  });

  it('set if absent writes over a lock without an entry, and keeps it', async () => {
    const { store, leaseEndsAt } = await start();
    expect(await written(store, 'empty', 2, { if: { absent: true } })).toMatchObject({ value: 2, leaseEndsAt });
    expect(await store.lock('empty', B)).toStrictEqual({ locked: false, leaseEndsAt });
  });

  it('a value written over a lock without an entry outlives that lock', async () => {
    const { time, store } = await start();
    const { version } = await written(store, 'empty', 2);
    await time.advance(A.milliseconds * 2);
    expect(await store.get('empty')).toStrictEqual({ value: 2, version });
  });

  it('a number counted up over a lock without an entry outlives that lock', async () => {
    const { time, store } = await start();
    await store.increment('empty', 5);
    await time.advance(A.milliseconds * 2);
    expect(await store.increment('empty')).toBe(6);
  });

  it('touch and set if the version is keep the lock', async () => {
    const { store, version, leaseEndsAt } = await start();
    await store.touch('key', 60);
    expect(await store.get('key')).toMatchObject({ value: 1, version, leaseEndsAt });
    expect(await written(store, 'key', 2, { if: { version } })).toMatchObject({ leaseEndsAt });
  });

  it('a lock that has ended does not come back with a later write', async () => {
    const { time, store } = await start();
    await time.advance(A.milliseconds);
    const entry = await written(store, 'key', 2);
    expect(entry).toStrictEqual({ value: 2, version: entry.version });
    expect(await store.lock('key', B)).toMatchObject({ locked: true });
  });
}
