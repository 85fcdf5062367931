/** What the store answers where something came in between, got lost on its way, or took too long. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import {
  SessionConflictError,
  SessionGoneError,
  SessionSupersededError,
  SessionUnavailableError,
} from '../../src/session/errors.ts';
import { keyOf, userKeyOf } from '../../src/session/ids.ts';
import type { Entry } from '../../src/session/registry.ts';
import { apart, before, loseAnswerOfDelete, loseAnswerOfSet, refuseSet } from './apart.ts';

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0)); // no pauses between tries
afterEach(() => vi.restoreAllMocks());

/** Logins of users, and the entries that stand in their records. */
function users(options: Parameters<typeof apart>[0] = {}) {
  const all = apart(options);
  const login = async (user: string, id?: string) => {
    const visit = await all.open(id);
    visit.session.login(user);
    await visit.commit();
    return visit;
  };
  const entriesOf = async (user: string): Promise<readonly Entry[]> => {
    const { value = '[]' } = (await all.users.get(userKeyOf(user))) ?? {};
    return JSON.parse(String(value)) as Entry[];
  };
  return { ...all, login, entriesOf };
}

describe('An id that is taken already', () => {
  it.each(['a first one', 'a new one'])('is refused as %s, and what it belongs to stands', async (which) => {
    const { open, begin, records } = apart();
    const { session, draft, commit } = await open(which === 'a first one' ? undefined : await begin({ a: 1 }));
    session.set('a', 2);
    if (which === 'a new one') session.regenerate();
    await records.set(draft.key, 'of somebody else');
    await expect(commit()).rejects.toThrow(SessionUnavailableError);
    expect(draft.cookie).toBeUndefined();
    expect((await records.get(draft.key))?.value).toBe('of somebody else');
  });
});

describe('Where the answer to a write gets lost', () => {
  it('an update is refused, since it would count twice', async () => {
    const { open, begin, records, dataOf } = apart();
    const id = await begin({ n: 1 });
    const { session, commit } = await open(id);
    session.update('n', (n) => Number(n) + 1);
    loseAnswerOfSet(records);
    await expect(commit()).rejects.toThrow(SessionUnavailableError);
    expect(await dataOf(id)).toEqual({ n: 2 });
  });

  it('an update that another request only came before is played again', async () => {
    const { open, begin, dataOf } = apart();
    const id = await begin({ n: 1 });
    const visits = [await open(id), await open(id)];
    for (const { session } of visits) session.update('n', (n) => Number(n) + 1);
    for (const { commit } of visits) await commit();
    expect(await dataOf(id)).toEqual({ n: 3 });
  });

  it('a value is written again', async () => {
    const { open, begin, records, dataOf } = apart();
    const id = await begin({ n: 1 });
    const { session, commit } = await open(id);
    session.set('n', 2);
    loseAnswerOfSet(records);
    await commit();
    expect(await dataOf(id)).toEqual({ n: 2 });
  });

  it('an old id that was to end at once has ended', async () => {
    const { open, begin, records, dataOf } = apart();
    const id = await begin({ n: 1 });
    const { session, draft, commit } = await open(id);
    session.regenerate({ invalidate: true });
    loseAnswerOfDelete(records);
    await commit();
    expect(draft.cookie).toEqual({ set: draft.id });
    expect((await open(id)).session.isNew).toBe(true);
    expect(await dataOf(draft.id)).toEqual({ n: 1 });
  });

  it('a login, and a new id, are listed once', async () => {
    const { login, users: store, entriesOf, open } = users();
    loseAnswerOfSet(store);
    const { draft } = await login('ada');
    expect(await entriesOf('ada')).toMatchObject([{ keys: [draft.key] }]);
    const visit = await open(draft.id);
    visit.session.regenerate();
    loseAnswerOfSet(store);
    await visit.commit();
    expect(await entriesOf('ada')).toMatchObject([{ keys: [draft.key, visit.draft.key] }]);
  });
});

describe('Where the store refuses a write though nobody has changed the record', () => {
  it.each([
    ['a change', 1],
    ['a new id', 2],
  ])('%s of a request without a lock is tried again', async (which, nth) => {
    const { open, begin, records, dataOf } = apart();
    const { session, draft, commit } = await open(await begin({ n: 1 }));
    session.set('n', 2);
    if (which === 'a new id') session.regenerate();
    refuseSet(records, nth);
    await commit();
    expect(await dataOf(draft.id)).toEqual({ n: 2 });
  });
});

