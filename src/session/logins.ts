/** What login, a new id and logout do to the user's entries. */
import type { EpochMillis } from '../cache/store.ts';
import { CloakroomError, InvalidArgumentError } from '../errors.ts';
import type { Login } from './draft.ts';
import { SessionGoneError, SessionLimitError } from './errors.ts';
import type { State } from './operations.ts';
import type { SessionRecords } from './records.ts';
import { newEntry, type Change, type Entry, type Registry } from './registry.ts';

export interface LoginsOptions {
  /** How many sessions a user may have at once; 0: any number up to 1,000, then the oldest one ends. @default 0 */
  readonly maxPerUser?: number;
  /** What a login does where a user has that many. @default 'end-oldest' */
  readonly whenFull?: 'end-oldest' | 'refuse';
}

/** Longer ones belong into the session's data. */
const MAX_USER_ID_BYTES = 1024;
const MAX_LABEL_LENGTH = 200;

/** Where any number is allowed: what a record can hold, and a login should cost. */
const MOST = 1000;

/** Where any number is allowed, entries of sessions that expired are cleared out every so many. */
const CLEAR_OUT_EVERY = 50;

export class Logins {
  readonly #registry: Registry;
  readonly #records: SessionRecords;
  readonly #limit: number;
  readonly #whenFull: 'end-oldest' | 'refuse';

  constructor(registry: Registry, records: SessionRecords, { maxPerUser = 0, whenFull = 'end-oldest' }: LoginsOptions) {
    this.#registry = registry;
    this.#records = records;
    this.#limit = maxPerUser || MOST;
    this.#whenFull = maxPerUser === 0 ? 'end-oldest' : whenFull;
  }

  /**
   * Enters a record that has been written, before anybody gets its id. A session of the same user that logs in again
   * keeps its place.
   *
   * @throws SessionLimitError
   */
  login({ user, label }: Login, key: string, state: State, old?: string, deadline?: EpochMillis): Promise<void> {
    const entry = newEntry(key, state.created, label);
    const change: Change = async (entries) => {
      if (entries.some(({ keys }) => keys.includes(key))) return entries;
      const moved = withNext(entries, old, key, (before) => ({ ...entry, id: before.id }));
      return moved ?? [...(await this.#withRoom(entries)), entry];
    };
    // Otherwise nobody could log in any more after a key was lost, or taken away.
    return this.#registry.change(user, change, { deadline, unreadable: 'replace' });
  }

  /** Enters the new record of a session beside its old one. @throws SessionGoneError where that has been ended */
  move(user: string, old: string, key: string, deadline?: EpochMillis): Promise<void> {
    const change: Change = (entries) => {
      if (entries.some(({ keys }) => keys.includes(key))) return entries;
      const moved = withNext(entries, old, key, (before) => before);
      if (moved === undefined) throw new SessionGoneError();
      return moved;
    };
    return this.#registry.change(user, change, { deadline });
  }

  /** Takes out a record that was not to be. */
  withdraw(user: string, key: string, deadline?: EpochMillis): Promise<void> {
    const change: Change = (entries) => {
      if (!entries.some(({ keys }) => keys.includes(key))) return entries;
      const rest = entries.map((entry) => ({ ...entry, keys: entry.keys.filter((other) => other !== key) }));
      return rest.filter(({ keys }) => keys.length > 0);
    };
    return this.#tidy(user, change, deadline);
  }

  /**
   * Whether a session whose record is gone goes on under a later one, as far as the user's record can be read.
   *
   * @throws StoreUnavailableError
   */
  async goesOn(user: string, key: string): Promise<boolean> {
    const entries = await this.#registry.readableEntriesOf(user);
    const later = entries.flatMap(({ keys }) => (keys.includes(key) ? keys.slice(keys.indexOf(key) + 1) : []));
    return later.length > 0 && (await this.#records.store.getMany(later, { consistent: true })).size > 0;
  }

  /** Takes out a session whose record is gone. */
  logout(user: string, key: string, deadline?: EpochMillis): Promise<void> {
    const change: Change = (entries) => {
      const rest = entries.filter(({ keys }) => !keys.includes(key));
      return rest.length === entries.length ? entries : rest;
    };
    return this.#tidy(user, change, deadline);
  }

  /** Where the user's record can't be read or written, the entry is left: it stands for nothing, and goes with its record. */
  async #tidy(user: string, change: Change, deadline?: EpochMillis): Promise<void> {
    try {
      await this.#registry.change(user, change, { deadline });
    } catch (error) {
      if (!(error instanceof CloakroomError)) throw error;
    }
  }

  /** The entries with room for one more. @throws SessionLimitError */
  async #withRoom(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const isFull = entries.length >= this.#limit;
    const isTimeToClear = entries.length > 0 && entries.length % CLEAR_OUT_EVERY === 0;
    if (!isFull && !isTimeToClear) return entries;
    const alive = (await this.#records.whatLives(entries)).map(({ entry }) => entry);
    const tooMany = alive.length - this.#limit + 1;
    if (tooMany <= 0) return alive;
    if (this.#whenFull === 'refuse') throw new SessionLimitError(this.#limit);
    // In the order of their logins.
    await this.#records.store.deleteMany(alive.slice(0, tooMany).flatMap(({ keys }) => keys));
    this.#records.tell({ type: 'destroyed', sessions: tooMany });
    return alive.slice(tooMany);
  }
}

/**
 * The entries with a session's next record beside its old one; `undefined` where there is none of the old one. What was
 * about to replace the old one too, at the same time, stays: one of them will have done so.
 */
function withNext(
  entries: readonly Entry[],
  old: string | undefined,
  key: string,
  renew: (before: Entry) => Entry,
): readonly Entry[] | undefined {
  const before = old === undefined ? undefined : entries.find(({ keys }) => keys.includes(old));
  if (before === undefined || old === undefined) return undefined;
  const keys = [...before.keys.slice(before.keys.indexOf(old)), key];
  return entries.map((entry) => (entry === before ? { ...renew(before), keys } : entry));
}

/** @throws InvalidArgumentError unless it is well-formed text of 1 to 1,024 bytes */
export function checkUserId(userId: unknown): asserts userId is string {
  const isOne = typeof userId === 'string' && userId !== '' && userId.isWellFormed();
  if (!isOne || Buffer.byteLength(userId) > MAX_USER_ID_BYTES) {
    throw new InvalidArgumentError(`A user's id must be well-formed text of 1 to ${MAX_USER_ID_BYTES} bytes.`);
  }
}

/** @throws InvalidArgumentError unless it is absent, or well-formed text of up to 200 characters */
export function checkLabel(label: unknown): asserts label is string | undefined {
  if (label === undefined) return;
  if (typeof label !== 'string' || label.length > MAX_LABEL_LENGTH || !label.isWellFormed()) {
    throw new InvalidArgumentError(`A label must be well-formed text of up to ${MAX_LABEL_LENGTH} characters.`);
  }
}
