/** Opens and commits sessions on any CacheStore. */
import { randomBytes } from 'node:crypto';
import type { CacheEntry, CacheStore, EpochMillis, Owner, Seconds } from '../cache/store.ts';
import { available } from './available.ts';
import { SessionCipher, type CipherOptions } from './cipher.ts';
import { Committer } from './committer.ts';
import { Draft } from './draft.ts';
import { safely, type SessionEvent } from './events.ts';
import { keyOf } from './ids.ts';
import { acquire, type LockTerms } from './lock.ts';
import { checkUserId, Logins, type LoginsOptions } from './logins.ts';
import { recordOf, SessionRecords } from './records.ts';
import { Registry } from './registry.ts';
import { type Asker, UserSessions } from './user-sessions.ts';

type Milliseconds = number;

export interface OpenOptions {
  /** Lock the session until the last commit. */
  readonly lock?: boolean;
  /** When the request must be answered, in epoch milliseconds. */
  readonly deadline?: EpochMillis;
}

export interface CommitOptions {
  /** When the request must be answered, in epoch milliseconds. */
  readonly deadline?: EpochMillis;
  /** The last commit of the request: ends the lock in the same write. */
  readonly release?: boolean;
}

export interface SessionStoreOptions extends CipherOptions, LoginsOptions {
  /** Sessions live in its namespace `session`. */
  readonly store: CacheStore;
  /** A session ends when no request came for this long, or up to a tenth longer. @default 7200 */
  readonly lifetime?: Seconds;
  /** A session ends this long after its creation, however busy it is; 0: never. @default 2592000 */
  readonly absoluteLifetime?: Seconds;
  /** A session's data may take this much, as JSON. @default 102400 */
  readonly maxBytes?: number;
  /** `false`: reads cost half, and may be up to a second old; a miss is read again consistently. @default true */
  readonly consistentRead?: boolean;
  /** How long a request waits for the lock of its session. @default 10 */
  readonly lockWait?: Seconds;
  /** How long it holds the lock at the most. @default 10 */
  readonly lockLease?: Seconds;
  /** Between looks at a lock that is held, of the first in line and of the others. @default 10 */
  readonly lockRetryMin?: Milliseconds;
  /** @default 50 */
  readonly lockRetryMax?: Milliseconds;
  /** How long an id that was replaced still answers what was stored until then, to requests on their way; 0: not at all. @default 5 */
  readonly regenerateGrace?: Seconds;
  /** How long a commit tries to get between the writes of other requests. @default 5000 */
  readonly replayMs?: number;
  /** @default Date.now */
  readonly clock?: () => EpochMillis;
  /** Called for what metrics count, in the course of the request it belongs to. An exception of its own is ignored. */
  readonly onEvent?: (event: SessionEvent) => void;
}

/** Left of a request's time when it gives up waiting for a lock, to say so itself. */
const LOCK_MARGIN_MS = 50;

/** 30 days. */
export const DEFAULT_ABSOLUTE_LIFETIME: Seconds = 30 * 24 * 60 * 60;

/**
 * @example
 * const sessions = new SessionStore({ store: new MemoryStore() });
 * await sessions.of(userId).endAll();
 */
export class SessionStore {
  readonly #store: CacheStore;
  readonly #records: SessionRecords;
  readonly #registry: Registry;
  readonly #committer: Committer;
  readonly #replayMs: number;
  readonly #lock: Omit<LockTerms, 'owner' | 'until'> & { readonly waitMs: number };

