/** Opens and commits sessions on any CacheStore. */
import { setTimeout as delay } from 'node:timers/promises';
import { AmbiguousWriteError, CorruptEntryError, EntryTooLargeError, StoreUnavailableError } from '../cache/errors.ts';
import type { CacheEntry, CacheStore, EpochMillis, Precondition, Seconds, WriteResult } from '../cache/store.ts';
import { SessionCipher, type CipherOptions } from './cipher.ts';
import { Draft, type SessionRecord, type Work } from './draft.ts';
import { SessionGoneError, SessionTooLargeError, SessionUnavailableError, SessionUnreadableError } from './errors.ts';
import { keyOf } from './ids.ts';
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
  readonly #now: () => EpochMillis;

  constructor(options: SessionStoreOptions) {
    this.#store = options.store.namespace('session');
    this.#cipher = new SessionCipher(options);
    this.#lifetime = options.lifetime ?? 7200;
    this.#interval = Math.floor(this.#lifetime / 10);
    this.#absoluteLifetime = (options.absoluteLifetime ?? DEFAULT_ABSOLUTE_LIFETIME) || Infinity;
    this.#maxBytes = options.maxBytes ?? 102_400;
    this.#consistentRead = options.consistentRead ?? true;
    this.#replayMs = options.replayMs ?? 5000;
    this.#now = options.clock ?? (() => Date.now());
  }

  /**
   * The session of an id, or a new one. An id that is not in the table is never adopted.
   *
   * @throws SessionUnavailableError where the store does not answer: that is not "no session"
   * @throws SessionUnreadableError
   */
  async open(id: string | undefined): Promise<Draft> {
    const seconds = () => Math.floor(this.#now() / 1000);
    if (id === undefined) return new Draft(undefined, seconds);
    const key = keyOf(id);
    const entry = await available(this.#read(key));
    if (entry === undefined) return new Draft(undefined, seconds);
    const text = this.#cipher.open(key, entry.value);
    const state = decodeState(text);
    if (this.#remaining(state) <= 0) return new Draft(undefined, seconds);
    return new Draft({ id, record: recordOf(key, entry, text), state }, seconds);
  }

  /** Ends the session of an id without reading it. @throws SessionUnavailableError */
  async destroy(id: string): Promise<void> {
    await available(this.#store.delete(keyOf(id)));
  }

  /**
   * Writes what the request did, if it did anything, and moves the expiry where it is due. Afterwards the draft is what
   * was committed.
   *
   * @param deadline when the request must be answered
   * @throws SessionConflictError @throws SessionGoneError @throws SessionTooLargeError @throws SessionUnavailableError
   */
  async commit(draft: Draft, deadline: EpochMillis = Infinity): Promise<void> {
    await available(this.#commit(draft, Math.min(deadline, Date.now() + this.#replayMs)));
  }

  async #commit(draft: Draft, deadline: EpochMillis): Promise<void> {
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
    if (record.key !== key) return this.#move(draft, work, record, deadline);
    const text = log.length === 0 ? record.text : encodeState(state, this.#maxBytes);
    if (text !== record.text || isAssertive(log)) return this.#change(draft, work, record, deadline);
    draft.settle(work, state, await this.#touched(record, state));
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
  async #change(draft: Draft, work: Work, { key, ...record }: SessionRecord, deadline: EpochMillis): Promise<void> {
    const { log } = work;
    let { state } = work;
    for (let { version } = record; ;) {
      const text = encodeState(state, this.#maxBytes);
      const result = await this.#write(key, text, state, { version });
      if (result.written) return draft.settle(work, state, recordOf(key, result.entry, text));
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
  async #move(draft: Draft, work: Work, old: SessionRecord, deadline: EpochMillis): Promise<void> {
    const { key, log } = work;
    let { state } = work;
    try {
      for (let { version } = old; ;) {
        const text = encodeState(state, this.#maxBytes);
        const written = await this.#write(key, text, state);
        if (!written.written) throw new SessionUnavailableError();
        const deletion = await this.#store.delete(old.key, { if: { version } });
        if (deletion.deleted || deletion.ambiguous === true) {
          draft.settle(work, state, recordOf(key, written.entry, text));
          return;
        }
        ({ state, version } = await this.#newer(log, old.key, deletion.current, deadline));
      }
    } catch (error) {
      // Its id was never sent to anybody; where the store does not answer, it is left to its expiry.
      if (!(error instanceof StoreUnavailableError)) await this.#store.delete(key).catch(() => {});
      throw error;
    }
  }

  #write(key: string, text: string, state: State, precondition?: Precondition): Promise<WriteResult> {
    const options = { ttl: this.#ttl(state), ...(precondition && { if: precondition }) };
    return this.#store.set(key, this.#cipher.seal(key, text), options);
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

  /** The record with its expiry moved, if that was due. One that is gone stays gone: what was read of it stands. */
  async #touched(record: SessionRecord, state: State): Promise<SessionRecord> {
    const left = (record.expiresAt ?? Infinity) - this.#now() / 1000;
    if (left >= Math.min(this.#lifetime, this.#remaining(state))) return record;
    const ttl = this.#ttl(state);
    const isThere = await this.#store.touch(record.key, ttl);
    return isThere ? { ...record, expiresAt: Math.ceil(this.#now() / 1000 + ttl) } : record;
  }

  async #read(key: string): Promise<CacheEntry | undefined> {
    if (this.#consistentRead) return this.#store.get(key);
    return (await this.#store.get(key, { consistent: false })) ?? this.#store.get(key, { consistent: true });
  }

  /** Seconds that a session may go on for, however busy it is. */
  #remaining(state: State): Seconds {
    return state.created + this.#absoluteLifetime - Math.floor(this.#now() / 1000);
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
