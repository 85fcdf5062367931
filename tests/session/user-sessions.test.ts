import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import {
  SessionDecryptionError,
  SessionGoneError,
  SessionLimitError,
  SessionUnavailableError,
  SessionUnreadableError,
} from '../../src/session/errors.ts';
import { handleOf, keyOf, userKeyOf } from '../../src/session/ids.ts';
import { visits, type Visit } from './visits.ts';

const KEY = new Uint8Array(32).fill(7);

/** Visits that log in, and the records that list their users' sessions. */
function users(options: Parameters<typeof visits>[0] = {}) {
  const all = visits(options);
  const entries = all.store.namespace('user');
  const login = async (user: string, label?: string, id?: string): Promise<Visit> => {
    const visit = await all.open(id);
    visit.session.login(user, label === undefined ? {} : { label });
    await visit.commit();
    return visit;
  };
  const isAlive = async ({ draft: { id } }: Visit) => !(await all.open(id)).session.isNew;
  const alive = async (...some: Visit[]) => Promise.all(some.map(isAlive));
  const handles = async (user: string) => (await all.sessions.of(user).list()).map(({ handle }) => handle);
  return { ...all, entries, login, alive, handles, recordOf: (user: string) => entries.get(userKeyOf(user)) };
}

const handle = ({ draft }: Visit) => handleOf(draft.key);

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0)); // no pauses between tries
afterEach(() => vi.restoreAllMocks());

