import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cartOf, noiseOf, ratioOf } from '../../bench/units/session-data.ts';

describe('Session data', () => {
  it('have exactly the size that is asked for, the same at every call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 60_000 }), fc.constantFrom(cartOf, noiseOf), (bytes, dataOf) => {
        const text = JSON.stringify(dataOf(bytes));
        expect(Buffer.byteLength(text)).toBe(bytes);
        expect(JSON.stringify(dataOf(bytes))).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it('of a cart compress as JSON does, noise by no more than base64 adds', () => {
    expect(ratioOf(cartOf(10_240))).toBeGreaterThan(2);
    expect(ratioOf(cartOf(10_240))).toBeLessThan(10);
    expect(ratioOf(noiseOf(10_240))).toBeLessThan(4 / 3 + 0.02);
  });

  it('of a few bytes are refused', () => {
    expect(() => cartOf(10)).toThrow('Session data of 10 bytes are too small.');
  });
});
