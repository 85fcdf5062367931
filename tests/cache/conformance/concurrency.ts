import { describe, expect, it } from 'vitest';
import type { CacheStore } from '../../../src/cache/store.ts';
import type { Subject } from '../conformance.ts';
import { written } from './writes.ts';

const WRITERS = Array.from({ length: 20 }, (_, number) => number);

export function describeConcurrency({ open, startTime }: Subject): void {
  describe('of twenty at the same time', () => {
    it.each([
      ['on a missing key', async () => {}],
      ['on a missing key, with a ttl', async () => {}],
      ['on a number', (store: CacheStore) => store.set('key', 0)],
      ['on a lock without an entry', (store: CacheStore) => store.lock('key', { owner: 'a', milliseconds: 60_000 })],
    ])('every increment counts %s', async (name, prepare) => {
      const store = await open();
      await prepare(store);
      const options = name.endsWith('ttl') ? { ttl: 60 } : {};
      const sums = await Promise.all(WRITERS.map(() => store.increment('key', 1, options)));
      expect(sums.toSorted((a, b) => a - b)).toEqual(WRITERS.map((number) => number + 1));
      expect((await store.get('key'))?.value).toBe(20);
    });

    it('every increment of what has expired counts', async () => {
      const time = startTime();
      const store = await open({ time });
      await store.set('key', 100, { ttl: 1 });
      await time.advance(2000);
      const sums = await Promise.all(WRITERS.map(() => store.increment('key')));
      expect(sums.toSorted((a, b) => a - b)).toEqual(WRITERS.map((number) => number + 1));
    });

    it.each([
      ['absent', () => ({ absent: true }) as const],
      ['still the same version', (version: number) => ({ version })],
    ])('one write wins on condition that the record is %s, and the others see it', async (name, conditionOf) => {
      const store = await open();
      const { version } = await written(store, 'key', 'before');
      if (name === 'absent') await store.delete('key');
      const results = await Promise.all(WRITERS.map((n) => store.set('key', n, { if: conditionOf(version) })));
      const winners = results.flatMap((result) => (result.written ? [result.entry] : []));
      expect(winners).toHaveLength(1);
      expect(await store.get('key')).toStrictEqual(winners[0]);
      const seen = results.flatMap((result) => (result.written ? [] : [result.current]));
      expect(seen).toStrictEqual(seen.map(() => winners[0]));
      expect(seen).toHaveLength(19);
    });

    it.each([
      ['a missing key', async () => {}],
      ['an entry', (store: CacheStore) => store.set('key', 1)],
      ['an expiring entry', (store: CacheStore) => store.set('key', 1, { ttl: 60 })],
    ])('one gets the lock of %s', async (_, prepare) => {
      const store = await open();
      await prepare(store);
      const results = await Promise.all(
        WRITERS.map((n) => store.lock('key', { owner: `owner-${n}`, milliseconds: 10_000 })),
      );
      const winner = results.findIndex(({ locked }) => locked);
      expect(results.filter(({ locked }) => locked)).toHaveLength(1);
      const released = await Promise.all(WRITERS.map((n) => store.unlock('key', `owner-${n}`)));
      expect(released).toEqual(WRITERS.map((n) => n === winner));
    });

    it('one gets what is deleted', async () => {
      const store = await open();
      const entry = await written(store, 'key', 'value');
      const results = await Promise.all(WRITERS.map(() => store.delete('key')));
      expect(results.filter(({ deleted }) => deleted)).toStrictEqual([{ deleted: true, entry }]);
    });

    it('one write of the owner wins, and releases the lock', async () => {
      const store = await open();
      await store.lock('key', { owner: 'a', milliseconds: 10_000 });
      const results = await Promise.all(WRITERS.map((n) => store.set('key', n, { if: { owner: 'a' }, release: true })));
      expect(results.filter((result) => result.written)).toHaveLength(1);
    });
  });
}
