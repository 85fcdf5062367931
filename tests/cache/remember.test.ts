import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cache } from '../../src/cache/cache.ts';
import { MemoryEngine, MemoryStore } from '../../src/cache/drivers/memory.ts';
import {
  AmbiguousWriteError,
  CorruptEntryError,
  EntryTooLargeError,
  InvalidKeyError,
  StoreUnavailableError,
} from '../../src/cache/errors.ts';
import type { Json } from '../../src/cache/json.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { observe, settle, type ObservedStore } from './observed-store.ts';

/** One process: its own cache and its own way to the engine that all share. */
interface Instance extends ObservedStore {
  readonly cache: Cache;
  readonly errors: [Error, string][];
}

let engine: MemoryEngine;
let here: Instance;
let there: Instance;

function instance(): Instance {
  const errors: [Error, string][] = [];
  const observed = observe(new MemoryStore({ engine }));
  const onError = (error: Error, operation: string): void => void errors.push([error, operation]);
  return { ...observed, errors, cache: new Cache(observed.store, { onError, leaseMs: 10_000, waitMs: 5_000 }) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5); // no jitter
  engine = new MemoryEngine();
  here = instance();
  there = instance();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A computation that ends when it is told to. */
function computation<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { compute: vi.fn<() => Promise<T>>(() => promise), resolve, reject };
}

function tooLarge(): string[] {
  return Array.from({ length: 20_000 }, () => crypto.randomUUID());
}

function failing(): number {
  throw new Error('at once');
}

describe('remember', () => {
  it('computes what is missing, and then no more until its ttl ends', async () => {
    let count = 0;
    const compute = (): Json => ({ n: (count += 1) });
    expect(await here.cache.remember('a', 10, compute)).toEqual({ n: 1 });
    vi.advanceTimersByTime(9_000);
    expect(await here.cache.remember('a', 10, compute)).toEqual({ n: 1 });
    vi.advanceTimersByTime(2_000);
    expect(await here.cache.remember('a', 10, compute)).toEqual({ n: 2 });
  });

  it('is 1 request for a hit and 3 for a miss', async () => {
    await here.cache.remember('a', 10, () => 1);
    expect(here.calls).toEqual(['get', 'lock', 'set']);
    await here.cache.remember('a', 10, () => 1);
    expect(here.calls).toEqual(['get', 'lock', 'set', 'get']);
  });

  it('leaves no lock behind', async () => {
    await here.cache.remember('a', 10, () => 1);
    expect(await here.store.get('a')).toEqual({ value: 1, version: expect.any(Number), expiresAt: expect.any(Number) });
  });

  it('takes null for a value', async () => {
    const compute = vi.fn<() => null>(() => null);
    await here.cache.remember('a', 10, compute);
    expect(await here.cache.remember('a', 10, compute)).toBeNull();
    expect(compute).toHaveBeenCalledOnce();
  });

  it('finds a number that was incremented', async () => {
    await here.cache.increment('n', 3);
    expect(await here.cache.remember('n', 10, () => 0)).toBe(3);
  });

  it('computes anew what nobody can read, and reports it', async () => {
    await here.store.set('a', 'not JSON');
    expect(await here.cache.remember('a', 10, () => 1)).toBe(1);
    expect(here.errors.length).toBeGreaterThan(0);
    for (const report of here.errors) expect(report).toEqual([expect.any(CorruptEntryError), 'remember']);
    expect(await here.cache.get('a')).toBe(1);
  });

  it('refuses a value that JSON would change, and lets the next one try', async () => {
    await expect(here.cache.remember('a', 10, () => new Date() as never)).rejects.toThrow(InvalidArgumentError);
    await expect(here.cache.remember('a', 10, () => undefined as never)).rejects.toThrow(InvalidArgumentError);
    expect(await there.cache.remember('a', 10, () => 1)).toBe(1);
  });

  it('refuses a value the store can not hold, and lets the next one try', async () => {
    await expect(here.cache.remember('a', 10, tooLarge)).rejects.toThrow(EntryTooLargeError);
    expect(await there.cache.remember('a', 10, () => 1)).toBe(1);
  });

  it('refuses a wrong ttl or key before it computes', async () => {
    const compute = vi.fn<() => number>(() => 1);
    await expect(here.cache.remember('a', 0, compute)).rejects.toThrow(InvalidArgumentError);
    await expect(here.cache.remember('', 1, compute)).rejects.toThrow(InvalidKeyError);
    expect(compute).not.toHaveBeenCalled();
  });
});

