/** A slot of none: the end of every list. Slots count from 1. */
export const NO_SLOT = 0;

/**
 * What stands before and after each slot in a doubly linked list. The two are side by side, so that following one brings
 * the other along from memory; there are no objects to allocate or to collect.
 */
export class Links {
  #links: Uint32Array<ArrayBuffer>;

  /** @param capacity slots, that of none included */
  constructor(capacity: number) {
    this.#links = new Uint32Array(2 * capacity);
  }

  get capacity(): number {
    return this.#links.length / 2;
  }

  before(slot: number): number {
    return this.#links[2 * slot] ?? NO_SLOT;
  }

  after(slot: number): number {
    return this.#links[2 * slot + 1] ?? NO_SLOT;
  }

  /** Makes the two neighbours. */
  join(before: number, after: number): void {
    this.#links[2 * before + 1] = after;
    this.#links[2 * after] = before;
  }

  /** One way only: what stands before `after` stays. */
  point(slot: number, after: number): void {
    this.#links[2 * slot + 1] = after;
  }

  grow(capacity: number): void {
    const grown = new Uint32Array(2 * capacity);
    grown.set(this.#links);
    this.#links = grown;
  }
}
