import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlannedRequest, requestsPerSecond, totalOf, type Visit, visitOf } from '../../bench/stress/plan.ts';
import { randomOf } from '../../bench/stress/random.ts';
import { requestsOfVisit, type Traffic, TrafficSchema } from '../../bench/traffic/traffic.ts';
import * as v from 'valibot';

const DEFAULT = v.parse(TrafficSchema, {});

const traffics: fc.Arbitrary<Traffic> = fc.record({
  size: fc.integer({ min: 20, max: 3000 }),
  readOnly: fc.double({ min: 0, max: 1, noNaN: true }),
  pages: fc.integer({ min: 1, max: 12 }),
  parallel: fc.integer({ min: 1, max: 5 }),
  logins: fc.double({ min: 0, max: 1, noNaN: true }),
  logouts: fc.double({ min: 0, max: 1, noNaN: true }),
  bots: fc.double({ min: 0, max: 0.99, noNaN: true }),
});

function requestsIn({ first, login, pages, logout }: Visit): PlannedRequest[] {
  return [first, ...(login ? [login] : []), ...pages.flat(), ...(logout ? [logout] : [])];
}

describe('A visit', () => {
  it('is the same for the same seed and number, whatever came before', () => {
    fc.assert(
      fc.property(traffics, fc.nat(), fc.nat({ max: 10_000 }), (traffic, seed, number) => {
        const options = { traffic, seed, run: 'r' };
        const visit = visitOf(options, number);
        visitOf(options, number + 1);
        expect(visitOf(options, number)).toEqual(visit);
      }),
    );
    const pages = [1, 2, 3].map((seed) => JSON.stringify(visitOf({ traffic: DEFAULT, seed, run: 'r' }, 0).pages));
    expect(new Set(pages).size).toBe(3);
  });

  it('is a first write, perhaps a login, all pages with all their requests, and a logout only after a login', () => {
    fc.assert(
      fc.property(traffics, fc.nat(), fc.nat({ max: 10_000 }), (traffic, seed, number) => {
        const visit = visitOf({ traffic, seed, run: 'r' }, number);
        expect(visit.first).toMatchObject({ kind: 'first write', method: 'PUT', path: '/session/data/cart' });
        expect(Buffer.byteLength(`{"cart":${visit.first.body ?? ''}}`)).toBe(traffic.size);
        expect(visit.pages.map((page) => page.length)).toEqual(Array(traffic.pages).fill(traffic.parallel));
        for (const { kind, method, path } of visit.pages.flat()) {
          expect([kind, method, path]).toEqual(
            kind === 'read-only' ? ['read-only', 'GET', '/session'] : ['change', 'POST', '/session/visits'],
          );
        }
        if (visit.logout) expect(visit.login).toBeDefined();
        if (traffic.logins === 0) expect(visit.login).toBeUndefined();
        if (traffic.readOnly === 1) expect(visit.pages.flat().every(({ kind }) => kind === 'read-only')).toBe(true);
        if (traffic.readOnly === 0) expect(visit.pages.flat().every(({ kind }) => kind === 'change')).toBe(true);
      }),
    );
  });

  it('logs in as somebody else than any other visit, also of another run', () => {
    const traffic = { ...DEFAULT, logins: 1 };
    const users = ['a', 'b'].flatMap((run) =>
      Array.from({ length: 50 }, (_, number) => visitOf({ traffic, seed: 1, run }, number).login?.body),
    );
    expect(new Set(users).size).toBe(100);
  });
});

describe('Many visits', () => {
  it('have the requests that the traffic promises, up to what chance allows', () => {
    const VISITS = 400;
    fc.assert(
      fc.property(traffics, fc.nat(), (traffic, seed) => {
        const counts = new Map<string, number>();
        for (let number = 0; number < VISITS; number += 1) {
          for (const { kind } of requestsIn(visitOf({ traffic, seed, run: 'r' }, number))) {
            counts.set(kind, (counts.get(kind) ?? 0) + 1);
          }
        }
        const expected = requestsOfVisit(traffic);
        const draws = VISITS * traffic.pages * traffic.parallel;
        const off = (kind: keyof typeof expected): number =>
          Math.abs((counts.get(kind) ?? 0) - expected[kind] * VISITS);
        expect(counts.get('first write')).toBe(VISITS);
        // Not drawn, so off by one at the most, and a logout once more where a login is.
        expect(off('login')).toBeLessThan(1 + 1e-6);
        expect(off('logout')).toBeLessThan(2 + 1e-6);
        // Seven standard deviations: once in 10^11.
        const margin = 7 * Math.sqrt(draws * traffic.readOnly * (1 - traffic.readOnly)) + 1e-6;
        expect(off('read-only')).toBeLessThanOrEqual(margin);
        expect(off('change')).toBeLessThanOrEqual(margin);
        expect((counts.get('read-only') ?? 0) + (counts.get('change') ?? 0)).toBe(draws);
      }),
      { numRuns: 30 },
    );
  });

  it('come with as many bots as their share of all requests says', () => {
    fc.assert(
      fc.property(traffics, fc.double({ min: 0.1, max: 1000, noNaN: true }), (traffic, visitors) => {
        const rate = requestsPerSecond(traffic, visitors);
        expect(rate.bot / totalOf(rate)).toBeCloseTo(traffic.bots, 9);
        expect(rate['first write']).toBe(visitors);
        expect(rate['read-only'] + rate.change).toBeCloseTo(visitors * traffic.pages * traffic.parallel, 6);
      }),
    );
  });
});

describe('Random numbers', () => {
  it('are spread evenly from 0 to below 1, in every stream', () => {
    for (const stream of [0, 1, 2, 1000]) {
      const random = randomOf(1, stream);
      const tenths = Array<number>(10).fill(0);
      for (let index = 0; index < 10_000; index += 1) {
        const tenth = Math.floor(random() * 10);
        tenths[tenth] = (tenths[tenth] ?? NaN) + 1;
      }
      for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(210);
    }
  });

  it('are spread evenly over the first of all streams, which decide who logs in', () => {
    const firsts = Array.from({ length: 10_000 }, (_, stream) => randomOf(1, stream)());
    expect(Math.abs(firsts.filter((value) => value < 0.1).length - 1000)).toBeLessThan(210);
  });
});
