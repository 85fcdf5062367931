/** Visits at a store whose two parts, sessions and users, a test may watch, or make answer otherwise. */
import { vi } from 'vitest';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheStore, DeleteResult, WriteResult } from '../../src/cache/store.ts';
import { visits } from './visits.ts';

export function apart(options: Parameters<typeof visits>[0] = {}) {
  const time = { now: 1_800_000_000_000 };
  const clock = () => time.now;
  const inner = new MemoryStore({ clock });
  const records = inner.namespace('session');
  const users = inner.namespace('user');
  const store: CacheStore = Object.assign(Object.create(inner) as CacheStore, {
    namespace: (prefix: string) => (prefix === 'user' ? users : records),
  });
  return { ...visits({ store, clock, ...options }), records, users, time };
}

/** Something that happens before the store carries out its `nth` call of a method from now on. */
export function before(
  store: CacheStore,
  method: 'set' | 'delete' | 'get',
  nth: number,
  meddle: () => Promise<unknown>,
) {
  const original = store[method].bind(store) as (...given: unknown[]) => Promise<never>;
  let call = 0;
  return vi.spyOn(store, method).mockImplementation(async (...given: unknown[]) => {
    if (++call === nth) await meddle();
    return original(...given);
  });
}

/** The store refuses its `nth` write from now on, and answers with what is there. */
export function refuseSet(store: CacheStore, nth: number): void {
  const original = store.set.bind(store);
  let call = 0;
  vi.spyOn(store, 'set').mockImplementation(async (...given): Promise<WriteResult> => {
    if (++call !== nth) return original(...given);
    const current = await store.get(given[0]);
    return { written: false, ...(current && { current }) };
  });
}

/** The next write is done, but its answer gets lost; at the next try the store finds what the first one left. */
export function loseAnswerOfSet(store: CacheStore): void {
  const original = store.set.bind(store);
  vi.spyOn(store, 'set').mockImplementationOnce(async (...given): Promise<WriteResult> => {
    const result = await original(...given);
    return result.written ? { written: false, current: result.entry, ambiguous: true } : result;
  });
}

export function loseAnswerOfDelete(store: CacheStore): void {
  const original = store.delete.bind(store);
  vi.spyOn(store, 'delete').mockImplementationOnce(async (...given): Promise<DeleteResult> => {
    await original(...given);
    return { deleted: false, ambiguous: true };
  });
}
