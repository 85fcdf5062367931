import { assert, asyncProperty, jsonValue } from 'fast-check';
import { beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { Cache } from '../../src/cache/cache.ts';
import { MemoryEngine, MemoryStore } from '../../src/cache/drivers/memory.ts';
import {
  AmbiguousWriteError,
  BatchIncompleteError,
  CorruptEntryError,
  EntryTooLargeError,
  InvalidKeyError,
  NotANumberError,
  StoreUnavailableError,
} from '../../src/cache/errors.ts';
import type { Json } from '../../src/cache/json.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { tries } from '../support/property-tries.ts';
import { observe, type ObservedStore } from './observed-store.ts';

let now: number;
let memory: MemoryStore;
let observed: ObservedStore;
let errors: [Error, string][];
let cache: Cache;

beforeEach(() => {
  now = 1_700_000_000_000;
  memory = new MemoryStore({ engine: new MemoryEngine({ clock: () => now }) });
  observed = observe(memory);
  errors = [];
  cache = new Cache(observed.store, {
    clock: () => now,
    onError: (error, operation) => void errors.push([error, operation]),
  });
});

describe('values', () => {
  it.each<[string, Json]>([
    ['text', 'hello'],
    ['empty text', ''],
    ['text that looks like a number', '12'],
    ['text that looks like JSON', '{"a":1}'],
    ['text with half of a character', '\ud800'],
    ['an integer', 42],
    ['a fraction', -0.1],
    ['zero', 0],
    ['a boolean', false],
    ['null', null],
    ['a list', [1, 'two', [null]]],
    ['an object', { a: { b: [true] }, '': 0 }],
  ])('come back as they were: %s', async (_, value) => {
    await cache.set('a', value);
    expect(await cache.get('a')).toStrictEqual(value);
  });

  it('come back as they were, whatever JSON holds', async () => {
    const json = jsonValue().filter((value) => !hasNegativeZero(value));
    await assert(
      asyncProperty(json, async (value) => {
        await cache.set('a', [value] as Json);
        expect(await cache.get('a')).toStrictEqual([value]);
      }),
      tries(200),
    );
  });

  it('that are numbers stay numbers in the store, so that they can be counted with', async () => {
    await cache.set('n', 5);
    expect(await memory.get('n')).toMatchObject({ value: 5 });
    expect(await cache.increment('n', 2)).toBe(7);
    expect(await cache.decrement('n')).toBe(6);
    expect(await cache.get('n')).toBe(6);
  });

  it('may be objects without a prototype', async () => {
    await cache.set('a', Object.assign(Object.create(null) as Record<string, Json>, { b: 1 }));
    expect(await cache.get('a')).toEqual({ b: 1 });
  });

  it('may be the same object in several places', async () => {
    const shared = { a: 1 };
    await cache.set('a', [shared, { shared }]);
    expect(await cache.get('a')).toEqual([{ a: 1 }, { shared: { a: 1 } }]);
  });

  it('may have a key called __proto__, which changes no prototype', async () => {
    await cache.set('a', JSON.parse('{"__proto__":{"admin":true},"b":1}') as Json);
    const value = await cache.get('a');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('admin' in {}).toBe(false);
  });

  it('may have optional properties that are undefined', async () => {
    const typed = new Cache<{ user: { name: string; email?: string | undefined } }>(memory);
    await typed.set('user', { name: 'Ada', email: undefined });
    expect(await typed.get('user')).toStrictEqual({ name: 'Ada' });
  });

  it('belong to their reader', async () => {
    const original = { list: [1] };
    await cache.set('a', original);
    original.list.push(2);
    const first = (await cache.get('a')) as { list: number[] };
    first.list.push(3);
    expect(await cache.get('a')).toEqual({ list: [1] });
  });

  class Money {
    amount = 1;
  }
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  let deep: unknown = 0;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined', [undefined]],
    ['NaN', Number.NaN],
    ['NaN', { a: Number.NaN }],
    ['Infinity', Infinity],
    ['-0', -0],
    ['-0', [-0]],
    ['a bigint', 1n],
    ['a symbol', Symbol('a')],
    ['a function', () => 1],
    ['a function', { toJSON: () => 1 }],
    ['a Date', new Date()],
    ['a Map', { a: new Map() }],
    ['a Set', [new Set()]],
    ['a RegExp', /a/],
    ['a Uint8Array', new Uint8Array(1)],
    ['a String', Object('text')],
    ['a Promise', Promise.resolve(1)],
    ['a Money', { price: new Money() }],
    ['a class instance', new (class {})()],
    ['a class instance', Object.create({ constructor: { name: 'secret' } })],
    ['a class instance', Object.create(Object.create(null) as object)],
    ['an array with holes', Object.assign([], { length: 2 })],
    ['an array with holes or properties', Object.assign([1], { a: 1 })],
    ['an object with symbols as keys', { [Symbol('a')]: 1 }],
    ['an object that contains itself', cycle],
    ['something more than 500 levels deep', deep],
  ])('that JSON would change are refused: %s', async (what, value) => {
    const anything = new Cache<Record<string, never>>(observed.store);
    for (const write of [
      () => anything.set('a', value as never),
      () => anything.add('a', value as never),
      () => anything.setMany([['a', value as never]]),
    ]) {
      const error = await write().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect((error as Error).message).toContain(`found ${what}`);
    }
    expect(observed.calls).toEqual([]);
  });

  it('may be nested 500 levels deep', async () => {
    const nested = (levels: number): Json => (levels === 0 ? 1 : [nested(levels - 1)]);
    await cache.set('a', nested(500));
    expect(await cache.get('a')).toEqual(nested(500));
    await expect(cache.set('a', nested(501))).rejects.toThrow('more than 500 levels deep');
  });

  it('that somebody else stored in another form count as missing, and are reported', async () => {
    await memory.set('text', 'secret');
    await memory.set('bytes', new Uint8Array([1]));
    expect(await cache.get('text')).toBeUndefined();
    expect(await cache.has('bytes')).toBe(false);
    expect(await cache.getMany(['text', 'bytes'])).toEqual(new Map());
    expect(await cache.pull('text')).toBeUndefined();
    expect(errors.map(([error, operation]) => [error.constructor, operation])).toEqual([
      [CorruptEntryError, 'get'],
      [CorruptEntryError, 'has'],
      [CorruptEntryError, 'getMany'],
      [CorruptEntryError, 'getMany'],
      [CorruptEntryError, 'pull'],
    ]);
    for (const [error] of errors) {
      expect(error.message).toBe('A cached record is not JSON; it counts as missing.');
      expect(error.cause).toBeUndefined();
    }
  });
});

