import { Links, NO_SLOT } from './links.ts';

/**
 * Slots in the order of their use, and those that are free. The first is a ring that begins and ends at slot 0; where it
 * is empty, its oldest slot is 0.
 */
export class UseOrder {
  readonly #links: Links;
  /** The first of the slots that were given back; each links to the next. */
  #free = NO_SLOT;
  /** The first slot that was never given out. */
  #unused = 1;

  /** @param capacity slots, that of none included */
  constructor(capacity: number) {
    this.#links = new Links(capacity);
  }

  get capacity(): number {
    return this.#links.capacity;
  }

  /** The least recently used slot. */
  get oldest(): number {
    return this.#links.after(NO_SLOT);
  }

  /** The one that was used next after `slot`. */
  newerThan(slot: number): number {
    return this.#links.after(slot);
  }

  /** A free slot, which is now the most recently used one; 0: there is none. */
  take(): number {
    let slot = this.#free;
    if (slot !== NO_SLOT) this.#free = this.#links.after(slot);
    else if (this.#unused < this.capacity) slot = this.#unused++;
    else return NO_SLOT;
    this.#append(slot);
    return slot;
  }

  giveBack(slot: number): void {
    this.#links.join(this.#links.before(slot), this.#links.after(slot));
    this.#links.point(slot, this.#free);
    this.#free = slot;
  }

  /** Makes it the most recently used one. */
  use(slot: number): void {
    const newer = this.#links.after(slot);
    if (newer === NO_SLOT) return;
    this.#links.join(this.#links.before(slot), newer);
    this.#append(slot);
  }

  grow(capacity: number): void {
    this.#links.grow(capacity);
  }

  #append(slot: number): void {
    this.#links.join(this.#links.before(NO_SLOT), slot);
    this.#links.join(slot, NO_SLOT);
  }
}