describe('A login', () => {
  it('gives the session a new id and a user, and keeps its data', async () => {
    const { begin, login, open } = users();
    const id = await begin({ cart: ['hat'] });
    const visit = await login('ada', 'Firefox', id);
    expect(visit.draft.id).not.toBe(id);
    expect(visit.draft.cookie).toEqual({ set: visit.draft.id });
    const next = await open(visit.draft.id);
    expect(next.session.userId).toBe('ada');
    expect(next.session.data()).toEqual({ cart: ['hat'] });
  });

  it('of a visitor without a session begins one, though there is no data', async () => {
    const { login, open, handles } = users();
    const visit = await login('ada');
    expect((await open(visit.draft.id)).session.userId).toBe('ada');
    expect(await handles('ada')).toEqual([handle(visit)]);
  });

  it('shows under the old id only the visitor who was there before', async () => {
    const { begin, login, open } = users();
    const planted = await begin({ a: 1 });
    await login('ada', undefined, planted);
    const late = await open(planted);
    expect(late.session.userId).toBeUndefined();
    expect(late.session.data()).toEqual({ a: 1 });
  });

  it('survives clear(), and ends with destroy()', async () => {
    const { login, open } = users();
    const { session, draft, commit } = await login('ada');
    session.set('a', 1);
    session.clear();
    await commit();
    expect((await open(draft.id)).session.userId).toBe('ada');
    session.destroy();
    expect(session.userId).toBeUndefined();
    await commit();
    expect((await open(draft.id)).session.userId).toBeUndefined();
  });

  it('is known to the request before it is committed', async () => {
    const { open, handles } = users();
    const { session } = await open();
    expect(session.userId).toBeUndefined();
    session.login('ada');
    expect(session.userId).toBe('ada');
    expect(await handles('ada')).toEqual([]);
  });

  it.each([['', 'x'.repeat(1025), 'é'.repeat(513), '\ud800', undefined, 7, null]].flat())(
    'refuses %j as the id of a user',
    async (userId) => {
      const { open, sessions } = users();
      const { session } = await open();
      expect(() => session.login(userId as string)).toThrow(InvalidArgumentError);
      expect(() => session.login(userId as string)).toThrow('1 to 1024 bytes');
      expect(() => sessions.of(userId as string)).toThrow(InvalidArgumentError);
      expect(session.userId).toBeUndefined();
    },
  );

  it.each([['x'.repeat(201), '\udc00', 7, null]].flat())('refuses %j as a label', async (label) => {
    const { open } = users();
    const { session } = await open();
    expect(() => session.login('ada', { label: label as string })).toThrow(InvalidArgumentError);
    expect(() => session.login('ada', { label: label as string })).toThrow('up to 200 characters');
    expect(session.userId).toBeUndefined();
  });

  it.each([
    ['1,024 characters', 'x'.repeat(1024)],
    ['1,024 bytes', 'é'.repeat(512)],
    ['a name that objects have', '__proto__'],
    ['a colon', 'user:1'],
    ['a blank', ' '],
  ])('takes %s as the id of a user', async (_name, id) => {
    const { login, handles } = users();
    const visit = await login(id, 'x'.repeat(200));
    expect(await handles(id)).toEqual([handle(visit)]);
  });

  it('of the same user in the same session keeps its place, under the new label', async () => {
    const { login, sessions } = users();
    const first = await login('ada', 'old');
    const other = await login('ada', 'other');
    const again = await login('ada', 'new', first.draft.id);
    expect(await sessions.of('ada').list()).toMatchObject([
      { handle: handle(again), label: 'new' },
      { handle: handle(other), label: 'other' },
    ]);
  });

  it('of another user in the same session leaves the first one', async () => {
    const { login, handles, recordOf } = users();
    const first = await login('ada');
    const second = await login('bob', undefined, first.draft.id);
    expect(await handles('ada')).toEqual([]);
    expect(await recordOf('ada')).toBeUndefined();
    expect(await handles('bob')).toEqual([handle(second)]);
  });

  it('twice in one request counts once, for the last user', async () => {
    const { open, handles } = users();
    const visit = await open();
    visit.session.login('ada');
    visit.session.login('bob');
    await visit.commit();
    expect(await handles('ada')).toEqual([]);
    expect(await handles('bob')).toEqual([handle(visit)]);
  });

  it('whose old session was logged out of meanwhile leaves nothing', async () => {
    const { begin, open, sessions, records, recordOf } = users();
    const id = await begin();
    const visit = await open(id);
    visit.session.login('ada');
    await sessions.destroy(id);
    await expect(visit.commit()).rejects.toThrow(SessionGoneError);
    expect(await records.get(visit.draft.key)).toBeUndefined();
    expect(await recordOf('ada')).toBeUndefined();
  });

  it.each([
    '[{}]',
    '{}',
    '[1]',
    '[null]',
    'null',
    '',
    '[{"id":1,"keys":["k"],"created":1}]',
    '[{"id":"a","keys":"k","created":1}]',
    '[{"id":"a","keys":[1],"created":1}]',
    '[{"id":"a","keys":["k",1],"created":1}]',
    '[{"id":"a","keys":["k"],"created":"1"}]',
    '[{"id":"a","keys":["k"],"created":1,"label":1}]',
    '[{"id":"a","keys":["k"],"created":1},{}]',
  ])('takes a list of %s for unreadable, and begins a new one', async (text) => {
    const { entries, sessions, login, handles } = users();
    await entries.set(userKeyOf('ada'), text);
    await expect(sessions.of('ada').list()).rejects.toThrow(SessionUnreadableError);
    await expect(sessions.of('ada').endAll()).rejects.toThrow(SessionUnreadableError);
    expect((await entries.get(userKeyOf('ada')))?.value).toBe(text);
    expect(await handles('bob')).toEqual([]);
    const visit = await login('ada');
    expect(await handles('ada')).toEqual([handle(visit)]);
  });

  it.each<[string, Parameters<typeof visits>[0], Parameters<typeof visits>[0]]>([
    ['the key was replaced', { encrypt: true, keys: [KEY] }, { encrypt: true, keys: [new Uint8Array(32).fill(8)] }],
    ['encryption began', {}, { encrypt: true, keys: [KEY] }],
    ['encryption ended', { encrypt: true, keys: [KEY] }, {}],
  ])('works where %s since the last one, whose session is as unreadable as the list', async (_name, before, after) => {
    const old = users(before);
    await old.login('ada');
    const { login, handles } = users({ ...after, store: old.store });
    const visit = await login('ada');
    expect(await handles('ada')).toEqual([handle(visit)]);
  });
});

