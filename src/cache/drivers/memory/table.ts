import type { CacheEntry, CacheValue, EpochMillis, Owner } from '../../store.ts';
import { entryOf, plainEntry } from './entry.ts';
import { ExpiryIndex } from './expiry.ts';
import { NO_SLOT } from './links.ts';
import { UseOrder } from './order.ts';

export interface MemoryRecord {
  /** Absent: the record only holds a lock. */
  readonly value?: CacheValue | undefined;
  readonly version: number;
  /** Epoch seconds; absent: never expires. */
  readonly expiresAt?: number | undefined;
  readonly lease?: { readonly owner: Owner; readonly endsAt: EpochMillis } | undefined;
  /** For the lock: the last place that was taken, and the last that had it. */
  readonly line?: { readonly next: number; readonly turn: number } | undefined;
}

/** What few records have. */
export type LockState = Pick<MemoryRecord, 'lease' | 'line'>;

/** Where a record is in the table, from 1 on. */
export type Slot = number;

/** Slots that a table begins with, that of none included: a process that keeps little pays for little. */
const SMALLEST = 16;

/**
 * Records by slot, a column for each property: a record of its own for each entry would take as much memory as a short
 * value, and the collector's time.
 */
export class RecordTable {
  readonly #keys: (string | undefined)[] = [];
  readonly #values: (CacheValue | undefined)[] = [];
  #versions: Float64Array<ArrayBuffer>;
  readonly #order: UseOrder;
  readonly #expiry = new ExpiryIndex();
  /** Made with the first lock: without any, no operation looks into it. */
  #locks: Map<Slot, LockState> | undefined;
  readonly #mostSlots: number;
  #size = 0;

  /**
   * @param maxRecords it is never asked to hold more
   * @param capacity records that there is room for at once
   */
  constructor(maxRecords: number, capacity = 0) {
    this.#mostSlots = maxRecords + 1;
    const slots = Math.min(Math.max(capacity + 1, SMALLEST), this.#mostSlots);
    this.#order = new UseOrder(slots);
    this.#keys.length = slots;
    this.#values.length = slots;
    this.#versions = new Float64Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  get hasExpiring(): boolean {
    return !this.#expiry.isEmpty;
  }

  /** Whether most of its room is of no use any more. */
  get isSparse(): boolean {
    return this.#order.capacity > SMALLEST && this.#size < this.#order.capacity / 4;
  }

  /** The slot of the least recently used record. */
  get oldest(): Slot {
    return this.#order.oldest;
  }

  keyAt(slot: Slot): string {
    return this.#keys[slot] ?? '';
  }

  valueAt(slot: Slot): CacheValue | undefined {
    return this.#values[slot];
  }

  expiryAt(slot: Slot): number | undefined {
    return this.#expiry.of(slot);
  }

  locksAt(slot: Slot): LockState | undefined {
    return this.#locks?.get(slot);
  }

  recordAt(slot: Slot): MemoryRecord {
    const locks = this.locksAt(slot);
    return {
      value: this.#values[slot],
      version: this.#versions[slot] ?? 0,
      expiresAt: this.#expiry.of(slot),
      lease: locks?.lease,
      line: locks?.line,
    };
  }

  /** What `recordAt` would tell a caller, without the record in between where it has no locks: most reads end here. */
  entryAt(slot: Slot, now: EpochMillis): CacheEntry | undefined {
    if (this.locksAt(slot) !== undefined) return entryOf(this.recordAt(slot), now);
    const value = this.#values[slot];
    return value === undefined ? undefined : plainEntry(value, this.#versions[slot] ?? 0, this.#expiry.of(slot));
  }

  /** A slot whose record has expired, if there is one. */
  findExpired(now: EpochMillis): Slot {
    return this.#expiry.findDue(now);
  }

  /** A slot for a new record, as the most recently used one. */
  add(key: string): Slot {
    let slot = this.#order.take();
    if (slot === NO_SLOT) {
      this.#grow();
      slot = this.#order.take();
    }
    this.#keys[slot] = key;
    this.#size++;
    return slot;
  }

  write(slot: Slot, { value, version, expiresAt, lease, line }: MemoryRecord): void {
    this.#values[slot] = value;
    this.#versions[slot] = version;
    this.#expiry.set(slot, expiresAt, this.#order.capacity);
    if (lease !== undefined || line !== undefined) (this.#locks ??= new Map()).set(slot, { lease, line });
    else this.#locks?.delete(slot);
  }

  /** Makes its record the most recently used one. */
  use(slot: Slot): void {
    this.#order.use(slot);
  }

  remove(slot: Slot): void {
    this.#order.giveBack(slot);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#expiry.set(slot, undefined, 0);
    this.#locks?.delete(slot);
    this.#size--;
  }

  /** The same records, in the same order of use, in a table that has twice the room they need. */
  compacted(moved: (key: string, slot: Slot) => void): RecordTable {
    const table = new RecordTable(this.#mostSlots - 1, 2 * this.#size);
    for (let slot = this.oldest; slot !== NO_SLOT; slot = this.#order.newerThan(slot)) {
      const key = this.keyAt(slot);
      const other = table.add(key);
      table.write(other, this.recordAt(slot));
      moved(key, other);
    }
    return table;
  }

  #grow(): void {
    const slots = Math.min(2 * this.#order.capacity, this.#mostSlots);
    this.#order.grow(slots);
    this.#keys.length = slots;
    this.#values.length = slots;
    const versions = new Float64Array(slots);
    versions.set(this.#versions);
    this.#versions = versions;
  }
}