describe('A request that goes on for long', () => {
  it('moves the expiry whenever that is due, however often it commits', async () => {
    const { open, begin, records, time } = apart({ lifetime: 1000 });
    const { commit } = await open(await begin());
    const touches = vi.spyOn(records, 'touch');
    await commit();
    expect(touches).toHaveBeenCalledTimes(0);
    for (const times of [1, 2, 3]) {
      time.now += 500_000;
      await commit();
      await commit();
      expect(touches).toHaveBeenCalledTimes(times);
    }
  });

  it('moves it also after it has let go of its lock', async () => {
    const { open, begin, records, time } = apart({ lifetime: 1000 });
    const { commit } = await open(await begin(), { lock: true });
    const touches = vi.spyOn(records, 'touch');
    await commit({ release: true });
    time.now += 500_000;
    await commit();
    await commit();
    expect(touches).toHaveBeenCalledTimes(1);
  });

  it('and logs out halfway deletes once, and goes on with another session', async () => {
    const { open, begin, records, dataOf } = apart();
    const { session, draft, commit } = await open(await begin());
    const deletions = vi.spyOn(records, 'delete');
    session.destroy();
    await commit();
    session.set('a', 1);
    await commit();
    session.set('b', 2);
    await commit();
    expect(deletions).toHaveBeenCalledTimes(1);
    expect(draft.cookie).toEqual({ set: draft.id });
    expect(await dataOf(draft.id)).toEqual({ a: 1, b: 2 });
  });
});

describe('A page that only', () => {
  it('reads a session that is larger than what is allowed by now stands', async () => {
    const { begin, store, time } = apart();
    const id = await begin({ text: 'x'.repeat(100) });
    const { open } = apart({ store, clock: () => time.now, maxBytes: 50 });
    const { session, commit } = await open(id);
    expect(session.get('text')).toHaveLength(100);
    await commit();
  });

  it('shows a message removes it, though another request wrote in between', async () => {
    const { open, begin } = apart();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    await first.commit();
    const slow = await open(id);
    expect(slow.session.get('notice')).toBe('Saved');
    const quick = await open(id);
    quick.session.set('a', 1);
    await quick.commit();
    await slow.commit();
    expect((await open(id)).session.all()).toEqual({ begun: true, a: 1 });
  });
});

describe('A new id', () => {
  it('whose record was ended while another request came in between is none', async () => {
    const { open, begin, records, dataOf } = apart();
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.regenerate();
    const quick = await open(id);
    quick.session.set('b', 2);
    await quick.commit();
    // Its writes: the new record, the old one in vain, the new one again.
    before(records, 'set', 3, () => records.deleteMany([slow.draft.key]));
    await expect(slow.commit()).rejects.toThrow(SessionGoneError);
    expect(await records.get(slow.draft.key)).toBeUndefined();
    expect(await dataOf(id)).toEqual({ a: 1, b: 2 });
  });

  it('that fails leaves the list of the user as it was', async () => {
    const { login, open, entriesOf } = users();
    const { draft } = await login('ada');
    await login('ada');
    const listed = await entriesOf('ada');
    const slow = await open(draft.id);
    slow.session.set('a', [slow.session.get('a') ?? 0]);
    slow.session.regenerate();
    const quick = await open(draft.id);
    quick.session.set('a', 'new');
    await quick.commit();
    await expect(slow.commit()).rejects.toThrow(SessionConflictError);
    expect(await entriesOf('ada')).toEqual(listed);
  });

  it('again and again leaves no more keys than the old and the new one', async () => {
    const { login, entriesOf } = users();
    const { session, draft, commit } = await login('ada');
    for (let round = 0; round < 4; round++) {
      const { key } = draft;
      session.regenerate();
      await commit();
      expect(await entriesOf('ada')).toMatchObject([{ keys: [key, draft.key] }]);
    }
  });
});

describe('A logout under an old id', () => {
  it('is refused also where the grace ends at that moment, and leaves nothing of the old id', async () => {
    const { open, begin, sessions, records, time } = apart();
    const id = await begin();
    const { session, commit } = await open(id);
    session.regenerate();
    await commit();
    before(records, 'get', 1, async () => void (time.now += 5_000));
    await expect(sessions.destroy(id)).rejects.toThrow(SessionSupersededError);
    expect(await records.get(keyOf(id))).toBeUndefined();
  });
});

describe('A session that nobody is logged in to', () => {
  it('asks for the record of no user when it ends, or fails to get a new id', async () => {
    const { open, begin, sessions, users: store } = apart();
    const asked = vi.spyOn(store, 'get');
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.regenerate();
    await sessions.destroy(id);
    await expect(slow.commit()).rejects.toThrow(SessionGoneError);
    expect(asked).not.toHaveBeenCalled();
  });

  it('asks for that of the user who logs in, and always for what was last written', async () => {
    const { login, begin, sessions, users: store } = users();
    const asked = vi.spyOn(store, 'get');
    await login('ada', await begin());
    await sessions.of('ada').list();
    expect(asked.mock.calls).toEqual([
      [userKeyOf('ada'), { consistent: true }],
      [userKeyOf('ada'), { consistent: true }],
    ]);
  });
});

