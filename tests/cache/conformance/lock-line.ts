/** The line for the lock of a record: who finds it held takes a place, and nobody else passes. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../../src/errors.ts';
import type { CacheStore, Lease } from '../../../src/cache/store.ts';
import type { Subject } from '../conformance.ts';
import { written } from './writes.ts';

const lease = (owner: string): Lease & { readonly existing: true } => ({ owner, milliseconds: 10_000, existing: true });
const A = lease('a');
const B = lease('b');
const C = lease('c');

/** Takes this many places in line. */
async function take(store: CacheStore, places: number): Promise<void> {
  for (let place = 1; place <= places; place += 1) {
    expect(await store.lock('key', { ...B, turn: 'take' })).toMatchObject({ locked: false, turn: place });
  }
}

export function describeLockLine({ open, startTime }: Subject): void {
  /** An entry that A has locked. */
  async function start() {
    const time = startTime();
    const store = await open({ time });
    const { version, expiresAt } = await written(store, 'key', 'value', { ttl: 600 });
    await store.lock('key', A);
    return { time, store, entry: { value: 'value', version, expiresAt }, leaseEndsAt: time.now() + A.milliseconds };
  }

  describe('the line for a lock', () => {
    it('gives growing places, with the end of the lease', async () => {
      const { store, entry, leaseEndsAt } = await start();
      for (const turn of [1, 2, 3]) {
        const result = await store.lock('key', { ...B, turn: 'take' });
        expect(result).toStrictEqual({ locked: false, leaseEndsAt, isInLine: true, turn });
      }
      expect(await store.get('key')).toStrictEqual({ ...entry, leaseEndsAt, turn: 0 });
    });

    it('gives each of many at a time a place of its own', async () => {
      const { store } = await start();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) => store.lock('key', { ...lease(`owner${index}`), turn: 'take' })),
      );
      const places = results.map((result) => (result.locked ? undefined : result.turn));
      expect(places.toSorted((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('gives no lock with a place, though it is free', async () => {
      const { store, entry } = await start();
      await store.unlock('key', 'a');
      const result = await store.lock('key', { ...B, turn: 'take' });
      expect(result).toStrictEqual({ locked: false, isInLine: true, turn: 1 });
      expect(await store.get('key')).toStrictEqual({ ...entry, turn: 0 });
    });

    it('is not passed by a lock without a turn, free or held', async () => {
      const { store, leaseEndsAt } = await start();
      await take(store, 1);
      expect(await store.lock('key', C)).toStrictEqual({ locked: false, leaseEndsAt, isInLine: true });
      await store.unlock('key', 'a');
      expect(await store.lock('key', C)).toStrictEqual({ locked: false, isInLine: true });
      expect(await store.lock('key', A)).toStrictEqual({ locked: false, isInLine: true });
    });

    it('gives the lock to a turn once it is free', async () => {
      const { time, store, entry, leaseEndsAt } = await start();
      await take(store, 2);
      const held = { locked: false, leaseEndsAt, isInLine: true, turn: 1 };
      expect(await store.lock('key', { ...B, turn: 1 })).toStrictEqual(held);
      await store.unlock('key', 'a');
      const locked = { ...entry, leaseEndsAt: time.now() + B.milliseconds, turn: 1 };
      expect(await store.lock('key', { ...B, turn: 1 })).toStrictEqual({ locked: true, entry: locked });
      expect(await store.get('key')).toStrictEqual(locked);
    });

    it('gives the lock to a turn when the lease has ended', async () => {
      const { time, store } = await start();
      await take(store, 1);
      await time.advance(A.milliseconds);
      expect(await store.lock('key', C)).toStrictEqual({ locked: false, isInLine: true });
      expect(await store.lock('key', { ...B, turn: 1 })).toMatchObject({ locked: true, entry: { turn: 1 } });
    });

    it('is over for those who were passed, who learn it, and may take another place', async () => {
      const { store, leaseEndsAt } = await start();
      await take(store, 3);
      await store.unlock('key', 'a');
      expect(await store.lock('key', { ...C, turn: 3 })).toMatchObject({ locked: true, entry: { turn: 3 } });
      for (const turn of [1, 2]) {
        expect(await store.lock('key', { ...B, turn })).toStrictEqual({ locked: false, leaseEndsAt, isInLine: true });
      }
      await store.unlock('key', 'c');
      expect(await store.lock('key', { ...B, turn: 2 })).toStrictEqual({ locked: false, isInLine: true });
      expect(await store.lock('key', { ...B, turn: 'take' })).toStrictEqual({ locked: false, isInLine: true, turn: 4 });
    });

    it('gives a place the lock once', async () => {
      const { store } = await start();
      await take(store, 1);
      await store.unlock('key', 'a');
      await store.lock('key', { ...B, turn: 1 });
      await store.unlock('key', 'b');
      expect(await store.lock('key', { ...B, turn: 1 })).toStrictEqual({ locked: false, isInLine: true });
    });

    it('lets the holder of the lock go on with a turn of its own', async () => {
      const { store } = await start();
      await take(store, 1);
      expect(await store.lock('key', { ...A, turn: 1 })).toMatchObject({ locked: true, entry: { turn: 1 } });
    });

    it('knows no place that nobody took', async () => {
      const { store } = await start();
      await store.unlock('key', 'a');
      expect(await store.lock('key', { ...B, turn: 1 })).toStrictEqual({ locked: false, isInLine: true });
      await take(store, 1);
      expect(await store.lock('key', { ...B, turn: 2 })).toStrictEqual({ locked: false, isInLine: true });
    });

    it('is closed by the first lock without a turn after it is empty', async () => {
      const { time, store, entry, leaseEndsAt } = await start();
      await take(store, 1);
      await store.unlock('key', 'a');
      await store.lock('key', { ...B, turn: 1 });
      expect(await store.lock('key', C)).toStrictEqual({ locked: false, leaseEndsAt });
      await store.unlock('key', 'b');
      expect(await store.get('key')).toStrictEqual({ ...entry, turn: 1 });
      const locked = { ...entry, leaseEndsAt: time.now() + C.milliseconds };
      expect(await store.lock('key', C)).toStrictEqual({ locked: true, entry: locked });
      expect(await store.get('key')).toStrictEqual(locked);
      await take(store, 1);
    });

    it('does not keep the holder from renewing its lock', async () => {
      const { time, store, entry } = await start();
      await take(store, 1);
      const renewed = { ...entry, leaseEndsAt: time.now() + 60_000, turn: 0 };
      expect(await store.lock('key', { ...A, milliseconds: 60_000 })).toStrictEqual({ locked: true, entry: renewed });
      expect(await store.get('key')).toStrictEqual(renewed);
      await store.unlock('key', 'a');
      expect(await store.lock('key', { ...B, turn: 1 })).toMatchObject({ locked: true });
    });

    it.each<[string, (store: CacheStore, version: number) => Promise<unknown>]>([
      ['set', (store) => store.set('key', 2)],
      ['set if the version is', (store, version) => store.set('key', 2, { if: { version } })],
      ['set with release', (store) => store.set('key', 2, { if: { owner: 'a' }, release: true })],
      ['touch', (store) => store.touch('key', 60)],
      ['unlock', (store) => store.unlock('key', 'a')],
    ])('outlasts %s', async (_, write) => {
      const { store, entry } = await start();
      await take(store, 1);
      await write(store, entry.version);
      expect(await store.get('key')).toMatchObject({ turn: 0 });
      await store.unlock('key', 'a');
      expect(await store.lock('key', C)).toStrictEqual({ locked: false, isInLine: true });
      expect(await store.lock('key', { ...B, turn: 1 })).toMatchObject({ locked: true });
    });

    it.each<[string, (store: CacheStore) => Promise<unknown>]>([
      ['delete', (store) => store.delete('key')],
      ['setMany', (store) => store.setMany([['key', 2]])],
    ])('ends with %s', async (_, remove) => {
      const { store } = await start();
      await take(store, 1);
      await remove(store);
      const { version } = await written(store, 'key', 2);
      expect(await store.get('key')).toStrictEqual({ value: 2, version });
      expect(await store.lock('key', C)).toMatchObject({ locked: true });
    });

    it.each<[string, (store: CacheStore) => Promise<unknown>]>([
      ['set', (store) => store.set('key', 2)],
      ['set if absent', (store) => store.set('key', 2, { if: { absent: true } })],
      ['increment', (store) => store.increment('key', 2)],
    ])('is not found again by %s over an expired record', async (_, write) => {
      const { time, store } = await start();
      await take(store, 1);
      await time.advance(700_000);
      expect(await store.lock('key', { ...B, turn: 1 })).toStrictEqual({ locked: false });
      await write(store);
      const entry = await store.get('key');
      expect(entry).toStrictEqual({ value: 2, version: entry?.version });
      expect(await store.lock('key', C)).toMatchObject({ locked: true });
    });

    it('is not formed where nothing is, and leaves no trace there', async () => {
      const { store } = await start();
      for (const turn of ['take', 1] as const) {
        expect(await store.lock('missing', { ...B, turn })).toStrictEqual({ locked: false });
      }
      expect(await store.get('missing')).toBeUndefined();
      expect(await store.lock('missing', { owner: 'c', milliseconds: 1 })).toStrictEqual({ locked: true });
      for (const turn of ['take', 1] as const) {
        expect(await store.lock('missing', { ...B, turn })).toStrictEqual({ locked: false });
      }
    });

    it('goes with an existing record, and takes places alone', async () => {
      const { store } = await start();
      const { existing: _existing, ...plain } = B;
      for (const wrong of [
        { ...plain, turn: 'take' as const },
        { ...plain, existing: false, turn: 1 },
      ]) {
        await expect(store.lock('key', wrong)).rejects.toThrow(InvalidArgumentError);
      }
      for (const turn of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
        await expect(store.lock('key', { ...B, turn })).rejects.toThrow(InvalidArgumentError);
      }
    });
  });
}