describe("A user's sessions", () => {
  it('are listed in the order of their logins, with what the user can tell them by', async () => {
    const { login, open, sessions, time } = users();
    const created = time.now / 1000;
    const phone = await login('ada', 'Safari');
    time.now += 60_000;
    const laptop = await login('ada', 'Firefox');
    await login('bob', 'Chrome');
    const { draft } = await open(laptop.draft.id);
    expect(await sessions.of('ada', async () => draft).list()).toEqual([
      { handle: handle(phone), created, lastSeen: created, label: 'Safari', isCurrent: false },
      { handle: handle(laptop), created: created + 60, lastSeen: created + 60, label: 'Firefox', isCurrent: true },
    ]);
    expect((await sessions.of('ada').list()).map(({ isCurrent }) => isCurrent)).toEqual([false, false]);
  });

  it('have no label where the login gave none', async () => {
    const { login, sessions } = users();
    await login('ada');
    expect((await sessions.of('ada').list())[0]).not.toHaveProperty('label');
  });

  it('say when they were last seen, to a tenth of the lifetime', async () => {
    const { login, open, sessions, time } = users({ lifetime: 1000 });
    const visit = await login('ada');
    const start = time.now / 1000;
    for (let passed = 0; passed < 1500; passed += 50) {
      time.now = (start + passed) * 1000;
      await (await open(visit.draft.id)).commit();
      const [{ lastSeen } = { lastSeen: 0 }] = await sessions.of('ada').list();
      expect(lastSeen).toBeLessThanOrEqual(start + passed);
      expect(lastSeen).toBeGreaterThan(start + passed - 101);
    }
  });

  it('were never last seen in the future, also where the lifetime was made shorter since', async () => {
    const { login, sessions, store, time } = users({ lifetime: 7200 });
    time.now += 400;
    await login('ada');
    const now = Math.floor(time.now / 1000);
    expect(await sessions.of('ada').list()).toMatchObject([{ lastSeen: now }]);
    const shorter = users({ store, lifetime: 60, clock: () => time.now });
    expect(await shorter.sessions.of('ada').list()).toMatchObject([{ lastSeen: now }]);
  });

  it('that have ended in whatever way are not listed', async () => {
    const { login, handles, sessions, time } = users({ lifetime: 1000 });
    const idle = await login('ada');
    time.now += 600_000;
    const [destroyed, ended, stays] = [await login('ada'), await login('ada'), await login('ada')];
    destroyed.session.destroy();
    await destroyed.commit();
    expect(await sessions.of('ada').end(handle(ended))).toBe(true);
    expect(await handles('ada')).toEqual([handle(idle), handle(stays)]);
    time.now += 600_000;
    expect(await handles('ada')).toEqual([handle(stays)]);
  });

  it('are listed once under their newest id, and never under an old one', async () => {
    const { login, handles } = users();
    const visit = await login('ada', 'phone');
    const first = handle(visit);
    for (let round = 0; round < 3; round++) {
      visit.session.regenerate();
      await visit.commit();
      expect(await handles('ada')).toEqual([handle(visit)]);
    }
    expect(handle(visit)).not.toBe(first);
  });

  it('are listed though one of them can not be decrypted, which can be ended too', async () => {
    const { login, sessions, records, handles } = users({ encrypt: true, keys: [KEY] });
    const [broken, other] = [await login('ada'), await login('ada')];
    await records.set(broken.draft.key, new Uint8Array(50), { ttl: 100 });
    expect(await handles('ada')).toEqual([handle(broken), handle(other)]);
    expect(await sessions.of('ada').end(handle(broken))).toBe(true);
    expect(await records.get(broken.draft.key)).toBeUndefined();
  });

  it('stand in the table neither by the user’s id nor, where sessions are encrypted, by their labels', async () => {
    const { login, entries, recordOf, store } = users({ encrypt: true, keys: [KEY] });
    await login('ada@example.com', 'The phone');
    const { value } = (await recordOf('ada@example.com')) ?? {};
    expect(value).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(value as Uint8Array).toString()).not.toContain('phone');
    expect(userKeyOf('ada@example.com')).toMatch(/^[\w-]{43}$/);
    expect(await store.get(`user:${userKeyOf('ada@example.com')}`)).toBeDefined();
    await entries.set(userKeyOf('bob'), value as Uint8Array);
    const moved = users({ store, encrypt: true, keys: [KEY] });
    await expect(moved.sessions.of('bob').list()).rejects.toThrow(SessionDecryptionError);
  });

  it('are kept as long as the youngest of them may live', async () => {
    const { login, recordOf, time } = users({ lifetime: 1000, absoluteLifetime: 5000 });
    const start = time.now / 1000;
    await login('ada');
    expect((await recordOf('ada'))?.expiresAt).toBe(start + 5000);
    time.now += 1_000_000;
    const late = await login('ada');
    expect((await recordOf('ada'))?.expiresAt).toBe(start + 6000);
    late.session.regenerate();
    await late.commit();
    expect((await recordOf('ada'))?.expiresAt).toBe(start + 6000);
  });

  it('are kept until they log out where no time ends them', async () => {
    const { login, recordOf } = users({ absoluteLifetime: 0 });
    const visit = await login('ada');
    expect(await recordOf('ada')).not.toHaveProperty('expiresAt');
    visit.session.destroy();
    await visit.commit();
    expect(await recordOf('ada')).toBeUndefined();
  });

  it('forget those that are past their absolute end at the next login', async () => {
    const { login, recordOf, time } = users({ lifetime: 1000, absoluteLifetime: 5000 });
    const old = await login('ada', 'old');
    time.now += 4_000_000;
    await login('ada', 'new');
    expect((await recordOf('ada'))?.value).toContain('old');
    time.now += 1_000_000;
    await login('ada', 'newest');
    expect((await recordOf('ada'))?.value).not.toContain(old.draft.key);
  });

  it('are cleared of those that have expired when there are many', async () => {
    const { login, recordOf, time, handles } = users({ lifetime: 1000 });
    for (let n = 0; n < 50; n++) await login('ada');
    time.now += 2_000_000;
    const last = await login('ada');
    expect(JSON.parse(String((await recordOf('ada'))?.value))).toHaveLength(1);
    expect(await handles('ada')).toEqual([handle(last)]);
  });

  it('stay where there are many that live, and any number is allowed', async () => {
    const { login, handles } = users();
    const some: Visit[] = [];
    for (let n = 0; n < 51; n++) some.push(await login('ada'));
    expect(await handles('ada')).toEqual(some.map(handle));
  });
});

