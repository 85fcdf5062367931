import { isExpired } from '../../rules.ts';
import type { EpochMillis } from '../../store.ts';
import { grownNumbers, grownSlots } from './order.ts';

const NONE = 0;
/** No expiry is at 0 seconds: typed arrays begin with it. */
const NEVER = 0;

/**
 * Which slots expire when. Expiries are whole seconds, so the slots of one second are linked to a list; the seconds are
 * looked through only when the earliest may be due. Adding, removing and finding cost the same however many slots there
 * are, and nothing is allocated before the first one that expires. Slot 0 is none.
 */
export class ExpiryIndex {
  #expiresAt = new Float64Array(0);
  #next = new Uint32Array(0);
  #previous = new Uint32Array(0);
  /** The first slot of each second that has some. */
  readonly #first = new Map<number, number>();
  /** Seconds that were found due. Some of their slots may be gone by now. */
  #due: number[] = [];
  /** No second before it has slots, but for those in `#due`. */
  #earliest = Number.POSITIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#first.size === 0;
  }

  /** Epoch seconds; `undefined`: never. */
  of(slot: number): number | undefined {
    const expiresAt = slot < this.#expiresAt.length ? this.#expiresAt[slot] : NEVER;
    return expiresAt === NEVER ? undefined : expiresAt;
  }

  /** @param capacity of the slots, for when there must be room for this one */
  set(slot: number, expiresAt: number | undefined, capacity: number): void {
    const before = this.of(slot);
    if (before === expiresAt) return;
    if (before !== undefined) this.#unlink(slot, before);
    if (expiresAt === undefined) this.#expiresAt[slot] = NEVER;
    else this.#link(slot, expiresAt, capacity);
  }

  /** A slot that has expired, 0 where there is none. It is found again until its expiry is set to something else. */
  findDue(now: EpochMillis): number {
    if (this.#due.length === 0 && isExpired(this.#earliest, now)) this.#collect(now);
    for (let second = this.#due.at(-1); second !== undefined; second = this.#due.at(-1)) {
      if (!isExpired(second, now)) return this.#wait();
      const slot = this.#first.get(second);
      if (slot !== undefined) return slot;
      this.#due.pop();
    }
    return NONE;
  }

  #link(slot: number, expiresAt: number, capacity: number): void {
    if (slot >= this.#expiresAt.length) this.#grow(capacity);
    const next = this.#first.get(expiresAt) ?? NONE;
    this.#first.set(expiresAt, slot);
    this.#expiresAt[slot] = expiresAt;
    this.#next[slot] = next;
    this.#previous[slot] = NONE;
    this.#previous[next] = slot;
    if (expiresAt < this.#earliest) this.#earliest = expiresAt;
  }

  #unlink(slot: number, expiresAt: number): void {
    const next = this.#next[slot] ?? NONE;
    const previous = this.#previous[slot] ?? NONE;
    this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else if (next !== NONE) this.#first.set(expiresAt, next);
    else this.#first.delete(expiresAt);
  }

  #grow(capacity: number): void {
    this.#expiresAt = grownNumbers(this.#expiresAt, capacity);
    this.#next = grownSlots(this.#next, capacity);
    this.#previous = grownSlots(this.#previous, capacity);
  }

  #collect(now: EpochMillis): void {
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const second of this.#first.keys()) {
      if (isExpired(second, now)) this.#due.push(second);
      else if (second < this.#earliest) this.#earliest = second;
    }
  }

  /** The clock was set back: what was due is not any more, and is looked for anew. */
  #wait(): number {
    this.#due = [];
    this.#earliest = NEVER;
    return NONE;
  }
}
