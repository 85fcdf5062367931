import { describe, expect, it } from 'vitest';
import type { Subject } from '../conformance.ts';
import { written } from './writes.ts';

const A = { owner: 'a', milliseconds: 10_000 };
const B = { owner: 'b', milliseconds: 10_000 };

export function describeLocks({ open, startTime }: Subject): void {
  async function start() {
    const time = startTime();
    return { time, store: await open({ time }) };
  }

  describe('the lock of an entry', () => {
    it('brings the entry back with the end of the lease', async () => {
      const { time, store } = await start();
      const entry = await written(store, 'key', 'value', { ttl: 600 });
      const leaseEndsAt = time.now() + A.milliseconds;
      expect(await store.lock('key', A)).toStrictEqual({ locked: true, entry: { ...entry, leaseEndsAt } });
      expect(await store.get('key')).toStrictEqual({ ...entry, leaseEndsAt });
      expect((await store.getMany(['key'])).get('key')).toStrictEqual({ ...entry, leaseEndsAt });
    });

    it('is refused to others, who learn when the lease ends', async () => {
      const { time, store } = await start();
      await store.set('key', 'value');
      await store.lock('key', A);
      const leaseEndsAt = time.now() + A.milliseconds;
      for (const existing of [true, false]) {
        expect(await store.lock('key', { ...B, existing })).toStrictEqual({ locked: false, leaseEndsAt });
      }
      expect(await store.get('key')).toMatchObject({ leaseEndsAt });
    });

    it('ends with its lease, to the millisecond', async () => {
      const { time, store } = await start();
      await store.set('key', 'value');
      await store.lock('key', A);
      await time.advance(A.milliseconds - 1);
      expect(await store.lock('key', B)).toMatchObject({ locked: false });
      await time.advance(1);
      expect(await store.get('key')).not.toHaveProperty('leaseEndsAt');
      expect(await store.lock('key', B)).toMatchObject({ locked: true, entry: { value: 'value' } });
      expect(await store.unlock('key', A.owner)).toBe(false);
    });

    it('is renewed by its owner, for longer or shorter', async () => {
      const { time, store } = await start();
      const entry = await written(store, 'key', 'value', { ttl: 600 });
      await store.lock('key', A);
      for (const milliseconds of [60_000, 1000]) {
        const renewed = { ...entry, leaseEndsAt: time.now() + milliseconds };
        expect(await store.lock('key', { ...A, milliseconds })).toStrictEqual({ locked: true, entry: renewed });
        expect(await store.get('key')).toStrictEqual(renewed);
      }
    });

    it('is no hindrance to other keys', async () => {
      const { store } = await start();
      await store.lock('key', A);
      expect(await store.lock('key2', B)).toStrictEqual({ locked: true });
    });

    it('never outlives the entry', async () => {
      const { time, store } = await start();
      const { expiresAt = 0 } = await written(store, 'key', 'value', { ttl: 5 });
      const leaseEndsAt = expiresAt * 1000;
      expect(await store.lock('key', A)).toMatchObject({ locked: true, entry: { expiresAt, leaseEndsAt } });
      expect(await store.get('key')).toMatchObject({ expiresAt, leaseEndsAt });
      expect(await store.lock('key', B)).toStrictEqual({ locked: false, leaseEndsAt });
      await time.advance(leaseEndsAt - time.now());
      expect(await store.lock('key', B)).toStrictEqual({ locked: true });
    });

    it('lasts as long as its lease when the entry is made to live longer', async () => {
      const { time, store } = await start();
      await store.set('key', 'value', { ttl: 5 });
      await store.lock('key', A);
      const leaseEndsAt = time.now() + A.milliseconds;
      await store.touch('key', 60);
      expect(await store.get('key')).toMatchObject({ leaseEndsAt });
    });

    it('takes an entry that never expires and leaves it so', async () => {
      const { time, store } = await start();
      const entry = await written(store, 'key', 'value');
      await store.lock('key', A);
      await time.advance(A.milliseconds * 2);
      expect(await store.get('key')).toStrictEqual(entry);
      await store.lock('key', B);
      await store.unlock('key', B.owner);
      expect(await store.get('key')).toStrictEqual(entry);
    });
  });

  describe('the lock of a missing key', () => {
    it('is granted once, without an entry', async () => {
      const { time, store } = await start();
      expect(await store.lock('key', A)).toStrictEqual({ locked: true });
      const leaseEndsAt = time.now() + A.milliseconds;
      expect(await store.lock('key', B)).toStrictEqual({ locked: false, leaseEndsAt });
    });

    it('is seen by nothing but locks', async () => {
      const { time, store } = await start();
      await store.lock('key', A);
      expect(await store.get('key')).toBeUndefined();
      expect(await store.getMany(['key'])).toStrictEqual(new Map());
      expect(await store.touch('key', 60)).toBe(false);
      expect(await store.set('key', 1, { if: { version: 0 } })).toStrictEqual({ written: false });
      expect(await store.delete('key', { if: { version: 0 } })).toStrictEqual({ deleted: false });
      expect(await store.delete('key', { if: { absent: true } })).toStrictEqual({ deleted: false });
      expect(await store.lock('key', { ...A, existing: true })).toStrictEqual({ locked: false });
      const leaseEndsAt = time.now() + A.milliseconds;
      for (const existing of [true, false]) {
        expect(await store.lock('key', { ...B, existing })).toStrictEqual({ locked: false, leaseEndsAt });
      }
    });

    it('ends with its lease, to the millisecond', async () => {
      const { time, store } = await start();
      await store.lock('key', A);
      await time.advance(A.milliseconds - 1);
      expect(await store.lock('key', B)).toMatchObject({ locked: false });
      await time.advance(1);
      expect(await store.lock('key', B)).toStrictEqual({ locked: true });
      expect(await store.unlock('key', A.owner)).toBe(false);
    });

    it('is renewed by its owner, for longer or shorter', async () => {
      const { time, store } = await start();
      await store.lock('key', A);
      for (const milliseconds of [60_000, 1000]) {
        expect(await store.lock('key', { ...A, milliseconds })).toStrictEqual({ locked: true });
        const leaseEndsAt = time.now() + milliseconds;
        expect(await store.lock('key', B)).toStrictEqual({ locked: false, leaseEndsAt });
      }
    });

    it('is gone after unlock', async () => {
      const { store } = await start();
      await store.lock('key', A);
      expect(await store.unlock('key', A.owner)).toBe(true);
      expect(await store.unlock('key', A.owner)).toBe(false);
      expect(await store.lock('key', B)).toStrictEqual({ locked: true });
    });

    it('is gone after unlock with a ttl, and leaves no entry', async () => {
      const { store } = await start();
      await store.lock('key', A);
      expect(await store.unlock('key', A.owner, { ttl: 60 })).toBe(true);
      expect(await store.get('key')).toBeUndefined();
      expect(await store.lock('key', B)).toStrictEqual({ locked: true });
    });

    it('leaves no trace where an existing record is wanted', async () => {
      const { store } = await start();
      expect(await store.lock('key', { ...A, existing: true })).toStrictEqual({ locked: false });
      expect(await store.get('key')).toBeUndefined();
      expect(await store.unlock('key', A.owner)).toBe(false);
      expect(await store.lock('key', B)).toStrictEqual({ locked: true });
    });
  });

  describe('unlock', () => {
    it('releases the lock and keeps value, version and expiry', async () => {
      const { store } = await start();
      const entry = await written(store, 'key', 'value', { ttl: 60 });
      await store.lock('key', A);
      expect(await store.unlock('key', A.owner)).toBe(true);
      expect(await store.get('key')).toStrictEqual(entry);
      expect(await store.unlock('key', A.owner)).toBe(false);
      expect(await store.lock('key', B)).toMatchObject({ locked: true });
    });

    it('moves the expiry in the same write', async () => {
      const { time, store } = await start();
      const entry = await written(store, 'key', 'value', { ttl: 60 });
      await store.lock('key', A);
      expect(await store.unlock('key', A.owner, { ttl: 600 })).toBe(true);
      const expiresAt = Math.ceil(time.now() / 1000 + 600);
      expect(await store.get('key')).toStrictEqual({ ...entry, expiresAt });
    });

    it.each([
      ['somebody else', 'b', 0],
      ['an owner whose lease has ended', 'a', 10_000],
    ])('does nothing for %s', async (_, owner, milliseconds) => {
      const { time, store } = await start();
      await store.set('key', 'value', { ttl: 60 });
      await store.lock('key', A);
      await store.lock('empty', A);
      await time.advance(milliseconds);
      const entry = await store.get('key');
      expect(await store.unlock('key', owner)).toBe(false);
      expect(await store.unlock('key', owner, { ttl: 600 })).toBe(false);
      expect(await store.unlock('empty', owner)).toBe(false);
      expect(await store.get('key')).toStrictEqual(entry);
      expect(await store.lock('empty', B)).toMatchObject({ locked: milliseconds > 0 });
    });

    it('answers false where nothing is, or nothing is locked', async () => {
      const { store } = await start();
      await store.set('key', 'value');
      expect(await store.unlock('missing', A.owner)).toBe(false);
      expect(await store.unlock('key', A.owner)).toBe(false);
      expect(await store.unlock('key', A.owner, { ttl: 60 })).toBe(false);
      expect(await store.get('key')).not.toHaveProperty('expiresAt');
    });
  });
}
