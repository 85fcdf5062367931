/** Writes what requests did to their sessions: a new record, a change, another id, a logout, or only a later expiry. */
import { setTimeout as delay } from 'node:timers/promises';
import { EntryTooLargeError, StoreUnavailableError } from '../cache/errors.ts';
import type { CacheEntry, EpochMillis, Owner, Precondition, Seconds, WriteResult } from '../cache/store.ts';
import type { Draft, Login, SessionRecord, Work } from './draft.ts';
import {
  SessionGoneError,
  SessionLimitError,
  SessionLockLostError,
  SessionSupersededError,
  SessionUnavailableError,
} from './errors.ts';
import type { Logins } from './logins.ts';
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
import type { StoredState } from './record.ts';
import { recordOf, type SessionRecords } from './records.ts';

export interface CommitterOptions {
  readonly records: SessionRecords;
  readonly logins: Logins;
  /** How long an old id still answers; 0: not at all. */
  readonly regenerateGrace: Seconds;
}

export interface CommitTerms {
  /** When to give up, in epoch milliseconds. */
  readonly deadline: EpochMillis;
  /** The request's last commit: ends the lock in the same write. */
  readonly release: boolean;
}

/** Pause before a replay, at random up to this: growing pauses make many writers of one session wait for seconds. */
const JITTER_MS = 20;

export class Committer {
  readonly #records: SessionRecords;
  readonly #logins: Logins;
  readonly #grace: Seconds;

  constructor({ records, logins, regenerateGrace }: CommitterOptions) {
    this.#records = records;
    this.#logins = logins;
    this.#grace = regenerateGrace;
  }

  async commit(draft: Draft, terms: CommitTerms): Promise<void> {
    if (draft.isSuperseded) {
      if (draft.isChanged) throw new SessionSupersededError();
      return;
    }
    // The newest first: what an old id still answers goes with it.
    for (const [key, user] of [...draft.doomed].toReversed()) {
      await this.end(key, user, terms.deadline);
      draft.doomed.delete(key);
    }
    if (draft.isEnded) {
      draft.isEnded = false;
      draft.cookie = 'expire';
    }
    const work = draft.take();
    const { record, key, log, base, state } = work;
    checkSeen(base, log);
    if (record === undefined) return this.#create(draft, work, terms);
    if (record.key !== key) return this.#move(draft, work, record, terms);
    const text = log.length === 0 ? record.text : this.#records.encode(state);
    if (text !== record.text || isAssertive(log)) return this.#change(draft, work, record, terms);
    draft.settle(work, state, await this.#touched(draft, record, state, terms));
  }

  /**
   * Logs out. An id that has been superseded ends nothing: the session goes on under another one.
   *
   * @param user who is known to be logged in; otherwise the record says
   * @throws SessionSupersededError
   */
  async end(key: string, user?: string, deadline?: EpochMillis): Promise<void> {
    const deletion = await this.#records.store.delete(key);
    const state = deletion.deleted ? this.#stateOf(key, deletion.entry) : undefined;
    if (deletion.deleted && state?.superseded !== undefined) return this.#refuseEnd(key, deletion.entry, state, user);
    if (deletion.deleted) this.#records.tell({ type: 'destroyed', sessions: 1 });
    const owner = user ?? state?.user;
    if (owner === undefined) return;
    if (!deletion.deleted && deletion.ambiguous !== true && (await this.#logins.goesOn(owner, key))) {
      throw new SessionSupersededError();
    }
    await this.#logins.logout(owner, key, deadline);
  }

  /** A snapshot is put back, to answer for the rest of its time. One whose time is over ends nothing, and is no more. */
  async #refuseEnd(key: string, { value }: CacheEntry, state: StoredState, user: string | undefined): Promise<void> {
    const isInGrace = await this.#records.isInGrace(state);
    const ttl = (state.superseded?.until ?? 0) - this.#records.seconds();
    if (isInGrace && ttl > 0) await this.#records.store.set(key, value, { ttl, if: { absent: true } });
    if (isInGrace || (user !== undefined && (await this.#logins.goesOn(user, key)))) throw new SessionSupersededError();
  }

  /** A record that can't be read can be logged out of all the same. */
  #stateOf(key: string, entry: CacheEntry): StoredState | undefined {
    try {
      return this.#records.decode(key, entry).state;
    } catch {
      return undefined;
    }
  }

  async #create(draft: Draft, work: Work, { deadline }: CommitTerms): Promise<void> {
    const { key, state, login } = work;
    if (isEmpty(state)) return;
    const text = this.#records.encode(state);
    const result = await this.#records.write(key, text, state, { absent: true });
    if (!result.written) throw new SessionUnavailableError();
    await this.#undoneOnFailure(key, login?.user, deadline, async () => {
      if (login !== undefined) await this.#logIn(draft, login, key, state, undefined, deadline);
    });
    this.#records.tell({ type: 'created' });
    draft.settle(work, state, recordOf(key, result.entry, text));
  }

