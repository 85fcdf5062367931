import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { OpenKeeper } from './subject.ts';

export const open: OpenKeeper = (entries, variant) => {
  const whole = new MemoryStore({ maxEntries: entries, maxBytes: 2 ** 30 });
  const store = variant === 'namespace' ? whole.namespace('session') : whole;
  return {
    get: (key) => store.get(key),
    set: (key, value, ttl) => (ttl === undefined ? store.set(key, value) : store.set(key, value, { ttl })),
    increment: (key) => store.increment(key),
  };
};