describe('Ending sessions', () => {
  it('ends one, by the handle that the list shows, and no other', async () => {
    const { login, sessions, alive, handles } = users();
    const [one, two, three] = [await login('ada'), await login('ada'), await login('ada')];
    expect(await sessions.of('ada').end(handle(two))).toBe(true);
    expect(await alive(one, two, three)).toEqual([true, false, true]);
    expect(await handles('ada')).toEqual([handle(one), handle(three)]);
  });

  it.each(['', 'nothing', 'x'.repeat(43)])('knows no session %j', async (name) => {
    const { login, sessions, alive } = users();
    const visit = await login('ada');
    expect(await sessions.of('ada').end(name)).toBe(false);
    expect(await sessions.of('ada').end(visit.draft.key)).toBe(false);
    expect(await alive(visit)).toEqual([true]);
  });

  it("never ends another user's, nor one that nobody is logged in to", async () => {
    const { login, begin, open, sessions, alive } = users();
    const bob = await login('bob');
    const guest = await open(await begin());
    expect(await sessions.of('ada').end(handle(bob))).toBe(false);
    expect(await sessions.of('ada').end(handle(guest))).toBe(false);
    expect(await sessions.of('ada').endAll()).toBe(0);
    expect(await alive(bob, guest)).toEqual([true, true]);
  });

  it('ends all others', async () => {
    const { login, sessions, alive, open, handles } = users();
    const some = [await login('ada'), await login('ada'), await login('ada')] as const;
    const { draft } = await open(some[1].draft.id);
    expect(await sessions.of('ada', async () => draft).endOthers()).toBe(2);
    expect(await alive(...some)).toEqual([false, true, false]);
    expect(await handles('ada')).toEqual([handle(some[1])]);
    expect(await sessions.of('ada', async () => draft).endOthers()).toBe(0);
  });

  it('ends all, and leaves nothing', async () => {
    const { login, sessions, alive, recordOf } = users();
    const some = [await login('ada'), await login('ada'), await login('ada')];
    some[0]?.session.regenerate();
    await some[0]?.commit();
    expect(await sessions.of('ada').endAll()).toBe(3);
    expect(await alive(...some)).toEqual([false, false, false]);
    expect(await recordOf('ada')).toBeUndefined();
  });

  it('ends the one that asks as a logout does', async () => {
    const { login, sessions, open } = users();
    const visit = await open((await login('ada')).draft.id);
    const own = sessions.of('ada', async () => visit.draft);
    expect(await own.end(handle(visit))).toBe(true);
    expect(visit.session.isNew).toBe(true);
    expect(visit.session.userId).toBeUndefined();
    await visit.commit();
    expect(visit.draft.cookie).toBe('expire');
  });

  it.each<[string, (visit: Visit) => void]>([
    ['a new id', ({ session }) => session.regenerate()],
    ['another login', ({ session }) => session.login('ada')],
  ])('of all others keeps the one that asks, which is about to get %s', async (_name, change) => {
    const { login, sessions, open, alive } = users();
    const [one, other] = [await login('ada'), await login('ada')];
    const visit = await open(one.draft.id);
    change(visit);
    const own = sessions.of('ada', async () => visit.draft);
    expect((await own.list()).map(({ isCurrent }) => isCurrent)).toEqual([true, false]);
    expect(await own.endOthers()).toBe(1);
    await visit.commit();
    expect(await alive(visit, other)).toEqual([true, false]);
  });

  it('is refused to a request whose session has got two new ids since it was opened', async () => {
    const { login, sessions, open, alive } = users();
    const [visit, other] = [await login('ada'), await login('ada')];
    const { draft } = await open(visit.draft.id);
    for (let round = 0; round < 2; round++) {
      visit.session.regenerate();
      await visit.commit();
    }
    await expect(sessions.of('ada', async () => draft).endOthers()).rejects.toThrow(SessionGoneError);
    expect(await alive(visit, other)).toEqual([true, true]);
  });

  it('ends the one that asks with all others', async () => {
    const { login, sessions, open, begin } = users();
    const [visit] = [await open((await login('ada')).draft.id), await login('ada')];
    expect(await sessions.of('ada', async () => visit.draft).endAll()).toBe(2);
    await visit.commit();
    expect(visit.draft.cookie).toBe('expire');
    const guest = await open(await begin());
    await login('ada');
    expect(await sessions.of('ada', async () => guest.draft).endAll()).toBe(1);
    expect(guest.session.isNew).toBe(false);
  });

  it('is refused under an id that was superseded', async () => {
    const { login, sessions, open, alive } = users();
    const [visit, other] = [await login('ada'), await login('ada')];
    const old = visit.draft.id;
    visit.session.regenerate();
    await visit.commit();
    const { draft } = await open(old);
    const own = sessions.of('ada', async () => draft);
    expect((await own.list()).map(({ isCurrent }) => isCurrent)).toEqual([true, false]);
    await expect(own.endOthers()).rejects.toMatchObject({ code: 'SESSION_SUPERSEDED' });
    await expect(own.end(handle(other))).rejects.toMatchObject({ code: 'SESSION_SUPERSEDED' });
    await expect(own.endAll()).rejects.toMatchObject({ code: 'SESSION_SUPERSEDED' });
    expect(await alive(visit, other)).toEqual([true, true]);
  });

  it('also ends what an old id still answers', async () => {
    const { login, sessions, open } = users();
    const visit = await login('ada');
    const old = visit.draft.id;
    visit.session.regenerate();
    await visit.commit();
    expect((await open(old)).session.userId).toBe('ada');
    await sessions.of('ada').end(handle(visit));
    expect((await open(old)).session.isNew).toBe(true);
  });

  it('refuses a change, and a new id, of a session that was ended meanwhile', async () => {
    const { login, sessions, open, records } = users();
    const { draft } = await login('ada');
    const [change, move] = [await open(draft.id), await open(draft.id)];
    change.session.set('a', 1);
    move.session.regenerate();
    await sessions.of('ada').endAll();
    await expect(change.commit()).rejects.toThrow(SessionGoneError);
    await expect(move.commit()).rejects.toThrow(SessionGoneError);
    expect(await records.getMany([draft.key, move.draft.key])).toEqual(new Map());
  });

  it('a session whose entry is gone gets no new id, since nobody could end it', async () => {
    const { login, open, entries, records } = users();
    const { draft } = await login('ada');
    await entries.delete(userKeyOf('ada'));
    const visit = await open(draft.id);
    visit.session.regenerate();
    await expect(visit.commit()).rejects.toThrow(SessionGoneError);
    expect(await records.get(visit.draft.key)).toBeUndefined();
  });
});

