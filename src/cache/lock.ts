/** A named lock of the application, held for at most its lease. */
import { randomUUID } from 'node:crypto';
import { attempt, type Report } from './outage.ts';
import type { CacheStore, EpochMillis } from './store.ts';

export interface LockTerms {
  /** How long the lock lasts unless it is renewed or released. */
  readonly milliseconds: number;
}

/**
 * A lock that was taken. With `await using` it is released where its block ends:
 *
 * @example
 * await using lock = await cache.lock('import', { milliseconds: 30_000 });
 * if (!lock) return; // somebody else is at it
 */
export class CacheLock implements AsyncDisposable {
  readonly #owner = randomUUID();
  readonly #store: CacheStore;
  readonly #key: string;
  readonly #clock: () => EpochMillis;
  readonly #report: Report;
  #endsAt = 0;

  private constructor(store: CacheStore, key: string, clock: () => EpochMillis, report: Report) {
    this.#store = store;
    this.#key = key;
    this.#clock = clock;
    this.#report = report;
  }

  /** The lock, or `undefined` where it is taken, or where nobody can tell because the store fails. */
  static async take(
    store: CacheStore,
    key: string,
    terms: LockTerms,
    clock: () => EpochMillis,
    report: Report,
  ): Promise<CacheLock | undefined> {
    const lock = new CacheLock(store, key, clock, report);
    return (await lock.#lock(terms)) ? lock : undefined;
  }

  /**
   * Holds the lock for so long from now on. False: it was lost, or may have been: a lease that once ended is not taken up
   * again, since somebody else may have held it in between.
   */
  async renew(terms: LockTerms): Promise<boolean> {
    return this.#clock() < this.#endsAt && this.#lock(terms);
  }

  /** False: it was not held any more, or the store fails (then it ends with its lease). */
  async release(): Promise<boolean> {
    if (this.#endsAt === 0) return false;
    this.#endsAt = 0;
    const released = await attempt(() => this.#store.unlock(this.#key, this.#owner), this.#report);
    return released?.answer ?? false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #lock({ milliseconds }: LockTerms): Promise<boolean> {
    const endsAt = this.#clock() + milliseconds;
    const result = await attempt(() => this.#store.lock(this.#key, { owner: this.#owner, milliseconds }), this.#report);
    if (result === undefined) return false;
    this.#endsAt = result.answer.locked ? endsAt : 0;
    return result.answer.locked;
  }
}
