/** Stores in memory: what each of them has for many entries. */
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import Keyv from 'keyv';
import { LRUCache } from 'lru-cache';
import { type OpenBatches, TTL } from '../batches/batches.ts';

const MAX_ENTRIES = 100_000;

export const keyv: OpenBatches = () => {
  // Text needs none of its serialization, which would slow it down.
  const store = new Keyv<string>({ serialization: false });
  const setMany = (entries: readonly { key: string; value: string }[]) =>
    store.setMany(entries.map((entry) => ({ ...entry, ttl: TTL * 1000 })));
  return {
    setMany,
    getMany: async (keys) => (await store.getMany([...keys])).filter((value) => value !== undefined).length,
    deleteMany: (keys) => store.deleteMany([...keys]),
    clear: () => store.clear(),
    fill: setMany,
  };
};

/** It can delete many entries, and neither set nor get them. */
export const bentocache: OpenBatches = () => {
  const store = new BentoCache({
    default: 'memory',
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: MAX_ENTRIES })) },
  });
  return {
    deleteMany: (keys) => store.deleteMany({ keys: [...keys] }),
    clear: () => store.clear(),
    fill: async (entries) => {
      for (const { key, value } of entries) await store.set({ key, value, ttl: TTL * 1000 });
    },
  };
};

/** Synchronous, and one entry at a time: a loop. */
export const lruCache: OpenBatches = () => {
  const store = new LRUCache<string, string>({ max: MAX_ENTRIES, ttl: TTL * 1000 });
  const setMany = async (entries: readonly { key: string; value: string }[]) => {
    for (const { key, value } of entries) store.set(key, value);
  };
  return {
    setMany,
    getMany: async (keys) => keys.filter((key) => store.get(key) !== undefined).length,
    deleteMany: async (keys) => {
      for (const key of keys) store.delete(key);
    },
    clear: async () => store.clear(),
    fill: setMany,
  };
};
