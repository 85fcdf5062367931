import { setImmediate } from 'node:timers/promises';
import type { CacheStore } from '../../src/cache/store.ts';

type Method = keyof CacheStore;

/** A store that notes which of its methods are called, and fails where it is told to. */
export interface ObservedStore {
  readonly store: CacheStore;
  /** The names of the methods called so far. */
  readonly calls: Method[];
  /** From now on, calls of these methods (of all, where none is named) end with this error. */
  fail(error: Error, ...methods: Method[]): void;
  /** The next call of this method does its work first, and answers with this error all the same. */
  loseAnswer(error: Error, method: Method): void;
  recover(): void;
}

export function observe(inner: CacheStore): ObservedStore {
  const calls: Method[] = [];
  let failing: { error: Error; methods: Method[] } | undefined;
  let losing: { error: Error; method: Method } | undefined;
  const store = new Proxy(inner, {
    get(target, name: Method) {
      return async (...parameters: unknown[]): Promise<unknown> => {
        calls.push(name);
        if (failing !== undefined && (failing.methods.length === 0 || failing.methods.includes(name))) {
          throw failing.error;
        }
        const answer: unknown = await Reflect.apply(Reflect.get(target, name), target, parameters);
        if (losing?.method !== name) return answer;
        const { error } = losing;
        losing = undefined;
        throw error;
      };
    },
  });
  return {
    store,
    calls,
    fail(error, ...methods) {
      failing = { error, methods };
    },
    loseAnswer(error, method) {
      losing = { error, method };
    },
    recover() {
      failing = undefined;
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}