describe('verbs', () => {
  it('get, has and delete tell what is there from what is not', async () => {
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.has('a')).toBe(false);
    expect(await cache.delete('a')).toBe(false);
    await cache.set('a', null);
    expect(await cache.get('a')).toBeNull();
    expect(await cache.has('a')).toBe(true);
    expect(await cache.delete('a')).toBe(true);
    expect(await cache.has('a')).toBe(false);
  });

  it('set lives as long as its ttl, the ttl of the cache, or for good', async () => {
    const brief = new Cache(memory, { ttl: 10 });
    await brief.set('own', 1, 20);
    await brief.set('default', 1);
    await brief.setMany([
      ['many', 1],
      ['many-own', 1, 20],
    ]);
    await brief.add('add', 1);
    await brief.increment('count');
    await cache.set('forever', 1);
    now += 10_000;
    expect([
      ...(await brief.getMany(['own', 'default', 'many', 'many-own', 'add', 'count', 'forever'])).keys(),
    ]).toEqual(['own', 'many-own', 'forever']);
    now += 10_000;
    expect(await brief.has('own')).toBe(false);
    now += 1e11;
    expect(await cache.get('forever')).toBe(1);
  });

  it('add stores only where there is nothing', async () => {
    expect(await cache.add('a', 1, 10)).toBe(true);
    expect(await cache.add('a', 2)).toBe(false);
    expect(await cache.get('a')).toBe(1);
    now += 10_000;
    expect(await cache.add('a', 3)).toBe(true);
  });

  it('pull answers what it removed, to one caller', async () => {
    await cache.set('a', { b: 1 });
    const pulled = await Promise.all([cache.pull('a'), cache.pull('a')]);
    expect(pulled.filter((value) => value !== undefined)).toEqual([{ b: 1 }]);
  });

  it('pull throws where the value may be lost with an answer', async () => {
    vi.spyOn(memory, 'delete').mockResolvedValue({ deleted: false, ambiguous: true });
    const error = await cache.pull('a').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AmbiguousWriteError);
    expect((error as AmbiguousWriteError).key).toBe('a');
    expect((error as AmbiguousWriteError).message).toContain('may have been removed');
    expect(await cache.delete('a')).toBe(true);
  });

  it('touch moves the expiry of what is there', async () => {
    expect(await cache.touch('a', 10)).toBe(false);
    await cache.set('a', 1, 5);
    expect(await cache.touch('a', 10)).toBe(true);
    now += 9_000;
    expect(await cache.get('a')).toBe(1);
  });

  it('increment starts at 0, with its ttl, and adds for every caller', async () => {
    const sums = await Promise.all(Array.from({ length: 20 }, () => cache.increment('n', 1, 10)));
    expect(sums.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await cache.decrement('n', 25)).toBe(-5);
    expect(await cache.decrement('m', 0)).toBe(0);
    now += 10_000;
    expect(await cache.get('n')).toBeUndefined();
  });

  it('getMany, setMany and deleteMany take any number of keys, repeated ones too', async () => {
    expect(
      await cache.setMany([
        ['a', 1],
        ['b', { c: 2 }],
        ['a', 3],
      ]),
    ).toBe(true);
    expect(await cache.getMany(['b', 'a', 'missing', 'b'])).toEqual(
      new Map<string, Json>([
        ['b', { c: 2 }],
        ['a', 3],
      ]),
    );
    expect(await cache.deleteMany(new Set(['a', 'missing']))).toBe(true);
    expect(await cache.getMany(['a', 'b'])).toEqual(new Map([['b', { c: 2 }]]));
    const many = Array.from({ length: 250 }, (_, index) => [`k${index}`, index] as const);
    await cache.setMany(many);
    expect(await cache.getMany(many.map(([key]) => key))).toEqual(new Map(many));
  });

  it('clear empties this cache and no other', async () => {
    const [mine, other] = [new Cache(memory.namespace('a')), new Cache(memory.namespace('ab'))];
    await mine.set('x', 1);
    await other.set('x', 2);
    expect(await mine.clear()).toBe(true);
    expect([await mine.get('x'), await other.get('x')]).toEqual([undefined, 2]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['get', () => cache.get('a')],
    ['has', () => cache.has('a')],
    ['set', () => cache.set('a', 1)],
    ['add', () => cache.add('a', 1)],
    ['pull', () => cache.pull('a')],
    ['delete', () => cache.delete('a')],
    ['touch', () => cache.touch('a', 1)],
    ['increment', () => cache.increment('a')],
    ['getMany', () => cache.getMany(['a', 'b'])],
    [
      'setMany',
      () =>
        cache.setMany([
          ['a', 1],
          ['b', 1],
        ]),
    ],
    ['lock', () => cache.lock('a', { milliseconds: 1 })],
  ])('%s calls the store once', async (_, call) => {
    await call();
    expect(observed.calls).toHaveLength(1);
  });
});

