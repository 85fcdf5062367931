import type { CacheStore } from '../../src/cache/store.ts';

/** What fast-check's scheduler offers. */
export interface Scheduler {
  schedule<T>(task: Promise<T>, label?: string): Promise<T>;
}

/**
 * A store whose requests reach it, and whose answers come back, when the scheduler says: in any order with those of
 * others, but each at once and alone, as an engine does a single record's.
 */
export function scheduled(store: CacheStore, scheduler: Scheduler): CacheStore {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name === 'namespace') return (prefix: string) => scheduled(target.namespace(prefix), scheduler);
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve(), `${String(name)} arrives`);
        // Several records in one request are still several: engines write them one after the other.
        if (name !== 'deleteMany') {
          const answer: unknown = await Reflect.apply(member, target, given);
          return scheduler.schedule(Promise.resolve(answer), `${String(name)} answers`);
        }
        for (const key of given[0] as Iterable<string>) {
          await target.deleteMany([key]);
          await scheduler.schedule(Promise.resolve(), 'deleteMany goes on');
        }
        return undefined;
      };
    },
  });
}
