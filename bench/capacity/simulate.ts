/** A day, second by second, against a table's capacity: what is throttled when, and what autoscaling makes of it. */
import { AutoScaler, settled, type ScalingOptions } from './autoscaling.ts';
import { Bucket } from './bucket.ts';
import { MINUTES, poisson } from './day.ts';
import { pseudoRandom } from './sample.ts';

export interface Demand {
  /** Requests per second, on average over the day. */
  readonly rps: number;
  /** Units of one request, on average over all kinds. */
  readonly reads: number;
  readonly writes: number;
  /** Shares of the requests that read, and that write. */
  readonly reading: number;
  readonly writing: number;
  /** Traffic in each minute, relative to the average. */
  readonly minutes: readonly number[];
  readonly seed: number;
}

export type Capacity =
  | { readonly reads: number; readonly writes: number }
  | { readonly reads: ScalingOptions; readonly writes: ScalingOptions };

export interface MinuteResult {
  readonly requests: number;
  /** Answered 503: requests of which a read or a write was throttled. */
  readonly throttled: number;
  /** Units per second asked for, on average. */
  readonly reads: number;
  readonly writes: number;
  readonly readCapacity: number;
  readonly writeCapacity: number;
}

export interface DayResult {
  readonly minutes: readonly MinuteResult[];
  readonly requests: number;
  readonly throttled: number;
  /** Unit-hours: of each hour the most that was provisioned in it. */
  readonly readHours: number;
  readonly writeHours: number;
}

/**
 * A throttled request counts once. The driver tries up to five times within 2.2 s (connection.ts), which helps where the
 * next second has room; while the bucket is empty it has none, so tries are left out.
 */
export function simulateDay(demand: Demand, capacity: Capacity): DayResult {
  const random = pseudoRandom(demand.seed);
  const atFirst = demand.rps * (demand.minutes[0] ?? 0);
  const reads = new Side(capacity.reads, atFirst * demand.reads);
  const writes = new Side(capacity.writes, atFirst * demand.writes);
  const minutes = Array.from({ length: MINUTES }, (_, minute): MinuteResult => {
    let requests = 0;
    let throttled = 0;
    const before = { readCapacity: reads.capacity, writeCapacity: writes.capacity };
    for (let second = 0; second < 60; second += 1) {
      const count = poisson(demand.rps * (demand.minutes[minute] ?? 0), random);
      const readShare = reads.second(count * demand.reads);
      const writeShare = writes.second(count * demand.writes);
      requests += count;
      throttled += count * shareThrottled(demand, readShare, writeShare);
    }
    const result = { requests, throttled, reads: reads.asked / 60, writes: writes.asked / 60, ...before };
    reads.endMinute(minute);
    writes.endMinute(minute);
    return result;
  });
  const sum = (of: (result: MinuteResult) => number): number => minutes.reduce((total, one) => total + of(one), 0);
  return {
    minutes,
    requests: sum((one) => one.requests),
    throttled: sum((one) => one.throttled),
    readHours: unitHours(minutes.map((one) => one.readCapacity)),
    writeHours: unitHours(minutes.map((one) => one.writeCapacity)),
  };
}

/** Of requests, when such shares of reads and of writes fail: a request that does both fails where either does. */
function shareThrottled({ reading, writing }: Demand, readShare: number, writeShare: number): number {
  const both = Math.max(0, reading + writing - 1);
  return (reading - both) * readShare + (writing - both) * writeShare + both * (1 - (1 - readShare) * (1 - writeShare));
}

export function unitHours(capacities: readonly number[]): number {
  let sum = 0;
  for (let hour = 0; hour < 24; hour += 1) sum += Math.max(...capacities.slice(hour * 60, hour * 60 + 60));
  return sum;
}

/** Reads or writes of a table. */
class Side {
  asked = 0;
  #given = 0;
  readonly #bucket: Bucket;
  readonly #scaler: AutoScaler | undefined;

  /** @param load units per second before the day began */
  constructor(capacity: number | ScalingOptions, load: number) {
    this.#scaler = typeof capacity === 'number' ? undefined : new AutoScaler(capacity, load);
    this.#bucket = new Bucket(typeof capacity === 'number' ? capacity : settled(capacity, load));
  }

  get capacity(): number {
    return this.#bucket.capacity;
  }

  /** @returns the share of the units that was refused */
  second(units: number): number {
    const given = this.#bucket.second(units);
    this.asked += units;
    this.#given += given;
    return units === 0 ? 0 : 1 - given / units;
  }

  endMinute(minute: number): void {
    if (this.#scaler !== undefined) this.#bucket.resize(this.#scaler.minute(minute, this.#given / 60));
    this.asked = 0;
    this.#given = 0;
  }
}
