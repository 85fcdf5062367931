/**
 * Application Auto Scaling's target tracking of a table's capacity, minute by minute, as AWS describes it. How late its
 * alarms and updates are, AWS does not promise: the delays here are the documented "up to a few minutes", at the low end.
 * Nor does it say how far below the target it takes off: the alarms that it makes, as people show them, lie 20 points below
 * it (`ConsumedWriteCapacityUnits < 150 for 15 datapoints` of 5 units at 70 %).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
 */

export interface ScalingOptions {
  /** `readCapacityUnits` or `writeCapacityUnits`: the least. */
  readonly least: number;
  /** `readCapacityMax` or `writeCapacityMax`. */
  readonly most: number;
  /** `capacityTarget`: percent of the capacity that should be consumed. */
  readonly target: number;
}

/** Minutes in a row above the target before it adds. */
const BREACH_MINUTES = 2;
/** Minutes from then until the table has the new capacity: the alarm's delay, and the table's update. */
export const REACTION_MINUTES = 2;
/** Minutes in a row so many points below the target, or below half of a low one, before it takes off. */
const QUIET_MINUTES = 15;
const QUIET_POINTS = 20;

/** Decreases in a day at any time; beyond them, one where there was none in the last hour. */
const FREE_DECREASES = 4;
const HOUR = 60;

/** The capacity for a load that stays, within the bounds. */
export function settled({ least, most, target }: ScalingOptions, load: number): number {
  return Math.min(most, Math.max(least, Math.ceil((load * 100) / target - 1e-9)));
}

/** A table decides by what it has consumed, so a throttled rush looks no bigger than the capacity. */
export class AutoScaler {
  readonly #options: ScalingOptions;
  #capacity: number;
  #above = 0;
  #below = 0;
  #decreases: number[] = [];
  #pending: { readonly at: number; readonly capacity: number } | undefined;
  #highest = 0;

  /** @param load units per second before the day began */
  constructor(options: ScalingOptions, load: number) {
    this.#options = options;
    this.#capacity = settled(options, load);
  }

  get capacity(): number {
    return this.#capacity;
  }

  get decreases(): number {
    return this.#decreases.length;
  }

  /**
   * @param minute since the day began
   * @param consumed units per second, on average over that minute
   * @returns the capacity for the next minute
   */
  minute(minute: number, consumed: number): number {
    if (this.#pending !== undefined && minute >= this.#pending.at) {
      if (this.#pending.capacity < this.#capacity) this.#decreases.push(minute);
      this.#capacity = this.#pending.capacity;
      this.#pending = undefined;
      this.#above = 0;
      this.#below = 0;
    }
    const { target } = this.#options;
    const percent = (consumed * 100) / this.#capacity;
    this.#above = percent > target ? this.#above + 1 : 0;
    this.#below = percent < Math.max(target - QUIET_POINTS, target / 2) ? this.#below + 1 : 0;
    this.#highest = this.#below === 1 ? consumed : Math.max(this.#highest, consumed);
    if (this.#pending === undefined) {
      if (this.#above >= BREACH_MINUTES) this.#plan(minute, settled(this.#options, consumed));
      else if (this.#below >= QUIET_MINUTES && this.#mayDecrease(minute))
        this.#plan(minute, settled(this.#options, this.#highest));
    }
    return this.#capacity;
  }

  #plan(minute: number, capacity: number): void {
    if (capacity !== this.#capacity) this.#pending = { at: minute + REACTION_MINUTES, capacity };
  }

  #mayDecrease(minute: number): boolean {
    const last = this.#decreases.at(-1) ?? -Infinity;
    return this.#decreases.length < FREE_DECREASES || minute - last >= HOUR;
  }
}