  constructor(options: SessionStoreOptions) {
    const { lifetime = 7200, absoluteLifetime = DEFAULT_ABSOLUTE_LIFETIME, replayMs = 5000, clock } = options;
    const cipher = new SessionCipher(options);
    const tell = safely(options.onEvent);
    this.#store = options.store.namespace('session');
    this.#replayMs = replayMs;
    this.#records = new SessionRecords({
      store: this.#store,
      cipher,
      lifetime,
      absoluteLifetime: absoluteLifetime || Infinity,
      maxBytes: options.maxBytes ?? 102_400,
      consistentRead: options.consistentRead ?? true,
      clock: clock ?? (() => Date.now()),
      tell,
    });
    const records = this.#records;
    this.#registry = new Registry({
      store: options.store.namespace('user'),
      cipher,
      absoluteLifetime: records.absoluteLifetime,
      replayMs,
      now: records.seconds,
      tell,
    });
    const logins = new Logins(this.#registry, records, options);
    this.#committer = new Committer({ records, logins, regenerateGrace: options.regenerateGrace ?? 5 });
    this.#lock = {
      waitMs: (options.lockWait ?? 10) * 1000,
      leaseMs: (options.lockLease ?? 10) * 1000,
      retryMinMs: options.lockRetryMin ?? 10,
      retryMaxMs: options.lockRetryMax ?? 50,
      tell,
    };
  }

  /**
   * The session of an id, or a new one. An id that is not in the table is never adopted.
   *
   * @throws SessionUnavailableError where the store does not answer: that is not "no session"
   * @throws SessionUnreadableError
   */
  async open(id: string | undefined, options: OpenOptions = {}): Promise<Draft> {
    if (id === undefined) return this.#begin();
    const key = keyOf(id);
    return available(options.lock === true ? this.#openLocked(id, key, options) : this.#open(id, key));
  }

  async #open(id: string, key: string): Promise<Draft> {
    return (await this.#found(id, key, await this.#records.read(key))) ?? this.#begin();
  }

  async #openLocked(id: string, key: string, { deadline = Infinity }: OpenOptions): Promise<Draft> {
    const owner = randomBytes(12).toString('base64url');
    const entry = await acquire(this.#store, key, this.#terms(owner, deadline));
    let draft: Draft | undefined;
    try {
      draft = await this.#found(id, key, entry);
    } catch (error) {
      await this.#store.unlock(key, owner).catch(() => {});
      throw error;
    }
    if (draft !== undefined && !draft.isSuperseded) return Object.assign(draft, { owner });
    if (entry !== undefined) await this.#store.unlock(key, owner);
    return draft ?? this.#begin();
  }

  #begin(): Draft {
    return new Draft(undefined, this.#records.seconds);
  }

  async #found(id: string, key: string, entry: CacheEntry | undefined): Promise<Draft | undefined> {
    if (entry === undefined) return undefined;
    const { text, state } = this.#records.decode(key, entry);
    if (this.#records.remaining(state) <= 0) return undefined;
    const isSuperseded = state.superseded !== undefined;
    if (isSuperseded && !(await this.#records.isInGrace(state))) return undefined;
    this.#records.tell({ type: 'opened' });
    return new Draft({ id, record: recordOf(key, entry, text), state, isSuperseded }, this.#records.seconds);
  }

  /** Wait and lease end with the function's own time: nobody is left to release the lock after it. */
  #terms(owner: Owner, deadline: EpochMillis): LockTerms {
    const { waitMs, leaseMs, ...retry } = this.#lock;
    const now = Date.now();
    const left = Math.max(1, Math.floor(deadline - now));
    return {
      ...retry,
      owner,
      leaseMs: Math.min(leaseMs, left),
      until: Math.min(now + waitMs, deadline - LOCK_MARGIN_MS),
    };
  }

  /** Ends the lock of a request that commits nothing any more. A failure is left to the lease's end. */
  async release(draft: Draft): Promise<void> {
    const { owner, record } = draft;
    draft.owner = undefined;
    if (owner !== undefined && record !== undefined) await this.#store.unlock(record.key, owner).catch(() => {});
  }

  /**
   * Ends the session of an id without reading it.
   *
   * @throws SessionUnavailableError @throws SessionSupersededError
   */
  async destroy(id: string): Promise<void> {
    await available(this.#committer.end(keyOf(id)));
  }

  /**
   * Every session of a user.
   *
   * @param asker the session that asks, to be told from the others, and to be forgotten once it is ended
   * @throws InvalidArgumentError for what can't be a user's id
   */
  of(userId: string, asker: Asker = async () => undefined): UserSessions {
    checkUserId(userId);
    return new UserSessions(userId, this.#registry, this.#records, asker);
  }

  /**
   * Writes what the request did, if it did anything, and moves the expiry where it is due. Afterwards the draft is what
   * was committed.
   *
   * @throws SessionConflictError @throws SessionGoneError @throws SessionSupersededError @throws SessionLimitError
   * @throws SessionTooLargeError @throws SessionUnavailableError
   */
  async commit(draft: Draft, { deadline = Infinity, release = false }: CommitOptions = {}): Promise<void> {
    const terms = { deadline: Math.min(deadline, Date.now() + this.#replayMs), release };
    await available(this.#committer.commit(draft, terms));
  }
}
