import * as fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { onDemandCost, provisionedCost, storageCost } from '../../bench/capacity/cost.ts';
import { minutesOf } from '../../bench/capacity/day.ts';
import { loadOf, movedExpiries } from '../../bench/capacity/load.ts';
import {
  breakEvens,
  cheapest,
  costCurve,
  costsOf,
  peakRatioWhereEqual,
  recommended,
} from '../../bench/capacity/modes.ts';
import { stageParameters } from '../../bench/capacity/parameters.ts';
import { peerLoad, peerRecord, peerUnits } from '../../bench/capacity/peers.ts';
import { planOf, type PlanInput } from '../../bench/capacity/plan.ts';
import { type Prices, readPrices } from '../../bench/capacity/prices.ts';
import { ON_AWS } from '../../bench/capacity/race.ts';
import { capacityFor, partitionsFor } from '../../bench/capacity/recommend.ts';
import { sampleData } from '../../bench/capacity/sample.ts';
import { recordSizes } from '../../bench/capacity/sizes.ts';
import { costOfLaravel, costOfPhp } from '../../bench/units/php.ts';
import { type Traffic, TrafficSchema } from '../../bench/traffic/traffic.ts';

const prices = pricesOf('us-east-1');

function pricesOf(region: string): Prices {
  const { [region]: found } = readPrices().regions;
  if (found === undefined) throw new Error(`There are no prices of ${region}.`);
  return found;
}

const traffic = (given: v.InferInput<typeof TrafficSchema> = {}): Traffic => v.parse(TrafficSchema, given);

function input(given: v.InferInput<typeof TrafficSchema> = {}, more: Partial<PlanInput> = {}): PlanInput {
  const shape = traffic(given);
  return {
    traffic: shape,
    sizes: recordSizes(sampleData(shape.size)),
    rps: 100,
    peak: 4,
    headroom: 0.3,
    target: 70,
    lifetime: 7200,
    think: 30,
    prices,
    free: 'unused',
    timing: ON_AWS,
    seed: 1,
    ...more,
  };
}

describe('The load', () => {
  it('is what can be worked out by hand', () => {
    // A visit: 1 first write, 0.5 logins, 0.25 logouts, 8 reads, 2 changes; as many requests of bots.
    const shape = { readOnly: 0.8, pages: 10, parallel: 1, logins: 0.5, logouts: 0.5, bots: 0.5 };
    const { visits, perSecond, requests } = loadOf(input(shape, { rps: 23.5 * 2 }));
    expect(visits).toBeCloseTo(2, 9);
    expect(requests.bot).toBeCloseTo(23.5, 9);
    expect(perSecond.bot).toEqual({ requests: 0, reads: 0, writes: 0 });
    expect(perSecond['read-only']).toEqual({ requests: 16, reads: 16, writes: 0 });
    expect(perSecond.change.requests).toBeCloseTo(8, 9);
    expect(perSecond.change.reads).toBeCloseTo(4, 9);
    expect(perSecond.change.writes).toBeCloseTo(4, 9);
    expect(perSecond.login).toEqual({ requests: 5, reads: 2, writes: 3 });
    expect(perSecond.logout).toEqual({ requests: 1.5, reads: 0.5, writes: 1 });
    expect(perSecond['live count'].writes).toBeCloseTo(0.2, 9);
    expect(perSecond['failed conditions'].writes).toBe(0);
  });

  it('grows with the traffic, and never needs fewer units', () => {
    const rates = fc.double({ min: 0.01, max: 1e5, noNaN: true });
    const shapes = fc.record({
      readOnly: fc.double({ min: 0, max: 1, noNaN: true }),
      parallel: fc.integer({ min: 1, max: 5 }),
      size: fc.integer({ min: 20, max: 20_000 }),
      bots: fc.double({ min: 0, max: 0.99, noNaN: true }),
    });
    fc.assert(
      fc.property(shapes, rates, rates, (shape, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const [low, high] = [loadOf(input(shape, { rps: less })).total, loadOf(input(shape, { rps: more })).total];
        expect(high.reads).toBeGreaterThanOrEqual(low.reads);
        expect(high.writes).toBeGreaterThanOrEqual(low.writes);
        const [small, large] = [capacityFor(low, 4, 0.3), capacityFor(high, 4, 0.3)];
        expect(large.reads).toBeGreaterThanOrEqual(small.reads);
        expect(large.writes).toBeGreaterThanOrEqual(small.writes);
      }),
      { numRuns: 40 },
    );
  });

  it('has no more writes of the live count than its one key takes', () => {
    const { perSecond, liveCountAsks } = loadOf(input({ size: 50_000, readOnly: 0 }, { rps: 1e6 }));
    expect(liveCountAsks).toBeGreaterThan(1e6);
    expect(perSecond['live count'].writes).toBeCloseTo(1000, 6);
  });

  it('has writes that move an expiry once a tenth of the lifetime has passed without any', () => {
    const shape = { traffic: traffic({ pages: 60, readOnly: 1 }), lifetime: 7200, think: 30 };
    // Every 25th page is the first to come more than 720 s after the last write.
    expect(movedExpiries(shape)).toBeCloseTo(2, 9);
    expect(movedExpiries({ ...shape, traffic: traffic({ pages: 60, readOnly: 1, parallel: 3 }) })).toBeCloseTo(6, 9);
    expect(movedExpiries({ ...shape, traffic: traffic({ pages: 60, readOnly: 0 }) })).toBe(0);
    expect(movedExpiries({ ...shape, think: 0 })).toBe(0);
    expect(movedExpiries({ ...shape, think: 800 })).toBeCloseTo(60, 9);
  });

  it('needs no reads but two writes for each request with locking', () => {
    const { each } = loadOf(input({}, { locking: true }));
    expect(each['read-only']).toEqual({ requests: 2, reads: 0, writes: 2 });
    expect(each.change).toEqual({ requests: 2, reads: 0, writes: 2 });
  });
});

