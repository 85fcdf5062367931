import { expect, it } from 'vitest';
import { ExpiryIndex } from '../../../../src/cache/drivers/memory/expiry.ts';

const CAPACITY = 16;

function indexOf(expiries: Readonly<Record<number, number>>): ExpiryIndex {
  const index = new ExpiryIndex();
  for (const [slot, expiresAt] of Object.entries(expiries)) index.set(Number(slot), expiresAt, CAPACITY);
  return index;
}

/** What is due at a time (in seconds), all of it. */
function takeAll(index: ExpiryIndex, now: number): number[] {
  const taken: number[] = [];
  for (let slot = index.findDue(now * 1000); slot !== 0; slot = index.findDue(now * 1000)) {
    taken.push(slot);
    index.set(slot, undefined, CAPACITY);
  }
  return taken.toSorted((one, other) => one - other);
}

it('An index of nothing is empty, and nothing is due', () => {
  const index = new ExpiryIndex();
  expect(index.isEmpty).toBe(true);
  expect(index.findDue(Number.MAX_SAFE_INTEGER)).toBe(0);
  expect(index.of(3)).toBeUndefined();
});

it('A slot is due with its second, not before, and until it is taken out', () => {
  const index = indexOf({ 1: 5 });
  expect(index.findDue(4999)).toBe(0);
  expect(index.findDue(5000)).toBe(1);
  expect(index.findDue(5000)).toBe(1);
  expect(index.isEmpty).toBe(false);
  expect(takeAll(index, 5)).toEqual([1]);
  expect(index.isEmpty).toBe(true);
  expect(takeAll(index, 6)).toEqual([]);
});

it('Slots of several seconds are due each in its own, in whichever order they came', () => {
  const index = indexOf({ 3: 7, 1: 5, 2: 5, 5: 9, 4: 7 });
  expect(takeAll(index, 5)).toEqual([1, 2]);
  expect(takeAll(index, 6)).toEqual([]);
  expect(takeAll(index, 8)).toEqual([3, 4]);
  expect(takeAll(index, 9)).toEqual([5]);
});

it.each([1, 2, 3])('Slot %d of three of one second can be taken out, and the others are still due', (gone) => {
  const index = indexOf({ 1: 5, 2: 5, 3: 5 });
  index.set(gone, undefined, CAPACITY);
  expect(index.of(gone)).toBeUndefined();
  expect(takeAll(index, 5)).toEqual([1, 2, 3].filter((slot) => slot !== gone));
});

it('A slot that is renewed after it was found is due in its new second', () => {
  const index = indexOf({ 1: 5, 2: 5 });
  expect(index.findDue(5000)).not.toBe(0);
  index.set(1, 8, CAPACITY);
  expect(index.of(1)).toBe(8);
  expect(takeAll(index, 7)).toEqual([2]);
  expect(takeAll(index, 8)).toEqual([1]);
});

it('A slot that comes while others are due is due after them', () => {
  const index = indexOf({ 1: 5, 2: 6 });
  index.findDue(6000);
  index.set(3, 4, CAPACITY);
  expect(takeAll(index, 6)).toEqual([1, 2, 3]);
});

it('What was due is not any more when the clock is set back, and is again in its time', () => {
  const index = indexOf({ 1: 5, 2: 5 });
  expect(index.findDue(5000)).not.toBe(0);
  expect(index.findDue(4000)).toBe(0);
  expect(takeAll(index, 5)).toEqual([1, 2]);
});

it('What is still due when the clock is set back is found at once, before anything that lives has to go', () => {
  const index = indexOf({ 1: 5, 2: 9 });
  expect(index.findDue(9000)).toBe(2);
  expect(index.findDue(6000)).toBe(1);
  expect(takeAll(index, 6)).toEqual([1]);
  expect(takeAll(index, 9)).toEqual([2]);
});

it('An index whose last slot was taken out is empty', () => {
  const index = indexOf({ 1: 5 });
  index.set(1, undefined, CAPACITY);
  expect(index.isEmpty).toBe(true);
  expect(takeAll(index, 5)).toEqual([]);
});

it('An index has room for slots as they come', () => {
  const index = indexOf({ 1: 5, 2: 6 });
  index.set(100, 6, 200);
  expect(index.of(1)).toBe(5);
  expect(index.of(199)).toBeUndefined();
  expect(takeAll(index, 6)).toEqual([1, 2, 100]);
});
