/** The records of sessions: how one is read, what it says, and how long it lives. */
import type { CacheEntry, CacheStore, EpochMillis, Precondition, Seconds, WriteResult } from '../cache/store.ts';
import type { SessionCipher } from './cipher.ts';
import type { SessionRecord } from './draft.ts';
import { SessionGoneError } from './errors.ts';
import type { Tell } from './events.ts';
import { emptyState, type State } from './operations.ts';
import { decodeState, encodeSnapshot, encodeState, type StoredState } from './record.ts';
import type { Entry } from './registry.ts';

export interface SessionRecordsOptions {
  /** The namespace of sessions. */
  readonly store: CacheStore;
  readonly cipher: SessionCipher;
  readonly lifetime: Seconds;
  /** `Infinity`: none. */
  readonly absoluteLifetime: Seconds;
  readonly maxBytes: number;
  readonly consistentRead: boolean;
  readonly clock: () => EpochMillis;
  readonly tell: Tell;
}

/** A session may get a new id again while its first one still answers, and so on. */
const MAX_SUCCESSORS = 20;

export class SessionRecords {
  readonly store: CacheStore;
  readonly lifetime: Seconds;
  readonly absoluteLifetime: Seconds;
  /** An expiry moves once in this time, so it lies that much further than the lifetime asks for. */
  readonly interval: Seconds;
  readonly tell: Tell;
  readonly #cipher: SessionCipher;
  readonly #maxBytes: number;
  readonly #consistentRead: boolean;
  readonly #now: () => EpochMillis;

  constructor(options: SessionRecordsOptions) {
    this.store = options.store;
    this.#cipher = options.cipher;
    this.lifetime = options.lifetime;
    this.absoluteLifetime = options.absoluteLifetime;
    this.interval = Math.floor(options.lifetime / 10);
    this.#maxBytes = options.maxBytes;
    this.#consistentRead = options.consistentRead;
    this.#now = options.clock;
    this.tell = options.tell;
  }

  /** Epoch seconds. */
  readonly seconds = (): number => Math.floor(this.#now() / 1000);

  async read(key: string): Promise<CacheEntry | undefined> {
    if (this.#consistentRead) return this.store.get(key);
    return (await this.store.get(key, { consistent: false })) ?? this.store.get(key, { consistent: true });
  }

  /** @throws SessionUnreadableError @throws SessionDecryptionError */
  decode(key: string, { value }: CacheEntry): { readonly text: string; readonly state: StoredState } {
    const text = this.#cipher.open(key, value);
    return { text, state: decodeState(text) };
  }

  /** @throws SessionTooLargeError */
  encode(state: State): string {
    return encodeState(state, this.#maxBytes);
  }

  /** @throws SessionGoneError where the session came to its end during the request */
  async write(
    key: string,
    text: string,
    state: State,
    condition: Precondition,
    release?: boolean,
  ): Promise<WriteResult> {
    const result = await this.store.set(key, this.#cipher.seal(key, text), {
      ttl: this.ttl(state),
      if: condition,
      ...(release === true && condition.owner !== undefined && { release }),
    });
    if (result.written && result.bytes !== undefined) this.tell({ type: 'written', bytes: result.bytes });
    return result;
  }

  /**
   * Turns a session's record into a snapshot that answers for so long, while the new record is there. Without a grace it
   * holds nothing and answers nothing; unlike a deletion, it recognises itself where its answer got lost.
   */
  supersede(key: string, old: State, by: string, grace: Seconds, condition: Precondition): Promise<WriteResult> {
    const ttl = Math.max(1, Math.min(grace, this.ttl(old)));
    const until = grace === 0 ? 0 : this.expiryOf(ttl);
    const state = grace === 0 ? emptyState(old.created) : old;
    return this.store.set(key, this.#cipher.seal(key, encodeSnapshot(state, { by, until })), {
      ttl,
      if: condition,
      ...(condition.owner !== undefined && { release: true }),
    });
  }

  /** Whether a snapshot still answers: for its time, and while the session goes on under its newest id. */
  async isInGrace({ superseded }: StoredState): Promise<boolean> {
    let next = superseded;
    for (let step = 0; next !== undefined && step < MAX_SUCCESSORS; step++) {
      if (next.until <= this.seconds()) return false;
      const entry = await this.store.get(next.by, { consistent: true });
      if (entry === undefined) return false;
      const { state } = this.decode(next.by, entry);
      if (state.superseded === undefined) return this.remaining(state) > 0;
      next = state.superseded;
    }
    return false;
  }

  /** The entries of sessions that are alive, each with the key and the expiry (epoch seconds) of its record. */
  async whatLives(entries: readonly Entry[]): Promise<{ entry: Entry; key: string; expiresAt: number }[]> {
    const found = await this.store.getMany(
      entries.flatMap(({ keys }) => keys),
      { consistent: true },
    );
    return entries.flatMap((entry) => {
      const key = this.#currentOf(entry.keys, found);
      return key === undefined ? [] : [{ entry, key, expiresAt: found.get(key)?.expiresAt ?? Infinity }];
    });
  }

  /** Of the keys that a session may be under, the one that it is under: where the first one's record leads, or the last. */
  #currentOf(keys: readonly string[], found: ReadonlyMap<string, CacheEntry>): string | undefined {
    const alive = new Set(keys.filter((key) => found.has(key)));
    let [first] = keys;
    for (const key of alive) {
      const next = this.#successorOf(key, found.get(key));
      if (next === undefined) continue;
      alive.delete(key);
      if (key === first) first = next;
    }
    return first !== undefined && alive.has(first) ? first : [...alive].at(-1);
  }

  /** A record that can't be read is there all the same, and can be ended. */
  #successorOf(key: string, record: CacheEntry | undefined): string | undefined {
    try {
      return record && this.decode(key, record).state.superseded?.by;
    } catch {
      return undefined;
    }
  }

  /** Seconds that a session may go on for, however busy it is. */
  remaining(state: State): Seconds {
    return state.created + this.absoluteLifetime - this.seconds();
  }

  /** @throws SessionGoneError where the session came to its end during the request */
  ttl(state: State): Seconds {
    const ttl = Math.min(this.lifetime + this.interval, this.remaining(state));
    if (ttl <= 0) throw new SessionGoneError();
    return ttl;
  }

  /** The ttl that a record is due for, if it is: once in an interval, and never past the session's absolute end. */
  dueTtl({ expiresAt = Infinity }: SessionRecord, state: State): Seconds | undefined {
    const end = state.created + this.absoluteLifetime;
    const isDue = expiresAt - this.#now() / 1000 < this.lifetime && expiresAt < end && this.remaining(state) > 0;
    return isDue ? this.ttl(state) : undefined;
  }

  /** When a record with this ttl from now on expires, in epoch seconds. */
  expiryOf(ttl: Seconds): number {
    return Math.ceil(this.#now() / 1000 + ttl);
  }
}

export function recordOf(key: string, { version, expiresAt }: CacheEntry, text: string): SessionRecord {
  return { key, version, expiresAt, text };
}
