import { InvalidArgumentError } from '../../../errors.ts';
import { isExpired } from '../../rules.ts';
import type { CacheEntry, CacheValue, EpochMillis } from '../../store.ts';
import { NO_SLOT } from './links.ts';
import { RecordTable, type LockState, type MemoryRecord, type Slot } from './table.ts';

export interface MemoryEngineOptions {
  /** Records held at most, those that only hold a lock included. @default 10,000 */
  readonly maxEntries?: number;
  /** Bytes that keys and values take at most, text counted as two bytes a character. @default 64 MiB */
  readonly maxBytes?: number;
  /** The current time. @default Date.now */
  readonly clock?: () => EpochMillis;
}

/** Expired records dropped with each write: more than one, so that a backlog shrinks; few, so that no write is slow. */
const SWEPT_PER_WRITE = 8;
const SWEEP_INTERVAL_MS = 1000;

/**
 * The records behind one or many `MemoryStore`s. A full engine drops expired records first, then the least recently
 * used. Expired ones are dropped with every write, and each second by a timer that keeps no process alive.
 */
export class MemoryEngine {
  readonly now: () => EpochMillis;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #slots = new Map<string, Slot>();
  #table: RecordTable;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MemoryEngineOptions = {}) {
    const { maxEntries = 10_000, maxBytes = 64 * 2 ** 20, clock = () => Date.now() } = options;
    for (const [name, bound] of Object.entries({ maxEntries, maxBytes })) {
      if (!Number.isSafeInteger(bound) || bound < 1) {
        throw new InvalidArgumentError(`${name} must be a positive whole number; got ${bound}.`);
      }
    }
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.now = clock;
    // A new record is there before another has made room for it.
    this.#table = new RecordTable(maxEntries + 1);
  }

  /** Records held, expired ones that were not dropped yet included. */
  get size(): number {
    return this.#table.size;
  }

  /** The record, unless it has expired. Counts as a use. */
  get(key: string, now: EpochMillis): MemoryRecord | undefined {
    const slot = this.find(key, now);
    return slot === NO_SLOT ? undefined : this.#table.recordAt(slot);
  }

  /**
   * Where the record is: `NO_SLOT` where there is none, or it has expired. Counts as a use. A slot is good for the next
   * call only: then another record may be there.
   */
  find(key: string, now: EpochMillis): Slot {
    const slot = this.#slots.get(key);
    if (slot === undefined) return NO_SLOT;
    if (isExpired(this.#table.expiryAt(slot), now)) {
      this.#remove(slot);
      return NO_SLOT;
    }
    this.#table.use(slot);
    return slot;
  }

  recordAt(slot: Slot): MemoryRecord | undefined {
    return slot === NO_SLOT ? undefined : this.#table.recordAt(slot);
  }

  entryAt(slot: Slot, now: EpochMillis): CacheEntry | undefined {
    return slot === NO_SLOT ? undefined : this.#table.entryAt(slot, now);
  }

  locksAt(slot: Slot): LockState | undefined {
    return this.#table.locksAt(slot);
  }

  put(key: string, record: MemoryRecord, now: EpochMillis): void {
    this.putAt(this.#slots.get(key) ?? NO_SLOT, key, record, now);
  }

  /** @param found where `find` has just found the record of this key */
  putAt(found: Slot, key: string, record: MemoryRecord, now: EpochMillis): void {
    let slot = found;
    if (slot === NO_SLOT) {
      slot = this.#table.add(key);
      this.#slots.set(key, slot);
      this.#bytes += 2 * key.length;
    } else {
      this.#table.use(slot);
      this.#bytes -= bytesOf(this.#table.valueAt(slot));
    }
    this.#table.write(slot, record);
    this.#bytes += bytesOf(record.value);
    if (this.#table.hasExpiring) {
      this.#startTimer();
      this.#sweep(now, SWEPT_PER_WRITE);
    }
    while (this.#table.size > this.#maxEntries || this.#bytes > this.#maxBytes) {
      if (this.#sweep(now, 1) === 0) this.#remove(this.#table.oldest);
    }
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#remove(slot);
  }

  /** The records whose keys begin with `prefix`, expired ones included; they may be deleted on the way. No use. */
  *records(prefix: string): Generator<readonly [key: string, record: MemoryRecord], void, void> {
    for (const [key, slot] of this.#slots) if (key.startsWith(prefix)) yield [key, this.#table.recordAt(slot)];
  }

  /** When the record expires; `undefined` where it does not, or where there is none. No use. */
  expiryOf(key: string): number | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#table.expiryAt(slot);
  }

  #remove(slot: Slot): void {
    const key = this.#table.keyAt(slot);
    this.#bytes -= 2 * key.length + bytesOf(this.#table.valueAt(slot));
    this.#slots.delete(key);
    this.#table.remove(slot);
    if (this.#table.isSparse) this.#table = this.#table.compacted((other, moved) => this.#slots.set(other, moved));
  }

  /** Drops at most `limit` expired records and answers how many it did. */
  #sweep(now: EpochMillis, limit: number): number {
    let swept = 0;
    while (swept < limit) {
      const slot = this.#table.findExpired(now);
      if (slot === NO_SLOT) break;
      this.#remove(slot);
      swept++;
    }
    return swept;
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    // Weak, so that a store nobody uses any more is not kept in memory until the last of its entries has expired.
    const weak = new WeakRef(this);
    this.#timer = setTimeout(() => {
      const engine = weak.deref();
      if (engine) engine.#tick();
    }, SWEEP_INTERVAL_MS);
    this.#timer.unref();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#sweep(this.now(), Number.POSITIVE_INFINITY);
    if (this.#table.hasExpiring) this.#startTimer();
  }
}

function bytesOf(value: CacheValue | undefined): number {
  if (typeof value === 'string') return 2 * value.length;
  return value instanceof Uint8Array ? value.byteLength : 8;
}
