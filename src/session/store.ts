/** Opens and commits sessions on any CacheStore. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AmbiguousWriteError, CorruptEntryError, EntryTooLargeError, StoreUnavailableError } from '../cache/errors.ts';
import type { CacheEntry, CacheStore, EpochMillis, Owner, Precondition, Seconds, WriteResult } from '../cache/store.ts';
import { SessionCipher, type CipherOptions } from './cipher.ts';
import { Draft, type SessionRecord, type Work } from './draft.ts';
import {
  SessionGoneError,
  SessionLockLostError,
  SessionTooLargeError,
  SessionUnavailableError,
  SessionUnreadableError,
} from './errors.ts';
import { keyOf } from './ids.ts';
import { acquire, type LockTerms } from './lock.ts';
import {
  checkSeen,
  isAssertive,
  isEmpty,
  isRepeatable,
  isTidying,
  replay,
  type Operation,
  type State,
} from './operations.ts';
import { decodeState, encodeState } from './record.ts';

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

export interface SessionStoreOptions extends CipherOptions {
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
  /** How long a commit tries to get between the writes of other requests. @default 5000 */
  readonly replayMs?: number;
  /** @default Date.now */
  readonly clock?: () => EpochMillis;
}

/** 30 days. */
export const DEFAULT_ABSOLUTE_LIFETIME: Seconds = 30 * 24 * 60 * 60;

/** Pause before a replay, at random up to this: growing pauses make many writers of one session wait for seconds. */
const JITTER_MS = 20;

export class SessionStore {
  readonly #store: CacheStore;
  readonly #cipher: SessionCipher;
  readonly #lifetime: Seconds;
  readonly #interval: Seconds;
  readonly #absoluteLifetime: Seconds;
  readonly #maxBytes: number;
  readonly #consistentRead: boolean;
  readonly #replayMs: number;
  readonly #lock: Omit<LockTerms, 'owner' | 'until'> & { readonly waitMs: number };
  readonly #now: () => EpochMillis;
  readonly #seconds = (): number => Math.floor(this.#now() / 1000);