describe('callers in one process', () => {
  it('share one computation, and each gets a copy of its own', async () => {
    const { compute, resolve } = computation<number[]>();
    const callers = Array.from({ length: 10 }, () => here.cache.remember('a', 10, compute));
    await settle();
    callers.push(here.cache.remember('a', 10, compute));
    resolve([1]);
    const values = await Promise.all(callers);
    expect(values).toEqual(Array.from({ length: 11 }, () => [1]));
    expect(new Set(values).size).toBe(11);
    expect(compute).toHaveBeenCalledOnce();
    expect(here.calls).toEqual(['get', 'lock', 'set']);
  });

  it('do not share it between keys', async () => {
    expect(await Promise.all([here.cache.remember('a', 1, () => 1), here.cache.remember('b', 1, () => 2)])).toEqual([
      1, 2,
    ]);
  });

  it('all get what it throws, and nothing is kept', async () => {
    const { compute, reject } = computation<number>();
    const callers = Promise.allSettled([here.cache.remember('a', 10, compute), here.cache.remember('a', 10, compute)]);
    await settle();
    const error = new Error('no rates today');
    reject(error);
    expect(await callers).toEqual([
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
    ]);
    expect(here.calls).toEqual(['get', 'lock', 'unlock']);
    expect(await here.cache.get('a')).toBeUndefined();
    expect(await here.cache.remember('a', 10, () => 2)).toBe(2);
    expect(here.errors).toEqual([]);
  });

  it('get what it throws even where it is an error of a store', async () => {
    const error = new StoreUnavailableError('the other table');
    const compute = vi.fn<() => Promise<never>>(() => Promise.reject(error));
    await expect(here.cache.remember('a', 10, compute)).rejects.toBe(error);
    expect(compute).toHaveBeenCalledOnce();
    expect(here.errors).toEqual([]);
  });

  it('get what a compute function throws at once', async () => {
    await expect(here.cache.remember('a', 10, failing)).rejects.toThrow('at once');
    expect(await there.cache.remember('a', 10, () => 1)).toBe(1);
  });

  it.each<[string, (cache: Cache) => Promise<unknown>, string]>([
    ['delete', (cache) => cache.delete('a'), 'computed anew'],
    ['deleteMany', (cache) => cache.deleteMany(['a']), 'computed anew'],
    ['pull', (cache) => cache.pull('a'), 'computed anew'],
    ['clear', (cache) => cache.clear(), 'computed anew'],
    ['set', (cache) => cache.set('a', 'newer'), 'newer'],
    ['setMany', (cache) => cache.setMany([['a', 'newer']]), 'newer'],
  ])('that come after a %s do not get what began to be computed before it', async (_, change, expected) => {
    const old = computation<string>();
    const early = here.cache.remember('a', 10, old.compute);
    await settle();
    await change(here.cache);
    expect(await here.cache.remember('a', 10, () => 'computed anew')).toBe(expected);
    old.resolve('old');
    expect(await early).toBe('old');
    expect(await here.cache.get('a')).toBe(expected);
  });

  it.each<[string, (cache: Cache) => Promise<unknown>, Json]>([
    ['add', (cache) => cache.add('a', 'added'), 'added'],
    ['increment', (cache) => cache.increment('a', 5), 5],
    ['decrement', (cache) => cache.decrement('a', 5), -5],
  ])(
    'that come after an %s get what it left, until the value that is computed replaces it',
    async (_, change, left) => {
      const old = computation<string>();
      const early = here.cache.remember('a', 10, old.compute);
      await settle();
      await change(here.cache);
      expect(await here.cache.remember('a', 10, () => 'computed anew')).toBe(left);
      old.resolve('old');
      await early;
      expect(await here.cache.get('a')).toBe('old');
    },
  );

  it('share the newest computation, also when an older one ends', async () => {
    const old = computation<string>();
    const early = here.cache.remember('a', 10, old.compute);
    await settle();
    await here.cache.delete('a');
    const current = computation<string>();
    const late = here.cache.remember('a', 10, current.compute);
    await settle();
    old.resolve('old');
    await early;
    const before = here.calls.length;
    const later = here.cache.remember('a', 10, () => 'another');
    await settle();
    expect(here.calls).toHaveLength(before);
    current.resolve('current');
    expect(await Promise.all([late, later])).toEqual(['current', 'current']);
  });
});

