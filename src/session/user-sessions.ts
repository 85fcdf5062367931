/** Every session of one user: to be shown, and ended. */
import { available } from './available.ts';
import type { Draft } from './draft.ts';
import { SessionGoneError, SessionSupersededError } from './errors.ts';
import { handleOf } from './ids.ts';
import type { SessionRecords } from './records.ts';
import type { Entry, Registry } from './registry.ts';

/** The session that asks, if there is one. */
export type Asker = () => Promise<Draft | undefined>;

type IsChosen = (entry: Entry, current: string | undefined) => boolean;

/** A session as its user may see it. */
export interface UserSession {
  /** Its public name: ends it, but opens nothing. */
  readonly handle: string;
  /** Epoch seconds. */
  readonly created: number;
  /**
   * Epoch seconds of its last request, or up to a tenth of the lifetime before it. In the last lifetime before the
   * session's absolute end, when its expiry moves no more: of the beginning of that.
   */
  readonly lastSeen: number;
  /** What it was called at its login, such as the browser's name. */
  readonly label?: string;
  /** Whether it is the one that asks. */
  readonly isCurrent: boolean;
}

/**
 * @example
 * const sessions = new SessionStore({ store }).of(userId);
 * await sessions.endAll(); // after a change of the password
 */
export class UserSessions {
  readonly #user: string;
  readonly #registry: Registry;
  readonly #records: SessionRecords;
  readonly #asker: Asker;

  constructor(user: string, registry: Registry, records: SessionRecords, asker: Asker) {
    this.#user = user;
    this.#registry = registry;
    this.#records = records;
    this.#asker = asker;
  }

  /**
   * Those that are alive, in the order of their logins. Reads the user's record and, in batches, the sessions'.
   *
   * @throws SessionUnavailableError @throws SessionUnreadableError @throws SessionDecryptionError
   */
  list(): Promise<UserSession[]> {
    return available(this.#list());
  }

  async #list(): Promise<UserSession[]> {
    const { lifetime, interval, seconds } = this.#records;
    const current = keyOf(await this.#asker());
    const living = await this.#records.whatLives(await this.#registry.entriesOf(this.#user));
    return living.map(({ entry, key, expiresAt }) => ({
      handle: handleOf(key),
      created: entry.created,
      // An expiry is a whole second, the next one.
      lastSeen: Math.max(entry.created, Math.min(expiresAt - lifetime - interval, seconds())),
      ...(entry.label !== undefined && { label: entry.label }),
      isCurrent: isOf(entry, current),
    }));
  }

  /** Ends one. False: the user has none of that name. @throws SessionUnavailableError @throws SessionSupersededError */
  async end(handle: string): Promise<boolean> {
    return (await this.#end((entry) => entry.keys.some((key) => handleOf(key) === handle))) > 0;
  }

  /** Ends all but the one that asks, and answers how many. */
  endOthers(): Promise<number> {
    return this.#end((entry, current) => !isOf(entry, current));
  }

  /** Ends all, and answers how many: after a changed password, say. A session that logs in meanwhile may stay. */
  endAll(): Promise<number> {
    return this.#end(() => true);
  }

  /**
   * Deletes the sessions, and then exactly their entries: whoever logs in meanwhile stays, but not who only got a new id.
   * That one is found by its entry, which is still the same; and once the entry is gone, no new id comes through.
   */
  #end(isChosen: IsChosen): Promise<number> {
    return available(this.#endChosen(isChosen));
  }

  async #endChosen(isChosen: IsChosen): Promise<number> {
    const asker = await this.#asker();
    if (asker?.isSuperseded === true) throw new SessionSupersededError();
    const current = keyOf(asker);
    const entries = await this.#registry.entriesOf(this.#user);
    // Who asks has got other ids meanwhile, or was ended: it must not end itself for one of the others.
    const isStale = asker?.committedUser === this.#user && !entries.some((entry) => isOf(entry, current));
    if (isStale) throw new SessionGoneError();
    const chosen = entries.filter((entry) => isChosen(entry, current));
    if (chosen.length === 0) return 0;
    const ids = new Set(chosen.map(({ id }) => id));
    const ended = new Set<string>();
    const endThoseOf = async (some: readonly Entry[]): Promise<void> => {
      const keys = some.flatMap(({ keys: own }) => own).filter((key) => !ended.has(key));
      await this.#records.store.deleteMany(keys);
      for (const key of keys) ended.add(key);
    };
    await endThoseOf(chosen);
    await this.#registry.change(this.#user, async (present) => {
      const rest = present.filter(({ id }) => !ids.has(id));
      if (rest.length === present.length) return present;
      await endThoseOf(present.filter(({ id }) => ids.has(id)));
      return rest;
    });
    this.#records.tell({ type: 'destroyed', sessions: chosen.length });
    if (chosen.some((entry) => isOf(entry, current))) asker?.forget();
    return chosen.length;
  }
}

/** The key of the record that the asker's session is under, and not the one that it is about to get. */
function keyOf(asker: Draft | undefined): string | undefined {
  return asker?.record?.key;
}

function isOf(entry: Entry, key: string | undefined): boolean {
  return key !== undefined && entry.keys.includes(key);
}
