import { LRUCache } from 'lru-cache';
import type { OpenKeeper } from '../memory/subject.ts';

export const open: OpenKeeper = (entries, variant) => {
  const cache = new LRUCache<string, string | number>({ max: entries, ttlAutopurge: variant === 'autopurge' });
  const set = (key: string, value: string, ttl?: number) =>
    ttl === undefined ? cache.set(key, value) : cache.set(key, value, { ttl: ttl * 1000 });
  const increment = (key: string) => {
    const next = Number(cache.get(key) ?? 0) + 1;
    cache.set(key, next);
    return next;
  };
  if (variant !== 'async') return { get: (key) => cache.get(key), set, increment };
  return {
    get: async (key) => cache.get(key),
    set: async (key, value, ttl) => set(key, value, ttl),
    increment: async (key) => increment(key),
  };
};
