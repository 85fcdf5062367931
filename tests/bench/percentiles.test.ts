import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, rounded } from '../../bench/latency/percentiles.ts';
import { median } from '../../bench/subjects/median.ts';

const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 });
const share = fc.double({ min: 0.001, max: 1, noNaN: true });

describe('A percentile', () => {
  it('is one of the values, that at least its share of them does not exceed, and no smaller one is', () => {
    fc.assert(
      fc.property(values, share, (all, part) => {
        const found = percentile(all, part);
        const upTo = (limit: number) => all.filter((value) => value <= limit).length / all.length;
        expect(all).toContain(found);
        expect(upTo(found)).toBeGreaterThanOrEqual(part - 1e-9);
        const smaller = all.filter((value) => value < found);
        if (smaller.length > 0) expect(upTo(Math.max(...smaller))).toBeLessThan(part + 1e-9);
      }),
    );
  });

  it('leaves the order of the values as it is', () => {
    const all = [3, 1, 2];
    percentile(all, 0.95);
    expect(all).toEqual([3, 1, 2]);
  });

  it.each([
    [[7], 0.95, 7],
    [[4, 1, 3, 2], 0.5, 2],
    [[10, 9, 100], 0.95, 100],
    [Array.from({ length: 100 }, (_, index) => index + 1), 0.95, 95],
  ])('of %j at %d is %d', (all, part, expected) => {
    expect(percentile(all, part)).toBe(expected);
  });

  it('of nothing is refused', () => {
    expect(() => median([])).toThrow('nothing');
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });
});

it('A rounded number has no digits left that mean nothing', () => {
  expect([rounded(1.26), rounded(1.234, 2), rounded(0.1 + 0.2, 3)]).toEqual([1.3, 1.23, 0.3]);
});
