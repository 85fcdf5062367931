import { Keyv } from 'keyv';
import type { OpenKeeper } from '../memory/subject.ts';

export const open: OpenKeeper = (_, variant) => {
  const keyv = variant === 'raw' ? new Keyv({ serialization: false }) : new Keyv();
  return {
    get: (key) => keyv.get(key),
    set: (key, value, ttl) => (ttl === undefined ? keyv.set(key, value) : keyv.set(key, value, ttl * 1000)),
    increment: async (key) => {
      const next = Number((await keyv.get(key)) ?? 0) + 1;
      await keyv.set(key, next);
      return next;
    },
  };
};
