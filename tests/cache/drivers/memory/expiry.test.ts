import { expect, it } from 'vitest';
import { ExpiryIndex } from '../../../../src/cache/drivers/memory/expiry.ts';

/** What is due at a time, all of it. */
function takeAll(index: ExpiryIndex, now: number): string[] {
  const taken: string[] = [];
  for (let key = index.take(now); key !== undefined; key = index.take(now)) taken.push(key);
  return taken.toSorted();
}

it('An index of nothing is empty, and nothing is due', () => {
  const index = new ExpiryIndex();
  expect(index.isEmpty).toBe(true);
  expect(index.take(Number.MAX_SAFE_INTEGER)).toBeUndefined();
});

it('A key is due with its second, not before, and once', () => {
  const index = new ExpiryIndex();
  index.add('a', 5);
  expect(takeAll(index, 4.999)).toEqual([]);
  expect(index.isEmpty).toBe(false);
  expect(takeAll(index, 5)).toEqual(['a']);
  expect(index.isEmpty).toBe(true);
  expect(takeAll(index, 6)).toEqual([]);
});

it('Keys of several seconds are due each in its own, in whichever order they came', () => {
  const index = new ExpiryIndex();
  for (const [key, expiresAt] of Object.entries({ c: 7, a: 5, b: 5, e: 9, d: 7 })) index.add(key, expiresAt);
  expect(takeAll(index, 5)).toEqual(['a', 'b']);
  expect(takeAll(index, 6)).toEqual([]);
  expect(takeAll(index, 8)).toEqual(['c', 'd']);
  expect(takeAll(index, 9)).toEqual(['e']);
});

it('Keys that were found due wait until they are taken', () => {
  const index = new ExpiryIndex();
  index.add('a', 5);
  index.add('b', 5);
  expect(index.take(5)).toBeDefined();
  expect(index.isEmpty).toBe(false);
  expect(index.take(0)).toBeDefined();
  expect(index.isEmpty).toBe(true);
});

it('A key that comes while others are due is due after them', () => {
  const index = new ExpiryIndex();
  index.add('a', 5);
  index.add('b', 5);
  index.take(5);
  index.add('c', 4);
  expect(takeAll(index, 5)).toHaveLength(2);
});

it('A key that was removed is not due, and the others of its second still are', () => {
  const index = new ExpiryIndex();
  for (const key of ['a', 'b']) index.add(key, 5);
  index.remove('a', 5);
  index.remove('missing', 5);
  index.remove('b', 6);
  expect(takeAll(index, 5)).toEqual(['b']);
});

it('An index whose last key was removed is empty', () => {
  const index = new ExpiryIndex();
  index.add('a', 5);
  index.remove('a', 5);
  expect(index.isEmpty).toBe(true);
  expect(takeAll(index, 5)).toEqual([]);
});