describe('A limit of sessions for each user', () => {
  it('ends the oldest for a new one', async () => {
    const { login, alive, handles, recordOf, time } = users({ maxPerUser: 2 });
    const some: Visit[] = [];
    for (let n = 0; n < 4; n++) {
      some.push(await login('ada'));
      time.now += 1000;
    }
    expect(await alive(...some)).toEqual([false, false, true, true]);
    expect(await handles('ada')).toEqual(some.slice(2).map(handle));
    expect(JSON.parse(String((await recordOf('ada'))?.value))).toHaveLength(2);
  });

  it('looks at the sessions of a user only where there is no room', async () => {
    for (const maxPerUser of [0, 3]) {
      const { login } = users({ maxPerUser });
      const reads = vi.spyOn(MemoryStore.prototype, 'getMany');
      for (let n = 0; n < 3; n++) await login('ada');
      expect(reads).not.toHaveBeenCalled();
      await login('ada');
      expect(reads).toHaveBeenCalledTimes(maxPerUser === 0 ? 0 : 1);
      reads.mockRestore();
    }
  });

  it('or refuses a new one, and leaves the visitor as before', async () => {
    const { login, alive, begin, open, records, recordOf } = users({ maxPerUser: 2, whenFull: 'refuse' });
    const some = [await login('ada'), await login('ada')];
    const listed = await recordOf('ada');
    const id = await begin({ a: 1 });
    const visit = await open(id);
    visit.session.login('ada');
    const asked = visit.draft.key;
    const refusal: unknown = await visit.commit().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SessionLimitError);
    expect(refusal).toMatchObject({ code: 'SESSION_LIMIT', statusCode: 409, limit: 2 });
    expect(visit.draft.cookie).toBeUndefined();
    expect(await records.get(asked)).toBeUndefined();
    // Who catches it goes on as before.
    expect(visit.session.userId).toBeUndefined();
    visit.session.set('b', 2);
    await visit.commit();
    expect((await open(id)).session.data()).toEqual({ a: 1, b: 2 });
    expect(visit.draft.cookie).toBeUndefined();
    expect(await alive(...some)).toEqual([true, true]);
    expect(await recordOf('ada')).toEqual(listed);
    await expect(login('bob')).resolves.toBeDefined();
  });

  it.each(['end-oldest', 'refuse'] as const)('counts only sessions that are alive (%s)', async (whenFull) => {
    const { login, alive, sessions, time } = users({ maxPerUser: 2, whenFull, lifetime: 1000 });
    await login('ada');
    time.now += 2_000_000;
    const [one, two] = [await login('ada'), await login('ada')];
    expect(await alive(one, two)).toEqual([true, true]);
    await sessions.of('ada').end(handle(one));
    const three = await login('ada');
    expect(await alive(two, three)).toEqual([true, true]);
  });

  it('ends who logged in first, not whose session began first', async () => {
    const { login, begin, alive, time } = users({ maxPerUser: 2 });
    const id = await begin();
    time.now += 60_000;
    const first = await login('ada');
    time.now += 60_000;
    const second = await login('ada', undefined, id);
    const third = await login('ada');
    expect(await alive(first, second, third)).toEqual([false, true, true]);
  });

  it('is a thousand where none is set: a record must be able to list them', async () => {
    const { entries, login, handles, store, time } = users();
    const keys = Array.from({ length: 1000 }, (_, n) => `${n}-`.padEnd(43, 'k'));
    const created = time.now / 1000;
    const value = JSON.stringify(keys.map((key, n) => ({ id: String(n), keys: [key], created })));
    await entries.set(userKeyOf('ada'), value, { ttl: 1000 });
    await store.namespace('session').setMany(keys.map((key) => [key, `{"data":{},"created":${created}}`, 1000]));
    const visit = await login('ada');
    const listed = await handles('ada');
    expect(listed).toHaveLength(1000);
    expect(listed.at(-1)).toBe(handle(visit));
    expect(listed).not.toContain(handleOf(keys[0] ?? ''));
  });

  it('counts no new id, and no second login of a session', async () => {
    const { login, alive } = users({ maxPerUser: 2, whenFull: 'refuse' });
    const [one, two] = [await login('ada'), await login('ada')];
    one.session.regenerate();
    await one.commit();
    const again = await login('ada', undefined, two.draft.id);
    expect(await alive(one, again)).toEqual([true, true]);
  });

  it('holds for logins at the same time', async () => {
    const { login, handles, alive } = users({ maxPerUser: 3 });
    const some = await Promise.all(Array.from({ length: 10 }, () => login('ada')));
    expect(await handles('ada')).toHaveLength(3);
    expect((await alive(...some)).filter(Boolean)).toHaveLength(3);
  });

  it('brings a user who had more down to it', async () => {
    const { login, store, alive, time } = users();
    const some: Visit[] = [];
    for (let n = 0; n < 5; n++) {
      some.push(await login('ada'));
      time.now += 1000;
    }
    const last = await users({ store, clock: () => time.now, maxPerUser: 2 }).login('ada');
    expect(await alive(...some, last)).toEqual([false, false, false, false, true, true]);
  });
});

