/**
 * Waiting for the lock of a session. Who finds it held takes a place in line, watches with cheap reads, and tries only
 * when its turn has come: one write that fails and one that takes the place, however many wait.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheEntry, CacheStore, EpochMillis, Lease, LockResult, Owner } from '../cache/store.ts';
import { SessionLockTimeoutError } from './errors.ts';
import type { Tell } from './events.ts';

export interface LockTerms {
  readonly owner: Owner;
  readonly leaseMs: number;
  /** When to give up waiting. */
  readonly until: EpochMillis;
  /** Milliseconds between looks: of the first in line, and of the others at the most, while the line moves. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly tell?: Tell;
}

/** After this long without any turn passing, looks become rarer. */
const PATIENCE_MS = 1000;

/** How much rarer they become at the most. */
const SLOWEST = 4;

/**
 * The entry, with its lock held by `owner`; `undefined` where there is no record, and then there is no lock either.
 *
 * @throws SessionLockTimeoutError @throws StoreUnavailableError
 */
export async function acquire(store: CacheStore, key: string, terms: LockTerms): Promise<CacheEntry | undefined> {
  const lease: Lease = { owner: terms.owner, milliseconds: terms.leaseMs, existing: true };
  const first = await store.lock(key, lease);
  if (first.locked) return first.entry;
  if (first.leaseEndsAt === undefined && first.isInLine === undefined) return undefined;
  const started = Date.now();
  try {
    return await standInLine(store, key, lease, terms);
  } finally {
    terms.tell?.({ type: 'waited', milliseconds: Date.now() - started });
  }
}

async function standInLine(
  store: CacheStore,
  key: string,
  lease: Lease,
  terms: LockTerms,
): Promise<CacheEntry | undefined> {
  for (;;) {
    const place = await store.lock(key, { ...lease, turn: 'take' });
    if (place.locked || place.turn === undefined) return undefined;
    const result = await waitForTurn(store, key, { ...lease, turn: place.turn }, terms);
    if (result === undefined) return undefined;
    if (result.locked) return result.entry;
  }
}

/** The lock; a place in line that is lost; or `undefined` where the record is gone. */
async function waitForTurn(
  store: CacheStore,
  key: string,
  lease: Lease & { readonly turn: number },
  terms: LockTerms,
): Promise<LockResult | undefined> {
  const watch = new Watch(lease.turn, terms);
  for (;;) {
    await watch.pause();
    const entry = (await store.get(key, { consistent: false })) ?? (await store.get(key, { consistent: true }));
    if (entry === undefined) return undefined;
    if (!watch.isOurTurn(entry)) continue;
    const result = await store.lock(key, lease);
    const isGone = !result.locked && result.isInLine === undefined;
    if (isGone) return undefined;
    if (result.locked || result.turn === undefined) return result;
  }
}

/** What one in line has seen of it. */
class Watch {
  readonly #turn: number;
  readonly #terms: LockTerms;
  readonly #started = Date.now();
  #ahead: number | undefined;
  #passed = 0;
  #movedAt = Date.now();
  #freeSince: EpochMillis | undefined;

  constructor(turn: number, terms: LockTerms) {
    this.#turn = turn;
    this.#terms = terms;
  }

  /**
   * Whether to try: the lock is free, and everybody before us has had it, or had the time to take it. Who waits and dies
   * is passed that way.
   */
  isOurTurn(entry: CacheEntry): boolean {
    const now = Date.now();
    const ahead = this.#turn - 1 - (entry.turn ?? 0);
    if (this.#ahead !== undefined && ahead < this.#ahead) {
      this.#passed += this.#ahead - ahead;
      this.#movedAt = now;
      this.#freeSince = undefined;
    }
    this.#ahead = ahead;
    if (entry.leaseEndsAt !== undefined) {
      this.#freeSince = undefined;
      return false;
    }
    this.#freeSince ??= now;
    const graceMs = 2 * SLOWEST * this.#terms.retryMaxMs;
    return ahead <= 0 || now - this.#freeSince >= ahead * graceMs;
  }

  /** @throws SessionLockTimeoutError */
  async pause(): Promise<void> {
    const left = this.#terms.until - Date.now();
    if (left <= 0) throw new SessionLockTimeoutError();
    await delay(Math.min(this.#pauseMs(), left));
  }

  /** Short for the first in line. The others look about twice in the time that the line needs to come to them. */
  #pauseMs(): number {
    const { retryMinMs, retryMaxMs } = this.#terms;
    const now = Date.now();
    const stuckFor = now - this.#movedAt;
    const rarer = Math.min(SLOWEST, Math.max(1, stuckFor / PATIENCE_MS));
    const jitter = 0.75 + Math.random() / 2;
    if (this.#ahead === undefined || this.#ahead <= 0) return retryMinMs * jitter * rarer;
    if (this.#passed === 0) return retryMaxMs * jitter * rarer;
    const perTurn = (now - this.#started) / this.#passed;
    const expected = (this.#ahead * perTurn) / 2;
    return Math.min(Math.max(expected, retryMinMs), SLOWEST * retryMaxMs) * jitter;
  }
}
