import type { Context } from 'aws-lambda';
import type { EpochMillis } from '../cache/store.ts';
import type { SessionCookie } from '../session/cookie.ts';
import type { Draft } from '../session/draft.ts';
import { SessionUnavailableError } from '../session/errors.ts';
import { Session } from '../session/session.ts';
import type { SessionStore } from '../session/store.ts';
import type { UserSessions } from '../session/user-sessions.ts';

/** Left for the answer when the function's time runs out. */
const MARGIN_MS = 250;

/** The session of one request: opened at most once, and only where it is asked for. */
export class RequestSession<Data extends object = Record<string, unknown>, Flash extends object = object> {
  readonly #sessions: SessionStore;
  readonly #cookie: SessionCookie;
  readonly #header: string;
  readonly #deadline: EpochMillis;
  readonly #lock: boolean;
  #opening: Promise<Session<Data, Flash>> | undefined;
  #draft: Draft | undefined;
  #commits: Promise<void> = Promise.resolve();
  #isDestroyed = false;

  constructor(sessions: SessionStore, cookie: SessionCookie, header: string, context: Context, lock: boolean) {
    this.#sessions = sessions;
    this.#cookie = cookie;
    this.#header = header;
    this.#deadline = deadlineOf(context);
    this.#lock = lock;
  }

  /**
   * The session, read from the store the first time: for a visitor without one, a new one that costs nothing until
   * something is stored.
   *
   * @throws SessionUnavailableError where the store does not answer
   */
  open(): Promise<Session<Data, Flash>> {
    if (this.#opening === undefined) {
      this.#opening = this.#open();
      // A handler that did not wait for it is told by the commit.
      this.#opening.catch(() => {});
    }
    return this.#opening;
  }

  /** Logs out: deletes the record and expires the cookie, without reading the session first. @throws SessionUnavailableError @throws SessionSupersededError */
  async destroy(): Promise<void> {
    if (this.#opening !== undefined) {
      (await this.open()).destroy();
      return this.commit();
    }
    const id = this.#cookie.read(this.#header);
    if (id !== undefined) await this.#inTime(this.#sessions.destroy(id));
    this.#isDestroyed = true;
  }

  /** Every session of a user, of which this one may be one. @throws InvalidArgumentError */
  of(userId: string): UserSessions {
    return this.#sessions.of(userId, async () => {
      await this.open();
      return this.#draft;
    });
  }

  /** Whether the session was asked for, so that the answer depends on the visitor. */
  get isUsed(): boolean {
    return this.#opening !== undefined || this.#isDestroyed;
  }

  /** Commits what was done, one commit after the other. The request's last one ends the lock. */
  commit({ isLast = false }: { readonly isLast?: boolean } = {}): Promise<void> {
    const next = this.#commitAfter(this.#commits, isLast);
    this.#commits = next.catch(() => {});
    return next;
  }

  /** Ends the lock of a request that failed. */
  async release(): Promise<void> {
    await this.#opening?.catch(() => {});
    if (this.#draft?.owner !== undefined) await this.#inTime(this.#sessions.release(this.#draft)).catch(() => {});
  }

  /** Set-Cookie headers for what has been committed. A cookie that the browser did not send needs no expiry. */
  get cookies(): string[] {
    const change = this.#draft?.cookie ?? (this.#isDestroyed ? 'expire' : undefined);
    if (change === undefined) return [];
    if (change !== 'expire') return [this.#cookie.set(change.set)];
    return this.#cookie.isIn(this.#header) ? [this.#cookie.expire()] : [];
  }

  async #commitAfter(previous: Promise<void>, release: boolean): Promise<void> {
    await previous;
    await this.#opening;
    if (this.#draft !== undefined) {
      await this.#inTime(this.#sessions.commit(this.#draft, { deadline: this.#deadline, release }));
    }
  }

  async #open(): Promise<Session<Data, Flash>> {
    const id = this.#isDestroyed ? undefined : this.#cookie.read(this.#header);
    const draft = await this.#inTime(this.#sessions.open(id, { lock: this.#lock, deadline: this.#deadline }));
    this.#draft = draft;
    return new Session<Data, Flash>(draft, () => this.commit());
  }

  async #inTime<T>(operation: Promise<T>): Promise<T> {
    if (this.#deadline === Infinity) return operation;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      const expire = () => reject(new SessionUnavailableError('The time for this request ran out.'));
      timer = setTimeout(expire, Math.max(0, this.#deadline - Date.now()));
    });
    try {
      return await Promise.race([operation, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** When the answer must be on its way. Outside Lambda there may be no such time. */
function deadlineOf(context: Partial<Context>): EpochMillis {
  const remaining = context.getRemainingTimeInMillis?.();
  return remaining === undefined ? Infinity : Date.now() + Math.max(0, remaining - MARGIN_MS);
}