describe('Costs', () => {
  it('are what can be worked out by hand', () => {
    const given = { reads: 10, writes: 4 };
    expect(onDemandCost(given, input().prices)).toBeCloseTo(((730 * 3600) / 1e6) * (10 * 0.125 + 4 * 0.625), 9);
    expect(provisionedCost(given, input().prices)).toBeCloseTo(730 * (10 * 0.00013 + 4 * 0.00065), 9);
    expect(provisionedCost({ reads: 30, writes: 20 }, input().prices, 'used')).toBeCloseTo(730 * 5 * 0.00013, 9);
    expect(storageCost(26 * 1024 ** 3, input().prices)).toBeCloseTo(6.5, 9);
    expect(storageCost(26 * 1024 ** 3, input().prices, 'used')).toBeCloseTo(0.25, 9);
  });

  it('of autoscaling are those of its eight alarms, too', () => {
    const options = { ...input({}, { peak: 1 }), minutes: minutesOf(1) };
    expect(costsOf({ reads: 7, writes: 7 }, options).autoscaling).toBeCloseTo(
      0.8 + provisionedCost({ reads: 10, writes: 10 }, prices),
      9,
    );
    expect(costsOf({ reads: 0, writes: 0 }, { ...options, free: 'used' }).autoscaling).toBeCloseTo(0.8, 9);
  });

  it('grow with the units', () => {
    const units = fc.record({
      reads: fc.double({ min: 0, max: 1e5, noNaN: true }),
      writes: fc.double({ min: 0, max: 1e5, noNaN: true }),
    });
    const options = { ...input(), minutes: minutesOf(4) };
    fc.assert(
      fc.property(units, fc.double({ min: 1, max: 10, noNaN: true }), (less, factor) => {
        const more = { reads: less.reads * factor, writes: less.writes * factor };
        const [low, high] = [costsOf(less, options), costsOf(more, options)];
        expect(high['on-demand']).toBeGreaterThanOrEqual(low['on-demand']);
        expect(high.provisioned).toBeGreaterThanOrEqual(low.provisioned);
      }),
    );
  });

  it('of provisioned and of on-demand capacity are equal at the ratio that is said', () => {
    const given = { reads: 1e6, writes: 4e5 };
    const ratio = peakRatioWhereEqual(given, 0.3, input().prices);
    expect(ratio).toBeCloseTo(3.4615 / 1.3, 3);
    const at = (peak: number) => costsOf(given, { ...input({}, { peak }), minutes: minutesOf(peak) });
    expect(at(ratio).provisioned / at(ratio)['on-demand']).toBeCloseTo(1, 4);
    expect(at(ratio * 0.99).provisioned).toBeLessThan(at(ratio * 0.99)['on-demand']);
    expect(at(ratio * 1.01).provisioned).toBeGreaterThan(at(ratio * 1.01)['on-demand']);
  });

  it('cross where another mode is said to be the cheapest', () => {
    for (const peak of [1, 2, 4, 12]) {
      const given = input({ parallel: 2 }, { peak });
      const at = (rps: number) => costsOf(loadOf({ ...given, rps }).total, { ...given, minutes: minutesOf(peak) });
      const found = breakEvens(at, costCurve(at));
      expect(found[0]?.from).toBe(0);
      for (const { from, mode } of found.slice(1)) {
        expect(cheapest(at(from))).toBe(mode);
        expect(cheapest(at(from / 1.0011))).not.toBe(mode);
      }
    }
  });
});