  constructor(options: SessionStoreOptions) {
    this.#store = options.store.namespace('session');
    this.#cipher = new SessionCipher(options);
    this.#lifetime = options.lifetime ?? 7200;
    this.#interval = Math.floor(this.#lifetime / 10);
    this.#absoluteLifetime = (options.absoluteLifetime ?? DEFAULT_ABSOLUTE_LIFETIME) || Infinity;
    this.#maxBytes = options.maxBytes ?? 102_400;
    this.#consistentRead = options.consistentRead ?? true;
    this.#replayMs = options.replayMs ?? 5000;
    this.#lock = {
      waitMs: (options.lockWait ?? 10) * 1000,
      leaseMs: (options.lockLease ?? 10) * 1000,
      retryMinMs: options.lockRetryMin ?? 10,
      retryMaxMs: options.lockRetryMax ?? 50,
    };
    this.#now = options.clock ?? (() => Date.now());
  }

  /**
   * The session of an id, or a new one. An id that is not in the table is never adopted.
   *
   * @throws SessionUnavailableError where the store does not answer: that is not "no session"
   * @throws SessionUnreadableError
   */
  async open(id: string | undefined, options: OpenOptions = {}): Promise<Draft> {
    if (id === undefined) return new Draft(undefined, this.#seconds);
    const key = keyOf(id);
    if (options.lock !== true) {
      const entry = await available(this.#read(key));
      return this.#found(id, key, entry) ?? new Draft(undefined, this.#seconds);
    }
    const owner = randomBytes(12).toString('base64url');
    const entry = await available(acquire(this.#store, key, this.#terms(owner, options.deadline ?? Infinity)));
    try {
      const draft = this.#found(id, key, entry);
      if (draft !== undefined) return Object.assign(draft, { owner });
    } catch (error) {
      await this.#store.unlock(key, owner).catch(() => {});
      throw error;
    }
    if (entry !== undefined) await available(this.#store.unlock(key, owner));
    return new Draft(undefined, this.#seconds);
  }

  #found(id: string, key: string, entry: CacheEntry | undefined): Draft | undefined {
    if (entry === undefined) return undefined;
    const text = this.#cipher.open(key, entry.value);
    const state = decodeState(text);
    if (this.#remaining(state) <= 0) return undefined;
    return new Draft({ id, record: recordOf(key, entry, text), state }, this.#seconds);
  }

  /** Wait and lease end with the function's own time: nobody is left to release the lock after it. */
  #terms(owner: Owner, deadline: EpochMillis): LockTerms {
    const { waitMs, leaseMs, ...retry } = this.#lock;
    const now = Date.now();
    const left = Math.max(1, Math.floor(deadline - now));
    return { ...retry, owner, leaseMs: Math.min(leaseMs, left), until: Math.min(now + waitMs, deadline) };
  }

  /** Ends the lock of a request that commits nothing any more. A failure is left to the lease's end. */
  async release(draft: Draft): Promise<void> {
    const { owner, record } = draft;
    draft.owner = undefined;
    if (owner !== undefined && record !== undefined) await this.#store.unlock(record.key, owner).catch(() => {});
  }

  /** Ends the session of an id without reading it. @throws SessionUnavailableError */
  async destroy(id: string): Promise<void> {
    await available(this.#store.delete(keyOf(id)));
  }

  /**
   * Writes what the request did, if it did anything, and moves the expiry where it is due. Afterwards the draft is what
   * was committed.
   *
   * @throws SessionConflictError @throws SessionGoneError @throws SessionTooLargeError @throws SessionUnavailableError
   */
  async commit(draft: Draft, { deadline = Infinity, release = false }: CommitOptions = {}): Promise<void> {
    await available(this.#commit(draft, { deadline: Math.min(deadline, Date.now() + this.#replayMs), release }));
  }

  async #commit(draft: Draft, terms: Required<CommitOptions>): Promise<void> {
    for (const key of draft.doomed) {
      await this.#store.delete(key);
      draft.doomed.delete(key);
    }
    if (draft.isEnded) {
      draft.isEnded = false;
      draft.cookie = 'expire';
    }
    const work = draft.take();
    const { record, key, log, base, state } = work;
    checkSeen(base, log);
    if (record === undefined) return this.#create(draft, work);
    if (record.key !== key) return this.#move(draft, work, record, terms);
    const text = log.length === 0 ? record.text : encodeState(state, this.#maxBytes);
    if (text !== record.text || isAssertive(log)) return this.#change(draft, work, record, terms);
    draft.settle(work, state, await this.#touched(draft, record, state, terms));
  }

  async #create(draft: Draft, work: Work): Promise<void> {
    const { key, state } = work;
    if (isEmpty(state)) return;
    const text = encodeState(state, this.#maxBytes);
    const result = await this.#write(key, text, state, { absent: true });
    if (!result.written) throw new SessionUnavailableError();
    draft.settle(work, state, recordOf(key, result.entry, text));
  }

  /** One write under the condition that nobody else has written. Otherwise the failure brings the newer state, and so on. */
  async #change(
    draft: Draft,
    work: Work,
    { key, ...record }: SessionRecord,
    { deadline, release }: Required<CommitOptions>,
  ): Promise<void> {
    const { log } = work;
    const { owner } = draft;
    let { state } = work;
    for (let { version } = record; ;) {
      const text = encodeState(state, this.#maxBytes);
      const result = await this.#write(key, text, state, { version, ...(owner && { owner }) }, release);
      if (result.written) {
        if (release) draft.owner = undefined;
        return draft.settle(work, state, recordOf(key, result.entry, text));
      }
      if (owner !== undefined && result.current?.version === version) throw new SessionLockLostError();
      if (result.ambiguous === true && !isRepeatable(log)) throw new SessionUnavailableError();
      if (result.current === undefined && isTidying(log)) return;
      ({ state, version } = await this.#newer(log, key, result.current, deadline));
    }
  }

  /**
   * The new record first, then the old one's end, under the condition that nobody has written to it: a crash in between
   * leaves two, of which the browser has the old one. If the old one is gone, so is the session: the new record goes too.
   *
   * Where the answer to the old one's end got lost and it is gone at the second try, it was this request that ended it,
   * or a logout at the very same moment: then the new id came first.
   */
  async #move(draft: Draft, work: Work, old: SessionRecord, { deadline }: Required<CommitOptions>): Promise<void> {
    const { key, log } = work;
    const { owner } = draft;
    let { state } = work;
    try {
      for (let { version } = old; ;) {
        const text = encodeState(state, this.#maxBytes);
        const written = await this.#write(key, text, state);
        if (!written.written) throw new SessionUnavailableError();
        const deletion = await this.#store.delete(old.key, { if: { version, ...(owner && { owner }) } });
        if (deletion.deleted || deletion.ambiguous === true) {
          draft.owner = undefined;
          draft.settle(work, state, recordOf(key, written.entry, text));
          return;
        }
        if (owner !== undefined && deletion.current?.version === version) throw new SessionLockLostError();
        ({ state, version } = await this.#newer(log, old.key, deletion.current, deadline));
      }
    } catch (error) {
      // Its id was never sent to anybody; where the store does not answer, it is left to its expiry.
      if (!(error instanceof StoreUnavailableError)) await this.#store.delete(key).catch(() => {});
      throw error;
    }
  }

  #write(
    key: string,
    text: string,
    state: State,
    precondition?: Precondition,
    release?: boolean,
  ): Promise<WriteResult> {
    return this.#store.set(key, this.#cipher.seal(key, text), {
      ttl: this.#ttl(state),
      ...(precondition && { if: precondition }),
      ...(release === true && precondition?.owner !== undefined && { release }),
    });
  }

  /** What the request did, played again on what another one has written. */
  async #newer(
    log: readonly Operation[],
    key: string,
    current: CacheEntry | undefined,
    deadline: EpochMillis,
  ): Promise<{ state: State; version: number }> {
    if (current === undefined) throw new SessionGoneError();
    const state = replay(decodeState(this.#cipher.open(key, current.value)), log);
    const pause = Math.random() * JITTER_MS;
    if (Date.now() + pause >= deadline) throw new SessionUnavailableError('The session is too busy at the moment.');
    await delay(pause);
    return { state, version: current.version };
  }

  /**
   * The record with its expiry moved, if that was due, and its lock ended, if there is one. One that is gone stays gone:
   * what was read of it stands.
   */
  async #touched(
    draft: Draft,
    record: SessionRecord,
    state: State,
    { release }: Required<CommitOptions>,
  ): Promise<SessionRecord> {
    const { expiresAt = Infinity } = record;
    const end = state.created + this.#absoluteLifetime;
    const isDue = expiresAt - this.#now() / 1000 < this.#lifetime && expiresAt < end && this.#remaining(state) > 0;
    const ttl = isDue ? this.#ttl(state) : undefined;
    const { owner } = draft;
    const done = await (release && owner !== undefined
      ? this.#store.unlock(record.key, owner, ttl === undefined ? {} : { ttl })
      : ttl !== undefined && this.#store.touch(record.key, ttl));
    if (release) draft.owner = undefined;
    return done && ttl !== undefined ? { ...record, expiresAt: Math.ceil(this.#now() / 1000 + ttl) } : record;
  }

  async #read(key: string): Promise<CacheEntry | undefined> {
    if (this.#consistentRead) return this.#store.get(key);
    return (await this.#store.get(key, { consistent: false })) ?? this.#store.get(key, { consistent: true });
  }

  /** Seconds that a session may go on for, however busy it is. */
  #remaining(state: State): Seconds {
    return state.created + this.#absoluteLifetime - this.#seconds();
  }

  /**
   * The expiry moves once in an interval, so it lies an interval further than the lifetime asks for.
   *
   * @throws SessionGoneError where the session came to its end during the request
   */
  #ttl(state: State): Seconds {
    const ttl = Math.min(this.#lifetime + this.#interval, this.#remaining(state));
    if (ttl <= 0) throw new SessionGoneError();
    return ttl;
  }
}

function recordOf(key: string, { version, expiresAt }: CacheEntry, text: string): SessionRecord {
  return { key, version, expiresAt, text };
}

/** The store's failures as those of sessions. */
async function available<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof AmbiguousWriteError) {
      throw new SessionUnavailableError(undefined, { cause: error });
    }
    if (error instanceof CorruptEntryError) throw new SessionUnreadableError({ cause: error });
    if (error instanceof EntryTooLargeError) throw new SessionTooLargeError(error.size, error.limit, { cause: error });
    throw error;
  }
}
