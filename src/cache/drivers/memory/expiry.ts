import { isExpired } from '../../rules.ts';
import type { EpochMillis } from '../../store.ts';
import { Links, NO_SLOT } from './links.ts';

/** Typed arrays begin with zeros, and nothing expires with the beginning of 1970. */
const NEVER = 0;

/**
 * Which slots expire when. Expiries are whole seconds, so the slots of one second are linked to a list; the seconds are
 * looked through only when the earliest may be due. Setting an expiry and finding what is due cost the same however many
 * slots there are, and no memory is taken before the first that expires.
 */
export class ExpiryIndex {
  #expiresAt = new Float64Array(0);
  readonly #links = new Links(0);
  /** The first slot of each second that has some. */
  readonly #first = new Map<number, number>();
  /** Seconds that were found due; some have no slots any more. */
  #due: number[] = [];
  /** No second before it has slots, but for those that were found due. */
  #earliest = Number.POSITIVE_INFINITY;
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Epoch seconds; `undefined`: never. */
  of(slot: number): number | undefined {
    const expiresAt = slot < this.#expiresAt.length ? this.#expiresAt[slot] : NEVER;
    return expiresAt === NEVER ? undefined : expiresAt;
  }

  /** @param capacity slots that there shall be room for, that of none included, where there is too little */
  set(slot: number, expiresAt: number | undefined, capacity: number): void {
    const before = this.of(slot);
    if (before === expiresAt) return;
    if (before !== undefined) this.#unlink(slot, before);
    if (expiresAt !== undefined) this.#link(slot, expiresAt, capacity);
  }

  /** A slot that has expired; 0: there is none. It stays the one that is found until its expiry is changed. */
  findDue(now: EpochMillis): number {
    if (this.#due.length === 0) {
      if (!isExpired(this.#earliest, now)) return NO_SLOT;
      this.#collect(now);
    }
    for (let second = this.#due.at(-1); second !== undefined; second = this.#due.at(-1)) {
      if (!isExpired(second, now)) {
        this.#forgetDue();
        break;
      }
      const slot = this.#first.get(second);
      if (slot !== undefined) return slot;
      this.#due.pop();
    }
    // Others may have come since these were found due, or are still due at an earlier time.
    return this.findDue(now);
  }

  #link(slot: number, expiresAt: number, capacity: number): void {
    if (slot >= this.#expiresAt.length) this.#grow(capacity);
    const after = this.#first.get(expiresAt) ?? NO_SLOT;
    this.#first.set(expiresAt, slot);
    this.#links.join(NO_SLOT, slot);
    this.#links.join(slot, after);
    this.#expiresAt[slot] = expiresAt;
    this.#count++;
    if (expiresAt < this.#earliest) this.#earliest = expiresAt;
  }

  #unlink(slot: number, expiresAt: number): void {
    const before = this.#links.before(slot);
    const after = this.#links.after(slot);
    this.#links.join(before, after);
    this.#expiresAt[slot] = NEVER;
    this.#count--;
    if (before !== NO_SLOT) return;
    if (after === NO_SLOT) this.#first.delete(expiresAt);
    else this.#first.set(expiresAt, after);
  }

  #grow(capacity: number): void {
    const grown = new Float64Array(capacity);
    grown.set(this.#expiresAt);
    this.#expiresAt = grown;
    this.#links.grow(capacity);
  }

  #collect(now: EpochMillis): void {
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const second of this.#first.keys()) {
      if (isExpired(second, now)) this.#due.push(second);
      else if (second < this.#earliest) this.#earliest = second;
    }
  }

  /** The clock was set back: what was due is to be found anew, in its time. */
  #forgetDue(): void {
    this.#due = [];
    this.#earliest = Number.NEGATIVE_INFINITY;
  }
}
