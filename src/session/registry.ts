/**
 * Who is logged in where: one record for each user, that lists the user's sessions. It changes at login, at logout and
 * with a new id, always on the condition that nobody else has changed it. A session's id is sent to nobody before its
 * entry stands here, and an entry leaves only with its session, so who ends all entries ends all sessions.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheEntry, CacheStore, EpochMillis, Seconds } from '../cache/store.ts';
import type { SessionCipher } from './cipher.ts';
import { SessionDecryptionError, SessionUnavailableError, SessionUnreadableError } from './errors.ts';
import type { Tell } from './events.ts';
import { userKeyOf } from './ids.ts';
import { parseRecord } from './record.ts';

/** One session of a user, from its login to its logout. */
export interface Entry {
  /** Stays the same, however often the session gets a new id. */
  readonly id: string;
  /** The key of its record; after it, those of records that were about to replace it: one of them may have done so. */
  readonly keys: readonly string[];
  /** Epoch seconds. */
  readonly created: number;
  readonly label?: string;
}

/** The new entries, or the same ones where there is nothing to change. May be asked again, when others came in between. */
export type Change = (entries: readonly Entry[]) => readonly Entry[] | Promise<readonly Entry[]>;

export interface ChangeTerms {
  /** When to give up, in epoch milliseconds. */
  readonly deadline?: EpochMillis | undefined;
  /** What to do about a record that can't be read. @default to fail */
  readonly unreadable?: 'replace';
}

export interface RegistryOptions {
  /** The namespace of users. */
  readonly store: CacheStore;
  readonly cipher: SessionCipher;
  /** Seconds from its creation after which no session lives; `Infinity`: there is no such time. */
  readonly absoluteLifetime: Seconds;
  /** How long a change tries to get between those of other requests. */
  readonly replayMs: number;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly tell: Tell;
}

/** Pause before another try, at random up to this. */
const JITTER_MS = 20;

export class Registry {
  readonly #store: CacheStore;
  readonly #cipher: SessionCipher;
  readonly #absoluteLifetime: Seconds;
  readonly #replayMs: number;
  readonly #now: () => number;
  readonly #tell: Tell;

  constructor(options: RegistryOptions) {
    this.#store = options.store;
    this.#cipher = options.cipher;
    this.#absoluteLifetime = options.absoluteLifetime;
    this.#replayMs = options.replayMs;
    this.#now = options.now;
    this.#tell = options.tell;
  }

  /** All entries, of sessions that have expired meanwhile too. @throws StoreUnavailableError */
  async entriesOf(user: string): Promise<readonly Entry[]> {
    const key = userKeyOf(user);
    return this.#decode(key, await this.#store.get(key, { consistent: true }));
  }

  /** The same; none where the record can't be read. @throws StoreUnavailableError */
  async readableEntriesOf(user: string): Promise<readonly Entry[]> {
    const key = userKeyOf(user);
    return this.#readable(key, await this.#store.get(key, { consistent: true }));
  }

  /**
   * @throws SessionUnavailableError where others kept changing it until the deadline @throws StoreUnavailableError
   * @throws SessionUnreadableError @throws SessionDecryptionError unless it is to be replaced then
   */
  async change(user: string, change: Change, { deadline = Infinity, unreadable }: ChangeTerms = {}): Promise<void> {
    const key = userKeyOf(user);
    const until = Math.min(deadline, Date.now() + this.#replayMs);
    let current = await this.#store.get(key, { consistent: true });
    for (;;) {
      const entries = unreadable === 'replace' ? this.#readable(key, current) : this.#decode(key, current);
      const changed = await change(entries);
      if (changed === entries) return;
      const result = await this.#write(key, changed, current);
      if (result === undefined) return;
      const pause = Math.random() * JITTER_MS;
      if (Date.now() + pause >= until) throw new SessionUnavailableError('The user is too busy at the moment.');
      this.#tell({ type: 'replayed' });
      await delay(pause);
      ({ current } = result);
    }
  }

  /** What is there instead, where it was not written. */
  async #write(
    key: string,
    entries: readonly Entry[],
    current: CacheEntry | undefined,
  ): Promise<{ readonly current: CacheEntry | undefined } | undefined> {
    if (entries.length === 0) {
      if (current === undefined) return undefined;
      const result = await this.#store.delete(key, { if: { version: current.version } });
      return result.deleted ? undefined : { current: result.current };
    }
    const value = this.#cipher.seal(`user:${key}`, JSON.stringify(entries));
    const end = Math.max(...entries.map(({ created }) => created)) + this.#absoluteLifetime;
    const result = await this.#store.set(key, value, {
      if: current === undefined ? { absent: true } : { version: current.version },
      ...(Number.isFinite(end) && { ttl: Math.max(1, end - this.#now()) }),
    });
    return result.written ? undefined : { current: result.current };
  }

  /** The sessions of a record that can't be read can't be read either: the same keys are missing. */
  #readable(key: string, entry: CacheEntry | undefined): readonly Entry[] {
    try {
      return this.#decode(key, entry);
    } catch (error) {
      if (error instanceof SessionUnreadableError || error instanceof SessionDecryptionError) return [];
      throw error;
    }
  }

  #decode(key: string, entry: CacheEntry | undefined): readonly Entry[] {
    if (entry === undefined) return [];
    const entries = parse(this.#cipher.open(`user:${key}`, entry.value));
    return entries.filter(({ created }) => created + this.#absoluteLifetime > this.#now());
  }
}

export function newEntry(key: string, created: number, label: string | undefined): Entry {
  return { id: randomBytes(9).toString('base64url'), keys: [key], created, ...(label !== undefined && { label }) };
}

function parse(text: string): readonly Entry[] {
  const entries = parseRecord(text);
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new SessionUnreadableError();
  return entries;
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { id, keys, created, label }: { [Name in keyof Entry]?: unknown } = value;
  return (
    typeof id === 'string' &&
    Array.isArray(keys) &&
    keys.every((key) => typeof key === 'string') &&
    typeof created === 'number' &&
    (label === undefined || typeof label === 'string')
  );
}
