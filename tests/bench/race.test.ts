import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomial, expectedFailures, failuresOfPage, failuresOfRace, ON_AWS } from '../../bench/capacity/race.ts';
import { pseudoRandom } from '../../bench/capacity/sample.ts';

/** All at once, and every call takes as long as any other. */
const IN_STEP = { spreadMs: 0, readMs: 4, writeMs: 4, handlerMs: 1, deviation: 0 };

describe('Requests that change one session at the same moment', () => {
  it('fail no condition where there is one', () => {
    expect(expectedFailures(1, ON_AWS)).toBe(0);
    expect(failuresOfRace(1, ON_AWS, pseudoRandom(1))).toBe(0);
  });

  it('fail exactly one where there are two that read before either writes', () => {
    expect(expectedFailures(2, IN_STEP)).toBe(1);
  });

  it('fail three where there are three in step, the first time, and then one after the other', () => {
    // Two fail beside the first; of these, one fails again, unless its pause was long enough for a call of the other.
    expect(expectedFailures(3, IN_STEP)).toBeGreaterThan(2.8);
    expect(expectedFailures(3, IN_STEP)).toBeLessThanOrEqual(3);
  });

  it('fail none where they come one after the other', () => {
    const apart = { ...IN_STEP, spreadMs: 1e6 };
    expect(expectedFailures(3, apart)).toBeLessThan(0.01);
  });

  it('fail as many as were seen of the packaged function on DynamoDB Local', () => {
    // Means of 10 to 40 races: `npm run capacity -- --check` measures them anew.
    const seen = { 2: 0.95, 3: 2.85, 4: 5.88, 6: 13.7, 8: 23.6, 12: 48, 20: 131 };
    for (const [writers, failures] of Object.entries(seen)) {
      expect(expectedFailures(Number(writers), ON_AWS) / failures).toBeGreaterThan(0.8);
      expect(expectedFailures(Number(writers), ON_AWS) / failures).toBeLessThan(1.1);
    }
  });

  it('fail between one each and all against all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), (writers, seed) => {
        const failures = failuresOfRace(writers, IN_STEP, pseudoRandom(seed));
        expect(failures).toBeGreaterThanOrEqual(writers - 1);
        expect(failures).toBeLessThanOrEqual((writers * (writers - 1)) / 2);
      }),
    );
  });

  it('of a page are as many as come together, by the binomial distribution', () => {
    expect(failuresOfPage(1, 1, IN_STEP)).toBe(0);
    expect(failuresOfPage(2, 1, IN_STEP)).toBe(1);
    expect(failuresOfPage(2, 0.5, IN_STEP)).toBeCloseTo(0.25, 10);
    expect(failuresOfPage(3, 0.2, IN_STEP)).toBeCloseTo(
      3 * 0.2 ** 2 * 0.8 + 0.2 ** 3 * expectedFailures(3, IN_STEP),
      10,
    );
  });

  it('are counted by a distribution that sums to one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, probability) => {
        let sum = 0;
        for (let hits = 0; hits <= tries; hits += 1) sum += binomial(tries, hits, probability);
        expect(sum).toBeCloseTo(1, 9);
      }),
    );
  });
});