describe('mistakes of the caller', () => {
  it('throw, and are not taken for a failure of the store', async () => {
    await cache.set('text', 'a');
    await expect(cache.get('')).rejects.toThrow(InvalidKeyError);
    await expect(cache.getMany(['a', ''])).rejects.toThrow(InvalidKeyError);
    await expect(cache.set('a'.repeat(3000), 1)).rejects.toThrow(InvalidKeyError);
    await expect(cache.set('a', 1, 0)).rejects.toThrow(InvalidArgumentError);
    await expect(cache.set('a', 1, 1.5)).rejects.toThrow(InvalidArgumentError);
    await expect(cache.set('a', 1e300)).rejects.toThrow(InvalidArgumentError);
    await expect(cache.touch('a', -1)).rejects.toThrow(InvalidArgumentError);
    await expect(cache.increment('text')).rejects.toThrow(NotANumberError);
    await expect(cache.increment('a', 0.5)).rejects.toThrow(InvalidArgumentError);
    await expect(cache.decrement('a', '5' as never)).rejects.toThrow(InvalidArgumentError);
    await expect(cache.set('a', incompressible(500_000))).rejects.toThrow(EntryTooLargeError);
    expect(() => new Cache(memory, { ttl: 0 })).toThrow(InvalidArgumentError);
    expect(errors).toEqual([]);
  });
});

