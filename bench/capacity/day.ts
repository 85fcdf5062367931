/** How traffic changes over a day: an hourly profile with a short spike, so that its busiest minute is as busy as told. */

export const MINUTES = 1440;

/** Of an hour in the middle of it, relative to each other: few at night, a peak in the evening. Any shop's day looks so. */
export const EVENING_PEAK: readonly number[] = [
  0.45, 0.3, 0.22, 0.18, 0.18, 0.25, 0.45, 0.75, 1, 1.1, 1.15, 1.2, 1.25, 1.2, 1.15, 1.15, 1.2, 1.3, 1.5, 1.75, 1.9,
  1.7, 1.2, 0.75,
];

interface Spike {
  /** Minutes that it takes to come, stays, and takes to go. */
  readonly rise: number;
  readonly stay: number;
  readonly fall: number;
}

/** A spike of twenty minutes that is a hundred times as busy would be more than the day: the higher, the shorter. */
const SPIKES: readonly Spike[] = [
  { rise: 2, stay: 8, fall: 10 },
  { rise: 1, stay: 2, fall: 2 },
  { rise: 0, stay: 0, fall: 0 },
];

/** What the spike leaves of the rest of the day, at least. */
const LEFT = 0.25;

/**
 * Traffic in each minute of a day, relative to the day's average, so that the busiest minute is `peak` times as busy. Where
 * the profile's own busiest hour is not, a spike comes on top of it; where it is more, the day is flattened (`ratioOf`).
 *
 * @param hours 24 numbers, relative to each other
 * @param peak at least 1
 */
export function minutesOf(peak: number, hours: readonly number[] = EVENING_PEAK): number[] {
  const curve = curveOf(hours);
  const top = Math.max(...curve);
  if (top >= peak) {
    const share = top === 1 ? 0 : (peak - 1) / (top - 1);
    return curve.map((one) => 1 + (one - 1) * share);
  }
  const at = curve.indexOf(top);
  const days = SPIKES.map((shape) => {
    const spike = curve.map((_, minute) => spikeAt(minute - at, shape));
    // a · curve + h · spike has mean 1, and `peak` where both are at their highest.
    const height = (peak - top) / (1 - top * mean(spike));
    return { spike, height, scale: 1 - height * mean(spike) };
  });
  const { spike, height, scale } = days.find((day) => day.scale >= LEFT) ?? { spike: [], height: 0, scale: 1 };
  return curve.map((one, minute) => scale * one + height * (spike[minute] ?? 0));
}

/** How many times as busy as the average the busiest minute of the hours alone is. */
export function ratioOf(hours: readonly number[]): number {
  return Math.max(...curveOf(hours));
}

function curveOf(hours: readonly number[]): number[] {
  const raw = Array.from({ length: MINUTES }, (_, minute) => between(hours, minute));
  const average = mean(raw);
  return raw.map((one) => one / average);
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, one) => sum + one, 0) / list.length;
}

/** Straight lines between the middles of hours, around midnight too. */
function between(hours: readonly number[], minute: number): number {
  const position = (minute - 30 + MINUTES) / 60;
  const before = Math.floor(position);
  const share = position - before;
  const of = (hour: number): number => hours[hour % hours.length] ?? 0;
  return of(before) * (1 - share) + of(before + 1) * share;
}

function spikeAt(minute: number, { rise, stay, fall }: Spike): number {
  if (minute < -rise || minute > stay + fall) return 0;
  if (minute < 0) return 1 + minute / rise;
  return minute <= stay ? 1 : 1 - (minute - stay) / fall;
}

/** Events in an interval in which so many are expected. */
export function poisson(expected: number, random: () => number): number {
  if (expected > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(expected + Math.sqrt(expected) * normal));
  }
  const limit = Math.exp(-expected);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