describe('A logout under an old id', () => {
  it.each([0, 6_000])('that was opened before the new one is refused, %i ms later too', async (later) => {
    const { login, open, sessions, time, alive, handles } = users();
    const visit = await login('ada');
    const slow = await open(visit.draft.id);
    slow.session.destroy();
    visit.session.regenerate();
    await visit.commit();
    time.now += later;
    await expect(slow.commit()).rejects.toMatchObject({ code: 'SESSION_SUPERSEDED' });
    expect(slow.draft.cookie).toBeUndefined();
    expect(await handles('ada')).toEqual([handle(visit)]);
    await sessions.of('ada').endAll();
    expect(await alive(visit)).toEqual([false]);
  });

  it('that was ended at once leaves the new one within reach', async () => {
    const { login, open, sessions, alive } = users();
    const visit = await login('ada');
    const slow = await open(visit.draft.id);
    slow.session.destroy();
    visit.session.regenerate({ invalidate: true });
    await visit.commit();
    await slow.commit().catch(() => {});
    await sessions.of('ada').endAll();
    expect(await alive(visit)).toEqual([false]);
  });

  it('whose record is still there, though its time is over, ends nothing', async () => {
    const { login, open, sessions, time, alive, handles } = users();
    const visit = await login('ada');
    const { id } = visit.draft;
    time.now += 3_600_000;
    const reader = await open(id);
    const quick = await open(id);
    quick.session.regenerate();
    await quick.commit();
    await reader.commit(); // moves the old record's expiry
    time.now += 600_000;
    await sessions.destroy(id);
    expect(await handles('ada')).toEqual([handle(quick)]);
    await sessions.of('ada').endAll();
    expect(await alive(quick)).toEqual([false]);
  });

  it('of a user in whose place another one logged in shows nothing of the first', async () => {
    const { login, open } = users();
    const visit = await login('ada');
    await login('bob', undefined, visit.draft.id);
    expect((await open(visit.draft.id)).session.isNew).toBe(true);
  });
});