  /** A request that answers a refused login itself goes on without it. */
  async #logIn(
    draft: Draft,
    login: Login,
    key: string,
    state: State,
    old: string | undefined,
    deadline: EpochMillis,
  ): Promise<void> {
    try {
      await this.#logins.login(login, key, state, old, deadline);
    } catch (error) {
      if (error instanceof SessionLimitError) draft.withdrawLogin();
      throw error;
    }
  }

  /** One write under the condition that nobody else has written. Otherwise the failure brings the newer state, and so on. */
  async #change(
    draft: Draft,
    work: Work,
    { key, ...record }: SessionRecord,
    { deadline, release }: CommitTerms,
  ): Promise<void> {
    const { log } = work;
    const { owner } = draft;
    let { state } = work;
    for (let { version } = record; ;) {
      const text = this.#records.encode(state);
      const result = await this.#records.write(key, text, state, conditionOf(version, owner), release);
      if (result.written) {
        if (release) draft.owner = undefined;
        return draft.settle(work, state, recordOf(key, result.entry, text));
      }
      if (owner !== undefined && result.current?.version === version) throw new SessionLockLostError();
      if (result.ambiguous === true && !isRepeatable(log)) throw new SessionUnavailableError();
      if (isTidying(log) && this.#isOver(key, result.current)) return;
      ({ state, version } = await this.#newer(log, key, result.current, deadline));
    }
  }

  /**
   * The new record first; then the user's entry, which must still be there; then the old record becomes a snapshot
   * under the condition that nobody has written to it. A crash in between leaves the browser with the old id. If
   * the old record or the entry is gone, so is the session: the new record goes too.
   */
  async #move(draft: Draft, work: Work, old: SessionRecord, { deadline }: CommitTerms): Promise<void> {
    const { key, log, login, base } = work;
    const { owner } = draft;
    let { state } = work;
    let before: State = base;
    let text = this.#records.encode(state);
    const first = await this.#records.write(key, text, state, { absent: true });
    if (!first.written) throw new SessionUnavailableError();
    let { entry } = first;
    await this.#undoneOnFailure(key, login?.user ?? base.user, deadline, async () => {
      if (login !== undefined) await this.#logIn(draft, login, key, state, old.key, deadline);
      else if (base.user !== undefined) await this.#logins.move(base.user, old.key, key, deadline);
      for (let { version } = old; ;) {
        const ended = await this.#endOld(old.key, before, work, conditionOf(version, owner));
        if (ended.written) break;
        if (owner !== undefined && ended.current?.version === version) throw new SessionLockLostError();
        const newer = await this.#newer(log, old.key, ended.current, deadline);
        ({ before, state, version } = newer);
        text = this.#records.encode(state);
        const again = await this.#records.write(key, text, state, { version: entry.version });
        if (!again.written) throw new SessionGoneError(); // ended with all of the user's
        ({ entry } = again);
      }
    });
    draft.owner = undefined;
    this.#records.tell({ type: 'regenerated' });
    draft.settle(work, state, recordOf(key, entry, text));
    if (base.user !== undefined && login !== undefined && login.user !== base.user)
      await this.#logins.logout(base.user, old.key, deadline);
  }

  /** Who logs in as somebody else leaves nothing of the first user to be read; nor does what a record can't hold. */
  async #endOld(
    key: string,
    state: State,
    { key: by, base, login, invalidates }: Work,
    condition: Precondition,
  ): Promise<WriteResult> {
    const isOther = login !== undefined && base.user !== undefined && login.user !== base.user;
    const grace = invalidates || isOther ? 0 : this.#grace;
    const result = await this.#records.supersede(key, state, by, grace, condition).catch((error: unknown) => {
      if (!(error instanceof EntryTooLargeError)) throw error;
      return this.#records.supersede(key, state, by, 0, condition);
    });
    const isOurs = !result.written && result.current && this.#stateOf(key, result.current)?.superseded?.by === by;
    return isOurs ? { written: true, entry: result.current } : result;
  }

  /** A record whose id was never sent to anybody goes; where the store does not answer, it is left to its expiry. */
  async #undoneOnFailure(
    key: string,
    user: string | undefined,
    deadline: EpochMillis,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) {
        await this.#records.store.delete(key).catch(() => {});
        if (user !== undefined) await this.#logins.withdraw(user, key, deadline);
      }
      throw error;
    }
  }

  /** Whether a record is gone, or stands for a session that goes on elsewhere. */
  #isOver(key: string, current: CacheEntry | undefined): boolean {
    return current === undefined || this.#stateOf(key, current)?.superseded !== undefined;
  }

  /** What the request did, played again on what another one has written. */
  async #newer(
    log: readonly Operation[],
    key: string,
    current: CacheEntry | undefined,
    deadline: EpochMillis,
  ): Promise<{ before: State; state: State; version: number }> {
    if (current === undefined) throw new SessionGoneError();
    const before = this.#records.decode(key, current).state;
    if (before.superseded !== undefined) throw new SessionSupersededError();
    const state = replay(before, log);
    const pause = Math.random() * JITTER_MS;
    if (Date.now() + pause >= deadline) throw new SessionUnavailableError('The session is too busy at the moment.');
    this.#records.tell({ type: 'replayed' });
    await delay(pause);
    return { before, state, version: current.version };
  }

  /**
   * The record with its expiry moved, if that was due, and its lock ended, if there is one. One that is gone stays gone:
   * what was read of it stands.
   */
  async #touched(draft: Draft, record: SessionRecord, state: State, { release }: CommitTerms): Promise<SessionRecord> {
    const ttl = this.#records.dueTtl(record, state);
    const { store } = this.#records;
    const { owner } = draft;
    const done = await (release && owner !== undefined
      ? store.unlock(record.key, owner, ttl === undefined ? {} : { ttl })
      : ttl !== undefined && store.touch(record.key, ttl));
    if (release) draft.owner = undefined;
    return done && ttl !== undefined ? { ...record, expiresAt: this.#records.expiryOf(ttl) } : record;
  }
}

function conditionOf(version: number, owner: Owner | undefined): Precondition {
  return owner === undefined ? { version } : { version, owner };
}
