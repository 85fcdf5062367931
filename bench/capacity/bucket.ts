/**
 * A table's capacity as DynamoDB gives it: so many units in a second, and what was not used of them in the last five
 * minutes. The latter is not guaranteed: DynamoDB uses it for itself at times.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */

export const BURST_SECONDS = 300;

export class Bucket {
  #capacity: number;
  #saved: number;

  /** Full, as after five quiet minutes. @param capacity units per second */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#saved = capacity * BURST_SECONDS;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get saved(): number {
    return this.#saved;
  }

  /** From the next second on. What was saved stays, up to five minutes' worth of the new capacity. */
  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#saved = Math.min(this.#saved, capacity * BURST_SECONDS);
  }

  /** A second passes in which so many units are asked for. @returns those that were given */
  second(units: number): number {
    const given = Math.min(units, this.#capacity + this.#saved);
    this.#saved = Math.min(this.#saved + this.#capacity - given, this.#capacity * BURST_SECONDS);
    return given;
  }
}

/** Seconds for which saved-up units bear a load above the capacity; `Infinity` where the load is not above it. */
export function burstLasts(capacity: number, load: number): number {
  return load <= capacity ? Infinity : (capacity * BURST_SECONDS) / (load - capacity);
}
