import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import type { OpenKeeper } from '../memory/subject.ts';

export const open: OpenKeeper = (entries, variant) => {
  const driver = memoryDriver({ maxItems: entries, serialize: variant !== 'raw' });
  const cache = new BentoCache({ default: 'memory', stores: { memory: bentostore().useL1Layer(driver) } });
  return {
    get: (key) => cache.get({ key }),
    // Without a ttl of null, it would be bentocache's default of half an hour.
    set: (key, value, ttl) => cache.set({ key, value, ttl: ttl === undefined ? null : ttl * 1000 }),
    increment: async (key) => {
      const next = Number((await cache.get({ key })) ?? 0) + 1;
      await cache.set({ key, value: next, ttl: null });
      return next;
    },
  };
};
