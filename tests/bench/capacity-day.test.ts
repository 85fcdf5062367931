import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutoScaler, REACTION_MINUTES, settled } from '../../bench/capacity/autoscaling.ts';
import { Bucket, BURST_SECONDS, burstLasts } from '../../bench/capacity/bucket.ts';
import { EVENING_PEAK, minutesOf, poisson } from '../../bench/capacity/day.ts';
import { pseudoRandom } from '../../bench/capacity/sample.ts';
import { type Demand, simulateDay, unitHours } from '../../bench/capacity/simulate.ts';

const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;

describe('A day', () => {
  it('has the average and the busiest minute that it is told, and never fewer than no requests', () => {
    const profile = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 24, maxLength: 24 });
    const hours = fc.option(
      profile.filter((list) => mean(list) > 0.01),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1000, noNaN: true }), hours, (peak, given) => {
        const minutes = minutesOf(peak, given);
        expect(mean(minutes)).toBeCloseTo(1, 9);
        expect(Math.max(...minutes)).toBeCloseTo(peak, 6);
        expect(Math.min(...minutes)).toBeGreaterThanOrEqual(-1e-9);
      }),
    );
  });

  it('is even where the peak is the average', () => {
    expect(new Set(minutesOf(1).map((one) => one.toFixed(9)))).toEqual(new Set(['1.000000000']));
  });

  it('has its spike, a few minutes long, at its busiest hour', () => {
    const minutes = minutesOf(10);
    const busy = minutes.flatMap((one, minute) => (one > 5 ? [minute] : []));
    expect(busy.length).toBeLessThan(20);
    expect(Math.floor((busy[0] ?? 0) / 60)).toBe(EVENING_PEAK.indexOf(Math.max(...EVENING_PEAK)));
  });

  it('is as somebody measured it', () => {
    const hours = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 1 : 3));
    const minutes = minutesOf(1.5, hours);
    expect(minutes[6 * 60] ?? 0).toBeCloseTo(0.5, 2);
    expect(minutes[18 * 60] ?? 0).toBeCloseTo(1.5, 2);
  });
});

describe('Requests in a second', () => {
  it.each([0, 0.3, 12, 400])('are %d on average, and vary by the root of it', (expected) => {
    const random = pseudoRandom(7);
    const counts = Array.from({ length: 20_000 }, () => poisson(expected, random));
    expect(mean(counts)).toBeCloseTo(expected, expected > 100 ? -1 : 0);
    const variance = mean(counts.map((count) => (count - expected) ** 2));
    expect(variance).toBeGreaterThanOrEqual(expected * 0.95);
    expect(variance).toBeLessThanOrEqual(expected * 1.05 + 1e-9);
  });
});

describe('A bucket', () => {
  it('gives its capacity for ever, and five minutes of it on top', () => {
    const bucket = new Bucket(10);
    expect(bucket.second(3010)).toBe(3010);
    expect(bucket.second(50)).toBe(10);
    expect(bucket.second(0)).toBe(0);
    expect(bucket.second(50)).toBe(20);
  });

  it('saves up what was not used, and no more than five minutes of it', () => {
    const bucket = new Bucket(5);
    for (let second = 0; second < 1000; second += 1) bucket.second(0);
    expect(bucket.saved).toBe(1500);
    expect(bucket.second(5000)).toBe(1505);
  });

  it('never gives more than its capacity for the time, and five minutes of it', () => {
    const seconds = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), seconds, (capacity, asked) => {
        const bucket = new Bucket(capacity);
        const given = asked.reduce((sum, units) => sum + bucket.second(units), 0);
        expect(given).toBeLessThanOrEqual(capacity * asked.length + capacity * BURST_SECONDS + 1e-6);
        expect(bucket.saved).toBeGreaterThanOrEqual(-1e-6);
      }),
    );
  });

  it('bears a load above its capacity for as long as can be worked out by hand', () => {
    expect(burstLasts(150, 200)).toBe(900); // 45,000 units, 50 a second: AWS's own example
    expect(burstLasts(100, 100)).toBe(Infinity);
  });
});

