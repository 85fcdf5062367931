import { InvalidArgumentError } from '../../../errors.ts';
import { isExpired } from '../../rules.ts';
import type { CacheValue, EpochMillis, Owner } from '../../store.ts';
import { ExpiryIndex } from './expiry.ts';

export interface MemoryRecord {
  /** Absent: the record only holds a lock. */
  readonly value?: CacheValue | undefined;
  readonly version: number;
  readonly expiresAt?: number | undefined;
  readonly lease?: { readonly owner: Owner; readonly endsAt: EpochMillis } | undefined;
  /** For the lock: the last place that was taken, and the last that had it. */
  readonly line?: { readonly next: number; readonly turn: number } | undefined;
}

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
  readonly #nodes = new Map<string, Node>();
  readonly #expiry = new ExpiryIndex();
  /** The ring of nodes by use: `end.newer` is the least recently used one, `end.older` the most recently used. */
  readonly #end = new Node('', { version: 0 });
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
  }

  /** Records held, expired ones that were not dropped yet included. */
  get size(): number {
    return this.#nodes.size;
  }

  /** The record, unless it has expired. Counts as a use. */
  get(key: string, now: EpochMillis): MemoryRecord | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    if (isExpired(node.record.expiresAt, now)) {
      this.#remove(node);
      return undefined;
    }
    if (node.newer !== this.#end) {
      node.detach();
      node.attachBefore(this.#end);
    }
    return node.record;
  }

  put(key: string, record: MemoryRecord, now: EpochMillis): void {
    const present = this.#nodes.get(key);
    const node = present ?? new Node(key, record);
    if (present === undefined) this.#nodes.set(key, node);
    else this.#bytes -= node.bytes;
    this.#indexExpiry(key, present?.record.expiresAt, record.expiresAt);
    node.record = record;
    this.#bytes += node.bytes;
    node.detach();
    node.attachBefore(this.#end);
    this.#sweep(now, SWEPT_PER_WRITE);
    while (this.#nodes.size > this.#maxEntries || this.#bytes > this.#maxBytes) {
      if (this.#sweep(now, 1) === 0) this.#remove(this.#end.newer);
    }
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node) this.#remove(node);
  }

  /** The records whose keys begin with `prefix`, expired ones included; they may be deleted on the way. No use. */
  *records(prefix: string): Generator<readonly [key: string, record: MemoryRecord], void, void> {
    for (const [key, { record }] of this.#nodes) if (key.startsWith(prefix)) yield [key, record];
  }

  /** When the record expires; `undefined` where it does not, or where there is none. No use. */
  expiryOf(key: string): number | undefined {
    return this.#nodes.get(key)?.record.expiresAt;
  }

  #remove(node: Node): void {
    this.#nodes.delete(node.key);
    node.detach();
    this.#bytes -= node.bytes;
    if (node.record.expiresAt !== undefined) this.#expiry.remove(node.key, node.record.expiresAt);
  }

  #indexExpiry(key: string, before: number | undefined, after: number | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.#expiry.remove(key, before);
    if (after === undefined) return;
    this.#expiry.add(key, after);
    this.#startTimer();
  }

  /** Drops at most `limit` expired records and answers how many it did. */
  #sweep(now: EpochMillis, limit: number): number {
    let swept = 0;
    while (swept < limit) {
      const key = this.#expiry.take(now / 1000);
      if (key === undefined) break;
      const node = this.#nodes.get(key);
      if (node?.record.expiresAt === undefined) continue;
      if (isExpired(node.record.expiresAt, now)) {
        this.#remove(node);
        swept++;
      } else {
        // Renewed, or the clock was set back, since it was found due.
        this.#expiry.add(key, node.record.expiresAt);
      }
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
    if (!this.#expiry.isEmpty) this.#startTimer();
  }
}

class Node {
  readonly key: string;
  record: MemoryRecord;
  older: Node = this;
  newer: Node = this;

  constructor(key: string, record: MemoryRecord) {
    this.key = key;
    this.record = record;
  }

  get bytes(): number {
    return 2 * this.key.length + bytesOf(this.record.value);
  }

  detach(): void {
    this.older.newer = this.newer;
    this.newer.older = this.older;
  }

  attachBefore(newer: Node): void {
    this.older = newer.older;
    this.newer = newer;
    newer.older.newer = this;
    newer.older = this;
  }
}

function bytesOf(value: CacheValue | undefined): number {
  if (typeof value === 'string') return 2 * value.length;
  return value instanceof Uint8Array ? value.byteLength : 8;
}