describe('a store that fails', () => {
  const outages = [
    new StoreUnavailableError('down'),
    new AmbiguousWriteError('lost', 'a'),
    new BatchIncompleteError(['a']),
  ];

  const verbs: [string, (down: Cache) => Promise<unknown>, unknown][] = [
    ['get', (down) => down.get('a'), undefined],
    ['has', (down) => down.has('a'), false],
    ['getMany', (down) => down.getMany(['a', 'b']), new Map()],
    ['set', (down) => down.set('a', 1), false],
    ['add', (down) => down.add('a', 1), false],
    ['setMany', (down) => down.setMany([['a', 1]]), false],
    ['pull', (down) => down.pull('a'), undefined],
    ['delete', (down) => down.delete('a'), false],
    ['deleteMany', (down) => down.deleteMany(['a']), false],
    ['touch', (down) => down.touch('a', 1), false],
    ['increment', (down) => down.increment('a'), undefined],
    ['decrement', (down) => down.decrement('a'), undefined],
    ['clear', (down) => down.clear(), false],
    ['lock', (down) => down.lock('a', { milliseconds: 1 }), undefined],
  ];

  it.each(verbs)('does not take %s down with it, and is reported', async (operation, call, answer) => {
    for (const error of outages) {
      errors = [];
      observed.fail(error);
      expect(await call(cache)).toEqual(answer);
      expect(errors).toEqual([[error, operation]]);
    }
  });

  it.each(verbs)('makes no difference to %s where nobody is told', async (_, call, answer) => {
    observed.fail(new StoreUnavailableError('down'));
    expect(await call(new Cache(observed.store))).toEqual(answer);
  });

  it('is not made worse by a hook that fails', async () => {
    observed.fail(new StoreUnavailableError('down'));
    const throwing = new Cache(observed.store, {
      onError: () => {
        throw new Error('hook');
      },
    });
    const rejecting = new Cache(observed.store, { onError: () => Promise.reject(new Error('hook')) });
    expect(await throwing.get('a')).toBeUndefined();
    expect(await rejecting.get('a')).toBeUndefined();
    expect(await throwing.remember('a', 1, () => 2)).toBe(2);
  });

  it('is forgotten once it is back', async () => {
    observed.fail(new StoreUnavailableError('down'));
    await cache.set('a', 1);
    observed.recover();
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.set('a', 1)).toBe(true);
    expect(await cache.get('a')).toBe(1);
  });

  it('does not hide errors that nobody foresaw', async () => {
    observed.fail(new TypeError('bug'));
    await expect(cache.get('a')).rejects.toThrow(TypeError);
  });
});

describe('types', () => {
  interface User {
    name: string;
    email?: string;
  }
  interface Values {
    rates: number[];
    [key: `user:${string}`]: User;
  }

  it('of values follow from their keys', async () => {
    const typed = new Cache<Values>(memory);
    await typed.set('rates', [1]);
    await typed.set('user:1', { name: 'Ada' });
    expectTypeOf(await typed.get('rates')).toEqualTypeOf<number[] | undefined>();
    expectTypeOf(await typed.get('user:1')).toEqualTypeOf<User | undefined>();
    expectTypeOf(await typed.remember('user:2', 1, () => ({ name: 'Bob' }))).toEqualTypeOf<User>();
    // @ts-expect-error a key that does not exist
    await typed.get('rate');
    // @ts-expect-error a value of another type
    await typed.set('rates', 'none');
    // @ts-expect-error a computed value of another type
    await typed.remember('user:3', 1, () => 5);
    // @ts-expect-error a Date does not come back from JSON
    expect(new Cache<{ at: Date }>(memory)).toBeDefined();
    // @ts-expect-error nor does a Map, wherever it is
    expect(new Cache<{ at: { list: Map<string, string>[] } }>(memory)).toBeDefined();
  });
});

function hasNegativeZero(value: unknown): boolean {
  if (Object.is(value, -0)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasNegativeZero);
}

function incompressible(bytes: number): string {
  const chunks = Array.from({ length: bytes / 50_000 }, () => crypto.getRandomValues(new Uint8Array(50_000)));
  return Buffer.concat(chunks).toString('base64');
}
