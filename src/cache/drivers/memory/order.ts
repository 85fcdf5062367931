const SENTINEL = 0;

/**
 * Slots in the order of their use, and those that are free: linked lists in two arrays of slot numbers, so that an entry
 * takes eight bytes and no object. Slot 0 is the end of both lists; `oldest` answers it where there is none.
 */
export class UseOrder {
  #older: Uint32Array<ArrayBuffer>;
  #newer: Uint32Array<ArrayBuffer>;
  /** The first of the slots that were given back; they are linked by `newer`. */
  #free = SENTINEL;
  /** The first slot that was never given out. */
  #unused = 1;

  /** @param capacity slots, that of the sentinel included */
  constructor(capacity: number) {
    this.#older = new Uint32Array(capacity);
    this.#newer = new Uint32Array(capacity);
  }

  get capacity(): number {
    return this.#older.length;
  }

  /** The least recently used slot. */
  get oldest(): number {
    return this.#newer[SENTINEL] ?? SENTINEL;
  }

  /** The next that was used after `slot`. */
  newerThan(slot: number): number {
    return this.#newer[slot] ?? SENTINEL;
  }

  /** A slot, as the most recently used one; 0: all are taken. */
  take(): number {
    let slot = this.#free;
    if (slot !== SENTINEL) this.#free = this.newerThan(slot);
    else if (this.#unused < this.capacity) slot = this.#unused++;
    else return SENTINEL;
    this.#attach(slot);
    return slot;
  }

  giveBack(slot: number): void {
    this.#detach(slot);
    this.#newer[slot] = this.#free;
    this.#free = slot;
  }

  /** Makes the slot the most recently used one. */
  use(slot: number): void {
    if (this.#newer[slot] === SENTINEL) return;
    this.#detach(slot);
    this.#attach(slot);
  }

  grow(capacity: number): void {
    this.#older = grownSlots(this.#older, capacity);
    this.#newer = grownSlots(this.#newer, capacity);
  }

  #attach(slot: number): void {
    const newest = this.#older[SENTINEL] ?? SENTINEL;
    this.#older[slot] = newest;
    this.#newer[slot] = SENTINEL;
    this.#newer[newest] = slot;
    this.#older[SENTINEL] = slot;
  }

  #detach(slot: number): void {
    const older = this.#older[slot] ?? SENTINEL;
    const newer = this.#newer[slot] ?? SENTINEL;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }
}

/** The same numbers, and room for more. */
export function grownSlots(slots: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(length);
  grown.set(slots);
  return grown;
}

/** The same numbers, and room for more. */
export function grownNumbers(numbers: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(numbers);
  return grown;
}