describe('Where the store fails', () => {
  function failing() {
    const time = { now: 1_800_000_000_000 };
    const inner = new MemoryStore({ clock: () => time.now });
    let isDown = false;
    const store = new Proxy(inner, {
      get(target, name, receiver): unknown {
        if (name !== 'namespace') return Reflect.get(target, name, receiver);
        return (prefix: string) => {
          const part = target.namespace(prefix);
          if (!prefix.startsWith('user')) return part;
          return new Proxy(part, {
            get(own, method): unknown {
              if (isDown) return () => Promise.reject(new StoreUnavailableError('down'));
              const member: unknown = Reflect.get(own, method);
              return typeof member === 'function' ? member.bind(own) : member;
            },
          });
        };
      },
    });
    return { ...users({ store, clock: () => time.now }), setDown: (value: boolean) => void (isDown = value) };
  }

  it('a login is refused with 503 and no cookie, and the visitor stays who they were', async () => {
    const { login, begin, open, setDown } = failing();
    const id = await begin({ a: 1 });
    setDown(true);
    await expect(login('ada', undefined, id)).rejects.toThrow(SessionUnavailableError);
    expect((await open(id)).session.data()).toEqual({ a: 1 });
  });

  it('listing and ending are refused with 503', async () => {
    const { login, sessions, setDown, alive } = failing();
    const visit = await login('ada');
    setDown(true);
    const all = sessions.of('ada');
    for (const ask of [() => all.list(), () => all.end(handle(visit)), () => all.endOthers(), () => all.endAll()]) {
      await expect(ask()).rejects.toMatchObject({ code: 'SESSION_UNAVAILABLE', statusCode: 503 });
    }
    setDown(false);
    expect(await alive(visit)).toEqual([true]);
  });

  it('a new id that failed at its last step is not what the list shows', async () => {
    const { login, open, records, entries, handles, store } = users();
    const { draft } = await login('ada');
    // What is left where the store stopped answering: the next record, which nobody has the id of, and its key.
    const { value, expiresAt } = (await records.get(draft.key)) ?? {};
    expect(expiresAt).toBeDefined();
    await records.set('left', value ?? '', { ttl: 100 });
    const list = String((await entries.get(userKeyOf('ada')))?.value);
    await entries.set(userKeyOf('ada'), list.replace(`["${draft.key}"]`, `["${draft.key}","left"]`), { ttl: 100 });
    expect(await handles('ada')).toEqual([handleOf(draft.key)]);
    const visit = await open(draft.id);
    visit.session.regenerate();
    await visit.commit();
    expect(await handles('ada')).toEqual([handle(visit)]);
    await store.namespace('session').delete(draft.key);
    expect(await handles('ada')).toEqual([handle(visit)]);
  });

  it('a new id is refused with 503, and the old one is as good as before', async () => {
    const { login, open, setDown } = failing();
    const { draft } = await login('ada');
    const visit = await open(draft.id);
    visit.session.regenerate();
    setDown(true);
    await expect(visit.commit()).rejects.toThrow(SessionUnavailableError);
    setDown(false);
    expect(visit.draft.cookie).toBeUndefined();
    const later = await open(draft.id);
    later.session.set('a', 1);
    await later.commit();
    expect((await open(draft.id)).session.data()).toEqual({ a: 1 });
  });

  it('a logout ends the session all the same, and the list shows it no more', async () => {
    const { login, alive, handles, setDown } = failing();
    const [visit, other] = [await login('ada'), await login('ada')];
    setDown(true);
    visit.session.destroy();
    await visit.commit();
    setDown(false);
    expect(visit.draft.cookie).toBe('expire');
    expect(await alive(visit, other)).toEqual([false, true]);
    expect(await handles('ada')).toEqual([handle(other)]);
  });
});