describe('instances', () => {
  it('let one of them compute, and take the value it wrote', async () => {
    const { compute, resolve } = computation<string>();
    const other = vi.fn<() => string>(() => 'computed twice');
    const first = here.cache.remember('a', 10, compute);
    await settle();
    const second = there.cache.remember('a', 10, other);
    await vi.advanceTimersByTimeAsync(1_000);
    resolve('once');
    expect(await first).toBe('once');
    await vi.advanceTimersByTimeAsync(500);
    expect(await second).toBe('once');
    expect(other).not.toHaveBeenCalled();
  });

  it('watch with reads rather than writes', async () => {
    void here.cache.remember('a', 10, computation<string>().compute);
    await settle();
    void there.cache.remember('a', 10, () => 'x');
    await vi.advanceTimersByTimeAsync(4_500);
    const reads = there.calls.filter((name) => name === 'get').length;
    const tries = there.calls.filter((name) => name === 'lock').length;
    expect(reads).toBeGreaterThan(10);
    expect(reads).toBeLessThan(40);
    expect(tries).toBeLessThanOrEqual(Math.ceil(reads / 4));
  });

  it.each([
    [0, 15],
    [0.5, 20],
    [1, 25],
  ])('look again after 20 ms, spread by a quarter: %d', async (random, milliseconds) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    void here.cache.remember('a', 10, computation<string>().compute);
    await settle();
    void there.cache.remember('a', 10, () => 'x');
    await vi.advanceTimersByTimeAsync(milliseconds - 1);
    expect(there.calls).toEqual(['get', 'lock']);
    await vi.advanceTimersByTimeAsync(1);
    expect(there.calls).toEqual(['get', 'lock', 'get']);
  });

  it.each([
    [undefined, 5_000],
    [1_000, 1_000],
  ])('told to wait %s ms for another one wait %d', async (waitMs, milliseconds) => {
    void here.cache.remember('a', 10, computation<string>().compute);
    await settle();
    const patient = new Cache(there.store, waitMs === undefined ? {} : { waitMs });
    const compute = vi.fn<() => string>(() => 'own');
    const second = patient.remember('a', 10, compute);
    await vi.advanceTimersByTimeAsync(milliseconds - 1);
    expect(compute).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toBe('own');
  });

  it('compute for themselves, without writing, where it takes too long', async () => {
    const { compute, resolve } = computation<string>();
    const first = here.cache.remember('a', 10, compute);
    await settle();
    const second = there.cache.remember('a', 10, () => 'own');
    await vi.advanceTimersByTimeAsync(4_999);
    let answer: unknown;
    void second.then((value) => (answer = value));
    await settle();
    expect(answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(answer).toBe('own');
    expect(await second).toBe('own');
    expect(there.calls).not.toContain('set');
    resolve('shared');
    await first;
    expect(await there.cache.get('a')).toBe('shared');
  });

  it('go on soon after one that threw', async () => {
    const { compute, reject } = computation<string>();
    const first = here.cache.remember('a', 10, compute);
    await settle();
    const second = there.cache.remember('a', 10, () => 'second');
    await vi.advanceTimersByTimeAsync(100);
    reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await second).toBe('second');
    expect(await here.cache.get('a')).toBe('second');
  });

  it('go on when the lease of one that died ends', async () => {
    await here.store.lock('a', { owner: 'dead', milliseconds: 3_000 });
    const second = there.cache.remember('a', 10, () => 'second');
    await vi.advanceTimersByTimeAsync(2_999);
    expect(there.calls).not.toContain('set');
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toBe('second');
    expect(await here.cache.get('a')).toBe('second');
  });

  it('do not compute what was written between their read and their lock', async () => {
    const { compute, resolve } = computation<string>();
    const first = here.cache.remember('a', 10, compute);
    await settle();
    const lock = there.store.lock.bind(there.store);
    const late = new Cache(
      new Proxy(there.store, {
        get: (target, name, receiver) =>
          name === 'lock'
            ? async (...parameters: Parameters<typeof lock>) => {
                resolve('first');
                await first;
                return lock(...parameters);
              }
            : Reflect.get(target, name, receiver),
      }),
    );
    expect(await late.remember('a', 10, () => 'second')).toBe('first');
    expect(there.calls).toEqual(['get', 'lock', 'unlock']);
    expect((await there.store.get('a'))?.leaseEndsAt).toBeUndefined();
  });

  it.each<[string, (cache: Cache) => Promise<unknown>, unknown]>([
    ['delete', (cache) => cache.delete('a'), undefined],
    ['deleteMany', (cache) => cache.deleteMany(['a']), undefined],
    ['pull', (cache) => cache.pull('a'), undefined],
    ['clear', (cache) => cache.clear(), undefined],
    ['set', (cache) => cache.set('a', 'newer'), 'newer'],
    ['setMany', (cache) => cache.setMany([['a', 'newer']]), 'newer'],
  ])('that %s a key while it is computed have the last word', async (_, change, left) => {
    const { compute, resolve } = computation<string>();
    const first = here.cache.remember('a', 10, compute);
    await settle();
    await change(there.cache);
    resolve('stale');
    expect(await first).toBe('stale');
    expect(await here.cache.get('a')).toEqual(left);
    expect(here.errors).toEqual([]);
  });

  it('that compute for longer than their lease keep their value to themselves', async () => {
    const { compute, resolve } = computation<string>();
    const first = here.cache.remember('a', 100, compute);
    await settle();
    await vi.advanceTimersByTimeAsync(10_001);
    expect(await there.cache.remember('a', 100, () => 'second')).toBe('second');
    resolve('slow');
    expect(await first).toBe('slow');
    expect(await here.cache.get('a')).toBe('second');
  });
});

