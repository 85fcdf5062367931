/**
 * A store so plain that it can be checked by reading it: no time of its own, no versions but the number of the write,
 * nothing asynchronous. `model-run.ts` plays the same commands on it and on a driver, and compares.
 */
import type { CacheValue, EpochMillis, Lease, Owner, Seconds } from '../../src/cache/store.ts';

interface Cell {
  value?: CacheValue;
  /** The number of the write that made the value: stands for the version. */
  write?: number;
  expiresAt?: number;
  owner?: Owner;
  leaseEndsAt?: EpochMillis;
}

export interface ModelEntry {
  value: CacheValue;
  write: number;
  expiresAt?: number;
  leaseEndsAt?: EpochMillis;
}

export type ModelCondition = { absent: true } | { write?: number | undefined; owner?: Owner | undefined };

export class Model {
  now: EpochMillis;
  readonly #cells = new Map<string, Cell>();
  #writes = 0;

  constructor(now: EpochMillis) {
    this.now = now;
  }

  get(key: string): ModelEntry | undefined {
    const cell = this.#living(key);
    if (cell?.value === undefined || cell.write === undefined) return undefined;
    const entry: ModelEntry = { value: cell.value, write: cell.write };
    if (cell.expiresAt !== undefined) entry.expiresAt = cell.expiresAt;
    const lease = this.#lease(key);
    if (lease) entry.leaseEndsAt = lease.endsAt;
    return entry;
  }

  set(key: string, value: CacheValue, ttl?: Seconds, condition?: ModelCondition, release?: boolean) {
    if (!this.#holds(key, condition)) return { written: false, ...this.#current(key) };
    const { owner, leaseEndsAt } = this.#living(key) ?? {};
    const cell: Cell = { value, write: ++this.#writes };
    if (ttl !== undefined) cell.expiresAt = this.#expiry(ttl);
    if (owner !== undefined && leaseEndsAt !== undefined && release !== true)
      Object.assign(cell, { owner, leaseEndsAt });
    this.#cells.set(key, cell);
    return { written: true, entry: this.get(key) };
  }

  setMany(entries: readonly (readonly [string, CacheValue, Seconds?])[]) {
    for (const [key, value, ttl] of entries) {
      this.#cells.delete(key);
      this.set(key, value, ttl);
    }
  }

  increment(key: string, by: number, ttl?: Seconds) {
    const cell = this.#living(key);
    const before = cell?.value ?? 0;
    if (typeof before !== 'number') return 'NOT_A_NUMBER';
    if (Math.abs(before + by) > Number.MAX_SAFE_INTEGER) return 'INVALID_ARGUMENT';
    const isThere = cell?.value !== undefined;
    const next: Cell = { ...cell, value: before + by, write: ++this.#writes };
    if (!isThere) delete next.expiresAt;
    if (!isThere && ttl !== undefined) next.expiresAt = this.#expiry(ttl);
    this.#cells.set(key, next);
    return before + by;
  }

  touch(key: string, ttl: Seconds) {
    const cell = this.#living(key);
    if (cell?.value === undefined) return false;
    cell.expiresAt = this.#expiry(ttl);
    return true;
  }

  delete(key: string, condition?: ModelCondition) {
    if ((condition && 'absent' in condition) || !this.#holds(key, condition)) {
      return { deleted: false, ...this.#current(key) };
    }
    const entry = this.get(key);
    this.#cells.delete(key);
    return entry ? { deleted: true, entry } : { deleted: false };
  }

  lock(key: string, { owner, milliseconds, existing }: Lease) {
    const lease = this.#lease(key);
    if (lease && lease.owner !== owner) return { locked: false, leaseEndsAt: lease.endsAt };
    const cell = this.#living(key);
    const isThere = cell?.value !== undefined;
    if (existing === true && !isThere) return { locked: false };
    const leaseEndsAt = this.now + milliseconds;
    const next: Cell = { ...cell, owner, leaseEndsAt };
    if (!isThere) next.expiresAt = Math.ceil(leaseEndsAt / 1000);
    this.#cells.set(key, next);
    const entry = this.get(key);
    return entry ? { locked: true, entry } : { locked: true };
  }

  unlock(key: string, owner: Owner, ttl?: Seconds) {
    if (this.#lease(key)?.owner !== owner) return false;
    const cell = this.#living(key);
    if (cell?.value === undefined) {
      this.#cells.delete(key);
      return true;
    }
    delete cell.owner;
    delete cell.leaseEndsAt;
    if (ttl !== undefined) cell.expiresAt = this.#expiry(ttl);
    return true;
  }

  clear(prefix: string) {
    for (const key of this.#cells.keys()) if (key.startsWith(prefix)) this.#cells.delete(key);
  }

  #living(key: string): Cell | undefined {
    const cell = this.#cells.get(key);
    return cell?.expiresAt !== undefined && cell.expiresAt * 1000 <= this.now ? undefined : cell;
  }

  /** The live lease on a living record: it ends with the record at the latest. */
  #lease(key: string): { owner: Owner; endsAt: EpochMillis } | undefined {
    const { owner, leaseEndsAt = 0, expiresAt = Number.POSITIVE_INFINITY } = this.#living(key) ?? {};
    const endsAt = Math.min(leaseEndsAt, expiresAt * 1000);
    return owner !== undefined && endsAt > this.now ? { owner, endsAt } : undefined;
  }

  #holds(key: string, condition: ModelCondition | undefined): boolean {
    if (condition === undefined) return true;
    const entry = this.get(key);
    if ('absent' in condition) return entry === undefined;
    if (condition.write !== undefined && entry?.write !== condition.write) return false;
    return condition.owner === undefined || this.#lease(key)?.owner === condition.owner;
  }

  #current(key: string): { current?: ModelEntry } {
    const current = this.get(key);
    return current ? { current } : {};
  }

  #expiry(ttl: Seconds): number {
    return Math.ceil(this.now / 1000 + ttl);
  }
}
