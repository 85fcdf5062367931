import { describe, expect, it } from 'vitest';
import type { CacheStore, PurgeBatch, PurgeOptions, PurgeProgress } from '../../../src/cache/store.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';
import type { Subject } from '../conformance.ts';

const KEYS = Array.from({ length: 120 }, (_, number) => `key-${number}`);
const LEASE = { owner: 'a', milliseconds: 3_600_000 };

export async function purge(store: CacheStore, options?: PurgeOptions): Promise<PurgeProgress[]> {
  const reports: PurgeProgress[] = [];
  for await (const progress of store.deleteExpired(options)) reports.push(progress);
  return reports;
}

/**
 * What an engine deletes by itself is not there to be counted: so counts are compared with each other, and only drivers'
 * own tests expect numbers.
 */
export function describePurge({ open, startTime }: Subject): void {
  async function startExpired() {
    const time = startTime();
    const store = await open({ time });
    await store.setMany(KEYS.map((key) => [key, 1, 1]));
    await time.advance(2000);
    return { time, store };
  }

  describe('deleteExpired', () => {
    it('leaves the living alone and reports what it did', async () => {
      const time = startTime();
      const store = await open({ time });
      await store.setMany(KEYS.map((key, number) => [key, 1, number % 2 === 0 ? 1 : 60]));
      await store.setMany([['forever', 1], ['renewed', 1, 1]]); // prettier-ignore
      await store.touch('renewed', 60);
      await time.advance(2000);
      const reports = await purge(store);
      const last = reports.at(-1);
      expect(reports.length).toBeGreaterThan(0);
      expect(last).not.toHaveProperty('cursor');
      for (const { scanned, expired, deleted, skipped } of reports) {
        expect(deleted + skipped).toBeLessThanOrEqual(expired);
        expect(expired).toBeLessThanOrEqual(scanned);
      }
      const living = ['forever', 'renewed', ...KEYS.filter((_, number) => number % 2 === 1)];
      expect([...(await store.getMany([...KEYS, 'forever', 'renewed'])).keys()].toSorted()).toEqual(living.toSorted());
      expect((await purge(store)).at(-1)).toMatchObject({ expired: 0, deleted: 0, skipped: 0 });
    });

    it('deletes nothing of other namespaces', async () => {
      const time = startTime();
      const store = await open({ time });
      const [mine, other] = [store.namespace('mine'), store.namespace('other')];
      await mine.set('key', 1, { ttl: 1 });
      await other.set('key', 1, { ttl: 60 });
      await time.advance(2000);
      await purge(mine);
      expect(await other.get('key')).toMatchObject({ value: 1 });
    });

    it('does nothing until it is iterated', async () => {
      const store = await open();
      await store.set('key', 1);
      store.deleteExpired();
      expect((await purge(store)).at(-1)).toMatchObject({ deleted: 0 });
      expect(await store.get('key')).toMatchObject({ value: 1 });
    });

    it('deletes what has expired though its lock has not ended', async () => {
      const time = startTime();
      const store = await open({ time });
      await store.set('locked', 1, { ttl: 1 });
      await store.lock('locked', LEASE);
      await store.lock('valueless', { owner: 'a', milliseconds: 1000 });
      await time.advance(3000);
      await purge(store);
      expect((await purge(store)).at(-1)).toMatchObject({ expired: 0 });
      expect(await store.unlock('locked', 'a')).toBe(false);
    });

    it('leaves records alone that only hold a lock while it lasts', async () => {
      const store = await open();
      await store.lock('valueless', LEASE);
      expect((await purge(store)).at(-1)).toMatchObject({ expired: 0, deleted: 0 });
      expect(await store.unlock('valueless', 'a')).toBe(true);
    });

    it('asks before each batch, of no more records than it may have', async () => {
      const { store } = await startExpired();
      const batches: PurgeBatch[] = [];
      const reports = await purge(store, { batchSize: 7, before: (batch) => void batches.push(batch) });
      for (const { records, scanned, expired, deleted } of batches) {
        expect(records).toBeLessThanOrEqual(7);
        expect(deleted + records).toBeLessThanOrEqual(expired);
        expect(expired).toBeLessThanOrEqual(scanned);
      }
      expect(batches.reduce((sum, { records }) => sum + records, 0)).toBe(reports.at(-1)?.expired);
      expect((await purge(store)).at(-1)).toMatchObject({ expired: 0 });
    });

    it('waits for the answer, and keeps what was renewed in the meantime', async () => {
      const { store } = await startExpired();
      let isAsked = false;
      const before = async () => {
        isAsked = true;
        await store.setMany(KEYS.map((key) => [key, 2, 60]));
      };
      expect((await purge(store, { before })).at(-1)).toMatchObject({ deleted: 0, skipped: 0 });
      expect((await store.getMany(KEYS)).size).toBe(isAsked ? KEYS.length : 0);
    });

    it('leaves a batch alone that it is not to delete, and goes on', async () => {
      const { store } = await startExpired();
      const none = (await purge(store, { before: () => false })).at(-1);
      expect(none).toMatchObject({ deleted: 0, skipped: none?.expired });
      expect(none).not.toHaveProperty('cursor');
      let asked = 0;
      const some = (await purge(store, { batchSize: 10, before: async () => ++asked !== 2 })).at(-1);
      expect((some?.deleted ?? 0) + (some?.skipped ?? 0)).toBe(some?.expired);
      expect((await purge(store)).at(-1)?.deleted).toBeLessThanOrEqual(some?.skipped ?? 0);
    });

    it('ends with the error of what asks before a batch', async () => {
      const { store } = await startExpired();
      await store.set('kept', 1, { ttl: 1 });
      let isAsked = false;
      const before = () => {
        isAsked = true;
        throw new RangeError('no');
      };
      const error: unknown = await purge(store, { before }).catch((thrown: unknown) => thrown);
      expect(error instanceof RangeError).toBe(isAsked);
    });

    it('stops at its deadline, or when told to, and says where to go on', async () => {
      const { store } = await startExpired();
      const aborted = AbortSignal.abort();
      for (const stop of [{ deadline: Date.now() - 1 }, { signal: aborted }]) {
        const [report, ...others] = await purge(store, stop);
        expect(others).toEqual([]);
        expect(report).toMatchObject({ scanned: 0, expired: 0, deleted: 0 });
        const cursor = report?.cursor ?? '';
        expect(cursor).not.toBe('');
        expect((await purge(store, { ...stop, cursor })).at(-1)?.cursor).toBe(cursor);
      }
    });

    it('that is stopped in the middle loses nothing: the next one goes on', async () => {
      const { store } = await startExpired();
      const stop = new AbortController();
      let asked = 0;
      const before = () => {
        if (++asked === 3) stop.abort();
      };
      const first = (await purge(store, { batchSize: 10, before, signal: stop.signal })).at(-1);
      if (asked < 3) return;
      expect(first).toMatchObject({ skipped: 0, cursor: expect.any(String) });
      expect(first?.deleted).toBeLessThanOrEqual(20);
      const second = (await purge(store, { cursor: first?.cursor ?? '' })).at(-1);
      expect(second).not.toHaveProperty('cursor');
      expect((await purge(store)).at(-1)).toMatchObject({ expired: 0 });
    });

    it.each<PurgeOptions>([
      { batchSize: 0 },
      { batchSize: 26 },
      { batchSize: 1.5 },
      { batchSize: Number.NaN },
      { segments: 0 },
      { segments: 1001 },
      { capacityPerSecond: 0 },
      { capacityPerSecond: -1 },
      { capacityPerSecond: Number.NaN },
    ])('refuses %j before anything is deleted', async (options) => {
      const store = await open();
      await expect(purge(store, options)).rejects.toThrow(InvalidArgumentError);
    });
  });
}
