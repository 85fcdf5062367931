/** A visitor's requests, without HTTP: each opens its session, and commits it where the test says so. */
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import type { Draft } from '../../src/session/draft.ts';
import { Session } from '../../src/session/session.ts';
import {
  type CommitOptions,
  type OpenOptions,
  SessionStore,
  type SessionStoreOptions,
} from '../../src/session/store.ts';

export interface Visit {
  readonly session: Session<Record<string, unknown>, Record<string, unknown>>;
  readonly draft: Draft;
  readonly commit: (options?: CommitOptions) => Promise<void>;
}

export function visits(options: Partial<SessionStoreOptions> = {}) {
  const time = { now: 1_800_000_000_000 };
  const clock = () => time.now;
  const store: CacheStore = options.store ?? new MemoryStore({ clock });
  const sessions = new SessionStore({ clock, ...options, store });

  const open = async (id?: string, how?: OpenOptions): Promise<Visit> => {
    const draft = await sessions.open(id, how);
    const commit = (terms?: CommitOptions) => sessions.commit(draft, terms);
    return { draft, commit, session: new Session(draft, () => commit()) };
  };

  /** The id of a session that is in the store with this data. */
  const begin = async (data: Readonly<Record<string, unknown>> = { begun: true }): Promise<string> => {
    const { session, draft, commit } = await open();
    for (const [key, value] of Object.entries(data)) session.set(key, value);
    await commit();
    return draft.id;
  };

  /** What a later request would read. */
  const dataOf = async (id: string) => (await open(id)).session.data();

  return { open, begin, dataOf, sessions, store, records: store.namespace('session'), time };
}