describe('while the store fails', () => {
  const down = new StoreUnavailableError('down');

  it.each([
    ['get', ['get']],
    ['lock', ['get', 'lock']],
    ['set', ['get', 'lock', 'set']],
  ] as const)('in %s, the value is computed once for all callers, with no further call', async (method, calls) => {
    here.fail(down, method);
    const compute = vi.fn<() => string>(() => 'computed');
    expect(await Promise.all([here.cache.remember('a', 10, compute), here.cache.remember('a', 10, compute)])).toEqual([
      'computed',
      'computed',
    ]);
    expect(compute).toHaveBeenCalledOnce();
    expect(here.calls).toEqual(calls);
    expect(here.errors).toEqual([[down, 'remember']]);
  });

  it('while another instance computes, the value is computed', async () => {
    void there.cache.remember('a', 10, computation<string>().compute);
    await settle();
    const first = here.cache.remember('a', 10, () => 'computed');
    await settle();
    here.fail(down);
    const before = here.calls.length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first).toBe('computed');
    expect(here.calls).toHaveLength(before + 1);
  });

  it('in releasing the lease, what compute threw is thrown', async () => {
    here.fail(down, 'unlock');
    await expect(here.cache.remember('a', 10, failing)).rejects.toThrow('at once');
    expect(here.errors).toEqual([[down, 'remember']]);
  });

  it('in answering a lock it took, the value is computed, and others go on when that lease ends', async () => {
    here.loseAnswer(new AmbiguousWriteError('lost', 'a'), 'lock');
    expect(await here.cache.remember('a', 10, () => 'mine')).toBe('mine');
    expect(here.calls).toEqual(['get', 'lock']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await there.cache.remember('a', 10, () => 'theirs')).toBe('theirs');
    expect(there.calls).toEqual(['get', 'lock', 'set']);
  });

  it('values that JSON would change are refused all the same', async () => {
    here.fail(down);
    await expect(here.cache.remember('a', 10, () => Number.NaN)).rejects.toThrow(InvalidArgumentError);
  });
});