describe('A plan', () => {
  it('recommends whole units for the busiest minute and the headroom', () => {
    expect(capacityFor({ reads: 10, writes: 2.5 }, 4, 0.3)).toEqual({ reads: 52, writes: 13 });
    expect(capacityFor({ reads: 0, writes: 0 }, 4, 0.3)).toEqual({ reads: 1, writes: 1 });
  });

  it('needs a partition for each 3,000 RCU, 1,000 WCU and 10 GB', () => {
    expect(partitionsFor({ reads: 1500, writes: 500 }, 0)).toBe(1);
    expect(partitionsFor({ reads: 3000, writes: 500 }, 0)).toBe(2);
    expect(partitionsFor({ reads: 1, writes: 1 }, 25 * 1024 ** 3)).toBe(3);
  });

  it('throttles nobody with what it recommends', () => {
    expect(planOf(input()).days.provisioned.throttled).toBe(0);
    expect(planOf(input({}, { peak: 1.5 })).days.provisioned.throttled).toBe(0);
  });

  it('recommends the cheapest mode that throttles nobody', () => {
    const costs = { provisioned: 30, autoscaling: 10, 'on-demand': 20 };
    expect(recommended(costs, { provisioned: 0, autoscaling: 0 })).toBe('autoscaling');
    expect(recommended(costs, { provisioned: 0, autoscaling: 1 })).toBe('on-demand');
    expect(recommended({ ...costs, 'on-demand': 40 }, { provisioned: 0, autoscaling: 1 })).toBe('provisioned');
    expect(recommended({ ...costs, 'on-demand': 40 }, { provisioned: 1, autoscaling: 1 })).toBe('on-demand');
    // Fifteen times the average within two minutes is faster than autoscaling.
    const plan = planOf(input({ parallel: 4 }, { rps: 20, peak: 15, locking: true }));
    expect(plan.cheapest).toBe('autoscaling');
    expect(plan.days.autoscaling.throttled).toBeGreaterThan(1000);
    expect(plan.recommended).toBe('on-demand');
  });

  it('lets the API through what it plans for, where the default would refuse it', () => {
    const busy = planOf(input({}, { rps: 300 }));
    for (const mode of ['provisioned', 'autoscaling', 'on-demand'] as const) {
      expect(stageParameters(busy, mode)).toMatchObject({ throttlingRate: 1560, throttlingBurst: 2000 });
    }
    expect(stageParameters(planOf(input()), 'on-demand')).toEqual({ capacityMode: 'on-demand' });
  });

  it("costs less than AWS's PHP handler where three of ten requests of pages only read", () => {
    const shapes = fc.record({
      readOnly: fc.double({ min: 0.3, max: 1, noNaN: true }),
      size: fc.constantFrom(300, 700, 1500, 5000, 20_000),
      bots: fc.double({ min: 0, max: 0.9, noNaN: true }),
    });
    fc.assert(
      fc.property(shapes, (shape) => {
        const { average } = planOf(input(shape));
        const own = onDemandCost(average, input().prices);
        const peer = onDemandCost(peerLoad("AWS's PHP handler", traffic(shape), 100), input().prices);
        expect(own).toBeLessThan(peer);
      }),
      { numRuns: 20 },
    );
  });
});

describe('The peers', () => {
  it('cost what was measured of them for small sessions', () => {
    const php = "AWS's PHP handler";
    expect(peerUnits(php, 'bot', 300)).toEqual({ requests: 2, reads: 1, writes: 1 });
    expect(peerUnits(php, 'read-only', 300)).toEqual({ requests: 2, reads: 1, writes: 1 });
    expect(peerUnits(php, 'read-only', 10_240)).toEqual({ requests: 2, reads: 3, writes: 11 });
    expect(peerUnits(php, 'login', 300)).toEqual({ requests: 4, reads: 2, writes: 2 });
    expect(peerUnits('Laravel', 'bot', 300)).toEqual({ requests: 2, reads: 0.5, writes: 1 });
    expect(peerUnits('Laravel', 'change', 300)).toEqual({ requests: 2, reads: 0.5, writes: 1 });
    expect(peerUnits('Laravel', 'read-only', 10_240)).toEqual({ requests: 2, reads: 1.5, writes: 11 });
    expect(peerUnits('Laravel', 'logout', 300)).toEqual({ requests: 3, reads: 0.5, writes: 2 });
  });

  it('cost what the table of request costs says, for every kind and size', () => {
    for (const bytes of [20, 700, 900, 1000, 5000, 20_000]) {
      const { readUnits, writeUnits, requests } = costOfPhp('regenerate', bytes);
      expect(peerUnits("AWS's PHP handler", 'login', bytes)).toEqual({
        requests,
        reads: readUnits,
        writes: writeUnits,
      });
      expect(peerUnits('Laravel', 'change', bytes).writes).toBe(costOfLaravel('change', bytes).writeUnits);
    }
  });

  it('lock the requests of pages where Cloakroom does', () => {
    const locked = { locking: true };
    expect(peerUnits("AWS's PHP handler", 'read-only', 300, locked)).toEqual({ requests: 2, reads: 0, writes: 2 });
    expect(peerUnits('Laravel', 'change', 300, locked)).toEqual({ requests: 5, reads: 1, writes: 3 });
    expect(peerUnits('Laravel', 'bot', 300, locked)).toEqual(peerUnits('Laravel', 'bot', 300));
  });

  it('keep a record without data for each bot, and not one of a whole session', () => {
    const shape = { size: 50_000, bots: 0.5 };
    const { load, peers, storage } = planOf(input(shape));
    const bots = (storage.sessions * load.requests.bot) / load.visits;
    const bytes = storage.sessions * (peerRecord('Laravel', 50_000) + 100) + bots * (peerRecord('Laravel', 0) + 100);
    expect(peers.find(({ peer }) => peer === 'Laravel')?.storage).toBeCloseTo((bytes / 1024 ** 3) * 0.25, 6);
  });
});
