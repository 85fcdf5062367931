/** What the three modes of a table cost for the same units, and where which one is the cheapest. */
import { AutoScaler } from './autoscaling.ts';
import {
  onDemandCost,
  provisionedCost,
  SCALING_ALARMS,
  type CapacityMode,
  type FreeTier,
  type UnitsPerSecond,
} from './cost.ts';
import { capacityFor, scalingFor } from './recommend.ts';
import type { Prices } from './prices.ts';
import { unitHours } from './simulate.ts';

/** Dollars a month, without storage. */
export type ModeCosts = Readonly<Record<CapacityMode, number>>;

export interface ModeOptions {
  /** Traffic in each minute of the day, relative to the average. */
  readonly minutes: readonly number[];
  readonly peak: number;
  readonly headroom: number;
  readonly target: number;
  readonly prices: Prices;
  readonly free: FreeTier;
}

/** @param average units per second */
export function costsOf(average: UnitsPerSecond, options: ModeOptions): ModeCosts {
  const { minutes, peak, headroom, target, prices, free } = options;
  const fixed = capacityFor(average, peak, headroom);
  const scaling = scalingFor(average, minutes, target, fixed);
  const scaled = (units: 'reads' | 'writes'): number => {
    const scaler = new AutoScaler(scaling[units], average[units] * (minutes[0] ?? 0));
    const capacities = minutes.map((factor, minute) => {
      const { capacity } = scaler;
      scaler.minute(minute, average[units] * factor);
      return capacity;
    });
    return unitHours(capacities) / 24;
  };
  return {
    provisioned: provisionedCost(fixed, prices, free),
    autoscaling: SCALING_ALARMS + provisionedCost({ reads: scaled('reads'), writes: scaled('writes') }, prices, free),
    'on-demand': onDemandCost(average, prices),
  };
}

/** Where two cost the same, the one that is simpler to run. */
export function cheapest(costs: ModeCosts): CapacityMode {
  const simplest: readonly CapacityMode[] = ['on-demand', 'provisioned', 'autoscaling'];
  return simplest.reduce((best, mode) => (costs[mode] < costs[best] ? mode : best));
}

/**
 * The cheapest mode that throttles nobody on the simulated day: an outage in the busiest minutes is no saving.
 *
 * @param throttled requests of that day; on demand none is
 */
export function recommended(costs: ModeCosts, throttled: Omit<ModeCosts, 'on-demand'>): CapacityMode {
  const cost = (mode: 'provisioned' | 'autoscaling'): number => (throttled[mode] >= 1 ? Infinity : costs[mode]);
  return cheapest({ ...costs, provisioned: cost('provisioned'), autoscaling: cost('autoscaling') });
}

/**
 * How many times the average the busiest minute may be for provisioned capacity to cost no more than on-demand does. Free
 * units, and that units are whole, are left out: they matter at little traffic only.
 */
export function peakRatioWhereEqual(average: UnitsPerSecond, headroom: number, prices: Prices): number {
  const flat = provisionedCost(
    { reads: average.reads * (1 + headroom), writes: average.writes * (1 + headroom) },
    prices,
  );
  return flat === 0 ? Infinity : onDemandCost(average, prices) / flat;
}

export interface CostPoint {
  readonly rps: number;
  readonly costs: ModeCosts;
}

export interface BreakEven {
  /** From so many requests per second on, up to the next one. */
  readonly from: number;
  readonly mode: CapacityMode;
}

/** Points between 0.1 and 100,000 requests per second, evenly on a logarithmic axis. */
export function costCurve(costsAt: (rps: number) => ModeCosts, points = 49): CostPoint[] {
  return Array.from({ length: points }, (_, index) => {
    const rps = 10 ** (-1 + (index * 6) / (points - 1));
    return { rps, costs: costsAt(rps) };
  });
}

/** Which mode is the cheapest from where on, each place found to a thousandth. */
export function breakEvens(costsAt: (rps: number) => ModeCosts, curve: readonly CostPoint[]): BreakEven[] {
  const found: BreakEven[] = [];
  curve.forEach(({ rps, costs }, index) => {
    const mode = cheapest(costs);
    const before = curve[index - 1];
    if (before === undefined) found.push({ from: 0, mode });
    else if (cheapest(before.costs) !== mode) found.push({ from: whereChanged(costsAt, before.rps, rps), mode });
  });
  return found;
}

/** Halves the way between two places of which the cheapest mode differs. */
function whereChanged(costsAt: (rps: number) => ModeCosts, low: number, high: number): number {
  const atHigh = cheapest(costsAt(high));
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (cheapest(costsAt(middle)) === atHigh) high = middle;
    else low = middle;
  }
  return high;
}