describe('A logout', () => {
  it.each(['by the session', 'without opening it'])('%s takes the session out of the list', async (how) => {
    const { login, sessions, handles, recordOf, open } = users();
    const [visit, other] = [await login('ada'), await login('ada')];
    for (const { draft } of [visit, other]) {
      if (how === 'without opening it') await sessions.destroy(draft.id);
      else {
        const { session, commit } = await open(draft.id);
        session.destroy();
        await commit();
      }
      expect(await handles('ada')).toEqual(draft === visit.draft ? [handle(other)] : []);
    }
    expect(await recordOf('ada')).toBeUndefined();
    expect(keyOf(visit.draft.id)).not.toBe(keyOf(other.draft.id));
  });

  it("works where the user's record can not be read", async () => {
    const { login, sessions, records, entries, open } = users();
    const some = [await login('ada'), await login('ada')] as const;
    await entries.set(userKeyOf('ada'), 'broken');
    await sessions.destroy(some[0].draft.id);
    const { session, draft, commit } = await open(some[1].draft.id);
    session.destroy();
    await commit();
    expect(draft.cookie).toBe('expire');
    expect((await records.getMany(some.map(({ draft: { key } }) => key))).size).toBe(0);
  });

  it("works where the session is gone already and the user's record can not be read", async () => {
    const { login, entries, open, records } = users();
    const visit = await login('ada');
    const { session, draft, commit } = await open(visit.draft.id);
    await records.delete(visit.draft.key);
    await entries.set(userKeyOf('ada'), 'broken');
    session.destroy();
    await commit();
    expect(draft.cookie).toBe('expire');
  });

  it('works where the record can not be read', async () => {
    const { login, sessions, records } = users();
    const { draft } = await login('ada');
    await records.set(draft.key, 'broken', { ttl: 100 });
    await sessions.destroy(draft.id);
    expect(await records.get(draft.key)).toBeUndefined();
  });
});