describe("A user's record", () => {
  it('is not written to for a session that has left it already', async () => {
    const { login, open, sessions, users: store } = users();
    const [one] = [await login('ada'), await login('ada')];
    const stale = await open(one.draft.id);
    expect(await sessions.of('ada').end(one.session.handle)).toBe(true);
    const record = await store.get(userKeyOf('ada'));
    stale.session.destroy();
    await stale.commit();
    expect(await store.get(userKeyOf('ada'))).toEqual(record);
  });

  it('loses only the session that logs out, where another one logs in at that moment', async () => {
    const { login, sessions, users: store, entriesOf } = users();
    const first = await login('ada');
    let late: typeof first | undefined;
    before(store, 'delete', 1, async () => void (late = await login('ada')));
    await sessions.destroy(first.draft.id);
    expect(await entriesOf('ada')).toMatchObject([{ keys: [late?.draft.key] }]);
  });

  it('is asked once for a session that it does not have', async () => {
    const { login, sessions, users: store } = users();
    await login('ada');
    const asked = vi.spyOn(store, 'get');
    expect(await sessions.of('ada').end('nothing')).toBe(false);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is not written to again for a session that another request ended at that moment', async () => {
    const { login, sessions, users: store } = users();
    const [one] = [await login('ada'), await login('ada')];
    let record: unknown;
    before(store, 'get', 2, async () => {
      expect(await sessions.of('ada').end(one.session.handle)).toBe(true);
      record = await store.get(userKeyOf('ada'));
    });
    expect(await sessions.of('ada').end(one.session.handle)).toBe(true);
    expect(await store.get(userKeyOf('ada'))).toEqual(record);
  });

  it('loses its sessions with one deletion of each', async () => {
    const { login, sessions, records } = users();
    const some = [await login('ada'), await login('ada')];
    const deletions = vi.spyOn(records, 'deleteMany');
    await sessions.of('ada').endAll();
    expect(deletions.mock.calls.flatMap(([keys]) => [...keys])).toEqual(some.map(({ draft }) => draft.key));
  });

  it('that can not be read for a mistake in the program does not hide the mistake', async () => {
    const { login, sessions, users: store } = users();
    const { draft } = await login('ada');
    vi.spyOn(store, 'get').mockRejectedValueOnce(new TypeError('a mistake'));
    await expect(sessions.destroy(draft.id)).rejects.toThrow('a mistake');
  });

  it('that the store does not answer for leaves the new record to its expiry', async () => {
    const { open, records, users: store } = apart();
    const { session, draft, commit } = await open();
    session.login('ada');
    vi.spyOn(store, 'get').mockRejectedValue(new StoreUnavailableError('down'));
    await expect(commit()).rejects.toThrow(SessionUnavailableError);
    expect(draft.cookie).toBeUndefined();
    expect((await records.get(draft.key))?.expiresAt).toBeDefined();
  });
});

describe('Between the writes of others', () => {
  const NOW = 1_800_000_000_000;
  /** Half of the longest pause, at a clock that stands still. */
  const PAUSE = 10;

  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    vi.spyOn(Date, 'now').mockReturnValue(NOW);
  });

  it.each([
    [PAUSE, false],
    [PAUSE + 1, true],
  ])('a commit with %i ms left pauses for 10 ms, if there is time for it (%j)', async (left, isInTime) => {
    const { open, begin, dataOf } = apart();
    const id = await begin();
    const [slow, quick] = [await open(id), await open(id)];
    slow.session.set('a', 1);
    quick.session.set('b', 2);
    await quick.commit();
    const commit = slow.commit({ deadline: NOW + left });
    if (isInTime) await commit;
    else await expect(commit).rejects.toThrow('The session is too busy at the moment.');
    expect(await dataOf(id)).toEqual({ begun: true, b: 2, ...(isInTime && { a: 1 }) });
  });

  it.each([
    [PAUSE, false],
    [PAUSE + 1, true],
  ])('so does a login with %i ms left (%j)', async (left, isInTime) => {
    const { open, login, entriesOf, users: store } = users();
    const { session, commit } = await open();
    session.login('ada');
    before(store, 'set', 1, () => login('ada'));
    const work = commit({ deadline: NOW + left });
    if (isInTime) await work;
    else await expect(work).rejects.toThrow('The user is too busy at the moment.');
    expect(await entriesOf('ada')).toHaveLength(isInTime ? 2 : 1);
  });

  it.each([
    [PAUSE, false],
    [PAUSE + 1, true],
  ])('so does the end of all, for as long as a request may try: %i ms (%j)', async (replayMs, isInTime) => {
    const { login, sessions, entriesOf, users: store } = users({ replayMs });
    await login('ada');
    before(store, 'delete', 1, () => login('ada'));
    const work = sessions.of('ada').endAll();
    if (isInTime) expect(await work).toBe(1);
    else await expect(work).rejects.toThrow(SessionUnavailableError);
    expect(await entriesOf('ada')).toHaveLength(isInTime ? 1 : 2);
  });
});
