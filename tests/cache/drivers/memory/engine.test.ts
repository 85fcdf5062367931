import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryEngine } from '../../../../src/cache/drivers/memory/engine.ts';
import { tries } from '../../../support/property-tries.ts';

function keysOf(engine: MemoryEngine, prefix = ''): string[] {
  return [...engine.records(prefix)].map(([key]) => key);
}

function filled(count: number, options = {}): MemoryEngine {
  const engine = new MemoryEngine({ maxEntries: 100_000, clock: () => 0, ...options });
  for (let number = 0; number < count; number++) engine.put(`${number}`, { value: number, version: number }, 0);
  return engine;
}

it('An engine keeps what it holds while it grows', () => {
  const engine = filled(1000);
  expect(engine.size).toBe(1000);
  for (let number = 0; number < 1000; number++) {
    expect(engine.get(`${number}`, 0)).toMatchObject({ value: number, version: number });
  }
});

it('An engine that has grown drops the least recently used first', () => {
  const engine = filled(100, { maxEntries: 100 });
  for (let number = 0; number < 100; number += 2) engine.get(`${number}`, 0);
  for (let number = 0; number < 50; number++) engine.put(`new-${number}`, { value: 1, version: 1 }, 0);
  const kept = Array.from({ length: 50 }, (_, half) => `${2 * half}`);
  expect(keysOf(engine).filter((key) => !key.startsWith('new-'))).toEqual(kept);
});

it('A slot that is used again holds nothing of the record that was there', () => {
  const engine = new MemoryEngine({ clock: () => 0 });
  const locks = { lease: { owner: 'a', endsAt: 5000 }, line: { next: 1, turn: 1 } };
  engine.put('old', { value: 'old', version: 1, expiresAt: 9, ...locks }, 0);
  engine.delete('old');
  engine.put('new', { value: 'new', version: 2 }, 0);
  expect(engine.get('new', 20_000)).toEqual({
    value: 'new',
    version: 2,
    expiresAt: undefined,
    lease: undefined,
    line: undefined,
  });
  expect(engine.size).toBe(1);
});

it('An engine that shrinks keeps the rest as it was: values, versions, expiries, locks and the order of use', () => {
  const engine = filled(1000, { maxEntries: 1000 });
  const lease = { owner: 'a', endsAt: 5000 };
  engine.put('locked', { value: 'text', version: 7, expiresAt: 9, lease }, 0);
  engine.get('3', 0);
  for (let number = 10; number < 1000; number++) engine.delete(`${number}`);
  expect(engine.get('locked', 0)).toEqual({ value: 'text', version: 7, expiresAt: 9, lease, line: undefined });
  expect(keysOf(engine)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'locked']);
  for (let number = 0; number < 997; number++) engine.put(`new-${number}`, { value: 1, version: 1 }, 0);
  // Seven had to go: the least recently used ones, and not the two that were read.
  expect(keysOf(engine).slice(0, 3)).toEqual(['9', '3', 'locked'].toSorted());
  expect(engine.get('locked', 9000)).toBeUndefined();
});

it('Many records that expire at once are all dropped, and the rest stays', () => {
  let now = 0;
  const engine = new MemoryEngine({ maxEntries: 100_000, clock: () => now });
  for (let number = 0; number < 5000; number++) {
    const expiry = number % 5 === 0 ? {} : { expiresAt: 1 + (number % 3) };
    engine.put(`${number}`, { value: number, version: 1, ...expiry }, now);
  }
  now = 10_000;
  for (let write = 0; write < 500; write++) engine.put('other', { value: write, version: 1 }, now);
  expect(engine.size).toBe(1001);
  for (let number = 0; number < 5000; number += 5) expect(engine.get(`${number}`, now)?.value).toBe(number);
});

it('Records may be deleted, and others written, while they are looked through', () => {
  const engine = filled(1000);
  const seen: string[] = [];
  for (const [key, { value }] of engine.records('')) {
    if (typeof value !== 'number') continue;
    expect(key).toBe(`${value}`);
    seen.push(key);
    engine.delete(key);
    engine.delete(`${value + 1}`);
    if (value < 100) engine.put(`text-${value}`, { value: 'text', version: 1 }, 0);
  }
  expect(seen).toEqual(Array.from({ length: 500 }, (_, half) => `${2 * half}`));
  expect(engine.size).toBe(50);
});

/** Records by a plain Map in the order of their use. */
class Naive {
  readonly records = new Map<string, { value: number; expiresAt: number | undefined }>();

  get(key: string, now: number): number | undefined {
    const record = this.records.get(key);
    if (record === undefined) return undefined;
    this.records.delete(key);
    if (record.expiresAt !== undefined && record.expiresAt * 1000 <= now) return undefined;
    this.records.set(key, record);
    return record.value;
  }

  put(key: string, value: number, expiresAt: number | undefined, now: number, most: number): void {
    this.records.delete(key);
    this.records.set(key, { value, expiresAt });
    for (const [other, record] of this.records) {
      if (record.expiresAt !== undefined && record.expiresAt * 1000 <= now) this.records.delete(other);
    }
    for (const other of this.records.keys()) {
      if (this.records.size <= most) break;
      this.records.delete(other);
    }
  }
}

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.nat(200),
      ttl: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key: fc.nat(200), count: fc.nat(150) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 3 }) }) },
);

it('An engine holds what a Map in the order of use would hold, however it grows and shrinks', () => {
  const property = fc.property(
    fc.array(action, { maxLength: 400, size: 'max' }),
    fc.integer({ min: 1, max: 150 }),
    (actions, most) => {
      let now = 0;
      const engine = new MemoryEngine({ maxEntries: most, clock: () => now });
      const naive = new Naive();
      for (const [step, one] of actions.entries()) {
        if (one.do === 'wait') now += one.seconds * 1000;
        else if (one.do === 'get') expect(engine.get(`${one.key}`, now)?.value).toBe(naive.get(`${one.key}`, now));
        else if (one.do === 'delete') {
          for (let key = one.key; key < one.key + one.count; key++) {
            engine.delete(`${key}`);
            naive.records.delete(`${key}`);
          }
        } else {
          const expiresAt = one.ttl === undefined ? undefined : now / 1000 + one.ttl;
          engine.put(`${one.key}`, { value: step, version: step, expiresAt }, now);
          naive.put(`${one.key}`, step, expiresAt, now, most);
        }
      }
      const living = [...naive.records].filter(
        ([, { expiresAt }]) => expiresAt === undefined || expiresAt * 1000 > now,
      );
      const held = [...engine.records('')].filter(
        ([, { expiresAt }]) => expiresAt === undefined || expiresAt * 1000 > now,
      );
      expect(new Map(held.map(([key, { value }]) => [key, value]))).toEqual(
        new Map(living.map(([key, { value }]) => [key, value])),
      );
    },
  );
  fc.assert(property, tries(300));
});