describe('lock', () => {
  it('is held by one until it is released', async () => {
    const lock = await here.cache.lock('job', { milliseconds: 1_000 });
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeUndefined();
    expect(await here.cache.lock('job', { milliseconds: 1_000 })).toBeUndefined();
    expect(await here.cache.lock('other', { milliseconds: 1_000 })).toBeDefined();
    expect(await lock?.release()).toBe(true);
    expect(await lock?.release()).toBe(false);
    expect(await lock?.renew({ milliseconds: 1_000 })).toBe(false);
    expect(here.calls.filter((name) => name === 'unlock')).toHaveLength(1);
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeDefined();
  });

  it('ends with its lease, and then can not release or renew that of its successor', async () => {
    const lock = await here.cache.lock('job', { milliseconds: 1_000 });
    vi.advanceTimersByTime(1_000);
    const successor = await there.cache.lock('job', { milliseconds: 1_000 });
    expect(await lock?.renew({ milliseconds: 1_000 })).toBe(false);
    expect(await lock?.release()).toBe(false);
    expect(await successor?.release()).toBe(true);
  });

  it('lasts longer when renewed in time, and not when renewed late', async () => {
    const lock = await here.cache.lock('job', { milliseconds: 1_000 });
    vi.advanceTimersByTime(900);
    expect(await lock?.renew({ milliseconds: 1_000 })).toBe(true);
    vi.advanceTimersByTime(900);
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeUndefined();
    vi.advanceTimersByTime(100);
    expect(await lock?.renew({ milliseconds: 1_000 })).toBe(false);
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeDefined();
  });

  it('is released where the block that took it ends, also by an exception', async () => {
    const work = async (): Promise<void> => {
      await using lock = await here.cache.lock('job', { milliseconds: 1_000 });
      expect(lock).toBeDefined();
      expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeUndefined();
      throw new Error('failed');
    };
    await expect(work()).rejects.toThrow('failed');
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeDefined();
  });

  it('has nothing to do with a value of the same name', async () => {
    await here.cache.set('job', 'value');
    const lock = await here.cache.lock('job', { milliseconds: 1_000 });
    await here.cache.set('job', 'other');
    await here.cache.delete('job');
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeUndefined();
    expect(await here.cache.remember('job', 10, () => 1)).toBe(1);
    expect(await lock?.release()).toBe(true);
    expect(await here.cache.get('job')).toBe(1);
  });

  it('leaves nothing in the store when it is released', async () => {
    const lock = await here.cache.lock('job', { milliseconds: 1_000 });
    expect(engine.size).toBe(1);
    await lock?.release();
    expect(engine.size).toBe(0);
  });

  it('that the store fails to release or renew is reported, and ends with its lease', async () => {
    const lock = await here.cache.lock('job', { milliseconds: 1_000 });
    const down = new StoreUnavailableError('down');
    here.fail(down);
    expect(await lock?.renew({ milliseconds: 5_000 })).toBe(false);
    expect(await lock?.release()).toBe(false);
    expect(here.errors).toEqual([
      [down, 'lock'],
      [down, 'lock'],
    ]);
    vi.advanceTimersByTime(1_000);
    expect(await there.cache.lock('job', { milliseconds: 1_000 })).toBeDefined();
  });

  it('refuses a wrong lease or name', async () => {
    await expect(here.cache.lock('job', { milliseconds: 0 })).rejects.toThrow(InvalidArgumentError);
    await expect(here.cache.lock('a'.repeat(2048), { milliseconds: 1 })).rejects.toThrow(InvalidKeyError);
  });
});
