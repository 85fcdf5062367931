/** What a store of sessions tells about its work. That each request's is counted is seen in tests/app/metrics.test.ts. */
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { SessionLockTimeoutError } from '../../src/session/errors.ts';
import type { SessionEvent } from '../../src/session/events.ts';
import { keyOf } from '../../src/session/ids.ts';
import { SessionStore, type SessionStoreOptions } from '../../src/session/store.ts';

function told(options: Partial<SessionStoreOptions> = {}) {
  const events: SessionEvent[] = [];
  const store = options.store ?? new MemoryStore();
  const sessions = new SessionStore({ ...options, store, onEvent: (event) => events.push(event) });
  const begin = async (): Promise<string> => {
    const draft = await sessions.open(undefined);
    draft.set('a', 1);
    await sessions.commit(draft);
    events.length = 0;
    return draft.cookie === undefined || draft.cookie === 'expire' ? '' : draft.cookie.set;
  };
  return { events, store, sessions, begin };
}

/** A store that says what its records take, as the one of DynamoDB does. */
function sized(store: CacheStore): CacheStore {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name === 'namespace') return (prefix: string) => sized(target.namespace(prefix));
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        const result: unknown = await Reflect.apply(member, target, given);
        return name === 'set' ? { ...(result as object), bytes: 77 } : result;
      };
    },
  });
}

describe('A store of sessions', () => {
  it('tells of nothing where there is no session', async () => {
    const { events, sessions } = told();
    await sessions.commit(await sessions.open('x'.repeat(43)));
    expect(events).toEqual([]);
  });

  it('tells what a record takes where the engine says it, and that a change was tried again', async () => {
    const { events, sessions, begin } = told({ store: sized(new MemoryStore()) });
    const id = await begin();
    const [one, other] = [await sessions.open(id), await sessions.open(id)];
    one.set('b', 1);
    other.set('c', 1);
    await sessions.commit(one);
    await sessions.commit(other);
    expect(events.map(({ type }) => type)).toEqual(['opened', 'opened', 'written', 'replayed', 'written']);
    expect(events[2]).toEqual({ type: 'written', bytes: 77 });
  });

  it('tells that the list of a user was tried again', async () => {
    const { events, sessions } = told();
    const drafts = await Promise.all([sessions.open(undefined), sessions.open(undefined)]);
    for (const draft of drafts) draft.login('ada', undefined);
    await Promise.all(drafts.map((draft) => sessions.commit(draft)));
    expect(events.map(({ type }) => type).toSorted()).toEqual(['created', 'created', 'replayed']);
  });

  it('tells of a wait for a lock, also of one in vain', async () => {
    const { events, sessions, store, begin } = told({ lockWait: 0.02 });
    const id = await begin();
    await store.namespace('session').lock(keyOf(id), { owner: 'another', milliseconds: 60_000 });
    await expect(sessions.open(id, { lock: true })).rejects.toThrow(SessionLockTimeoutError);
    expect(events).toEqual([{ type: 'waited', milliseconds: expect.any(Number) }]);
  });

  it('tells of a logout once, and of none where nothing was there', async () => {
    const { events, sessions, begin } = told();
    const id = await begin();
    await sessions.destroy(id);
    await sessions.destroy(id);
    expect(events).toEqual([{ type: 'destroyed', sessions: 1 }]);
  });

  it('goes on where whoever is told fails', async () => {
    const sessions = new SessionStore({
      store: new MemoryStore(),
      onEvent: () => {
        throw new Error('Nobody counts.');
      },
    });
    const draft = await sessions.open(undefined);
    draft.set('a', 1);
    await sessions.commit(draft);
    expect(draft.cookie).toEqual({ set: expect.any(String) });
  });
});