describe('Autoscaling', () => {
  const options = { least: 5, most: 100, target: 70 };

  it('adds after two minutes above the target, once alarm and update have come', () => {
    const scaler = new AutoScaler(options, 7);
    expect(scaler.capacity).toBe(10);
    const capacities = Array.from({ length: 6 }, (_, minute) => scaler.minute(minute, 14));
    expect(capacities).toEqual([10, 10, 10, 20, 20, 20]);
    expect(REACTION_MINUTES).toBe(2);
  });

  it('does not react to a single busy minute', () => {
    const scaler = new AutoScaler(options, 7);
    const capacities = [14, 7, 14, 7, 14, 7].map((units, minute) => scaler.minute(minute, units));
    expect(new Set(capacities)).toEqual(new Set([10]));
  });

  it('takes off after a quarter of an hour 20 points below the target, and never below the least', () => {
    const scaler = new AutoScaler(options, 21);
    const capacities = Array.from({ length: 20 }, (_, minute) => scaler.minute(minute, 1));
    expect(capacities.indexOf(5)).toBe(14 + REACTION_MINUTES);
  });

  it('leaves the capacity as it is for what is less than 20 points below the target', () => {
    const scaler = new AutoScaler(options, 70);
    const capacities = Array.from({ length: 40 }, (_, minute) => scaler.minute(minute, 51));
    expect(new Set(capacities)).toEqual(new Set([100]));
    expect(Array.from({ length: 40 }, (_, minute) => scaler.minute(40 + minute, 49)).at(-1)).toBe(70);
  });

  it('takes off four times a day as it likes, and then once an hour', () => {
    const scaler = new AutoScaler({ ...options, least: 1 }, 70);
    let load = 60;
    for (let minute = 0; minute < 1440; minute += 1) {
      // Falls so far every 20 minutes that it would take off each time.
      if (minute % 20 === 19) load = minute % 200 === 199 ? 60 : load * 0.7;
      scaler.minute(minute, load);
    }
    expect(scaler.decreases).toBeGreaterThan(4);
    expect(scaler.decreases).toBeLessThanOrEqual(4 + 23);
  });

  it('stays within its bounds, whatever comes', () => {
    const day = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { maxLength: 300 });
    fc.assert(
      fc.property(day, (loads) => {
        const scaler = new AutoScaler(options, 0);
        loads.forEach((load, minute) => {
          const capacity = scaler.minute(minute, load);
          expect(capacity).toBeGreaterThanOrEqual(options.least);
          expect(capacity).toBeLessThanOrEqual(options.most);
        });
      }),
    );
    expect(settled(options, 7)).toBe(10);
  });
});

describe('A simulated day', () => {
  const demand = (peak: number): Demand => ({
    rps: 20,
    reads: 1,
    writes: 0.5,
    reading: 1,
    writing: 0.5,
    minutes: minutesOf(peak),
    seed: 3,
  });

  it('is the same for the same seed', () => {
    expect(simulateDay(demand(4), { reads: 40, writes: 20 })).toEqual(
      simulateDay(demand(4), { reads: 40, writes: 20 }),
    );
  });

  it('throttles nothing where the peak and some room is there', () => {
    expect(simulateDay(demand(4), { reads: 110, writes: 60 }).throttled).toBe(0);
  });

  it('throttles in the evening where only the average is there', () => {
    const { minutes, throttled } = simulateDay(demand(4), { reads: 20, writes: 10 });
    expect(throttled).toBeGreaterThan(1000);
    const first = minutes.findIndex((minute) => minute.throttled > 0);
    expect(first).toBeGreaterThan(8 * 60);
  });

  it('throttles the start of a rush with autoscaling, and ends that within minutes', () => {
    const quiet = Array.from({ length: 1440 }, (_, minute) => (minute >= 600 && minute < 660 ? 12 : 0.5));
    const scaling = { least: 10, most: 400, target: 70 };
    const rush = { ...demand(1), minutes: quiet };
    const { minutes, throttled } = simulateDay(rush, { reads: scaling, writes: { ...scaling, least: 400 } });
    const hit = minutes.flatMap((minute, index) => (minute.throttled > 0 ? [index] : []));
    expect(throttled).toBeGreaterThan(0);
    expect(hit[0]).toBeGreaterThanOrEqual(600);
    // It sees no more than the capacity it has, so it doubles by and by instead of jumping.
    expect(hit.at(-1)).toBeLessThan(640);
  });

  it('never throttles more with more capacity', () => {
    const capacity = fc.record({ reads: fc.integer({ min: 1, max: 120 }), writes: fc.integer({ min: 1, max: 60 }) });
    fc.assert(
      fc.property(capacity, ({ reads, writes }) => {
        const less = simulateDay(demand(4), { reads, writes }).throttled;
        expect(simulateDay(demand(4), { reads: reads + 5, writes: writes + 5 }).throttled).toBeLessThanOrEqual(
          less + 1e-6,
        );
      }),
      { numRuns: 15 },
    );
  });

  it('bills the most that an hour has had', () => {
    const capacities = Array.from({ length: 1440 }, (_, minute) => (minute === 90 ? 7 : 2));
    expect(unitHours(capacities)).toBe(23 * 2 + 7);
  });
});
