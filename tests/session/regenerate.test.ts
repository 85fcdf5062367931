import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { SessionConflictError, SessionSupersededError, SessionUnavailableError } from '../../src/session/errors.ts';
import { keyOf, newId } from '../../src/session/ids.ts';
import type { Session } from '../../src/session/session.ts';
import { observe } from '../cache/observed-store.ts';
import { visits, type Visit } from './visits.ts';

type AnySession = Session<Record<string, unknown>, Record<string, unknown>>;

const WRITES: [string, (session: AnySession) => void][] = [
  ['set', (session) => session.set('a', 2)],
  ['set of what is there already', (session) => session.set('a', 1)],
  ['delete', (session) => session.delete('a')],
  ['update', (session) => session.update('a', (n) => Number(n) + 1)],
  ['pull', (session) => void session.pull('a')],
  ['clear', (session) => session.clear()],
  ['flash', (session) => session.flash('notice', 'x')],
  ['another new id', (session) => session.regenerate()],
  ['another new id, at once', (session) => session.regenerate({ invalidate: true })],
  ['a login', (session) => session.login('mallory')],
  ['a logout', (session) => session.destroy()],
  [
    'a logout and what comes after it',
    (session) => {
      session.destroy();
      session.set('a', 'new');
    },
  ],
];

/** A session with this data that has got a new id, and maybe more data with it. */
async function regenerated(options: Parameters<typeof visits>[0] = {}, work: (session: AnySession) => void = () => {}) {
  const all = visits(options);
  const id = await all.begin({ a: 1 });
  const visit = await all.open(id);
  visit.session.regenerate();
  work(visit.session);
  await visit.commit();
  return { ...all, id, visit };
}

describe('Regenerating', () => {
  it('moves the data to a new id, whose cookie it sends', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ a: 1 });
    const { session, draft, commit } = await open(id);
    const { handle } = session;
    session.regenerate();
    session.set('b', 2);
    expect(session.handle).not.toBe(handle);
    await commit();
    expect(draft.id).not.toBe(id);
    expect(draft.cookie).toEqual({ set: draft.id });
    expect(await dataOf(draft.id)).toEqual({ a: 1, b: 2 });
    expect(session.handle).toBe(keyOf(draft.id).slice(0, 12));
    session.set('c', 3);
    await commit();
    expect(await dataOf(draft.id)).toEqual({ a: 1, b: 2, c: 3 });
  });

  it('lets requests that were on their way read what was stored before, and nothing later', async () => {
    const { open, id, visit } = await regenerated({}, (session) => session.set('secret', 'of the new id'));
    visit.session.set('later', true);
    await visit.commit();
    const late = await open(id);
    expect(late.session.isNew).toBe(false);
    expect(late.session.data()).toEqual({ a: 1 });
    expect(late.session.handle).toBe(keyOf(id).slice(0, 12));
    await late.commit();
    expect(late.draft.cookie).toBeUndefined();
  });

  it('takes along what another request wrote in between, also into the snapshot', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.regenerate();
    slow.session.set('secret', 1);
    const quick = await open(id);
    quick.session.set('b', 2);
    await quick.commit();
    await slow.commit();
    expect(await dataOf(slow.draft.id)).toEqual({ a: 1, b: 2, secret: 1 });
    expect(await dataOf(id)).toEqual({ a: 1, b: 2 });
  });

  it('keeps flash messages for the new id alone, so that each is shown once', async () => {
    const { open, begin } = visits();
    const id = await begin({ a: 1 });
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    await first.commit();
    const second = await open(id);
    second.session.regenerate();
    await second.commit();
    expect((await open(id)).session.messages()).toEqual({});
    expect((await open(second.draft.id)).session.get('notice')).toBe('Saved');
  });

  it.each(WRITES)('refuses %s under the old id afterwards', async (_name, change) => {
    const { open, id, visit, dataOf, records } = await regenerated();
    const before = await records.get(keyOf(id));
    const late = await open(id);
    change(late.session);
    await expect(late.commit()).rejects.toThrow(SessionSupersededError);
    expect(late.draft.cookie).toBeUndefined();
    expect(await records.get(late.draft.key === keyOf(id) ? 'none' : late.draft.key)).toBeUndefined();
    expect(await records.get(keyOf(id))).toEqual(before);
    expect(await dataOf(visit.draft.id)).toEqual({ a: 1 });
  });

  it.each(WRITES)('refuses %s of a request that had read before', async (_name, change) => {
    const { open, begin, dataOf, records } = visits();
    const id = await begin({ a: 1 });
    const slow = await open(id);
    change(slow.session);
    const quick = await open(id);
    quick.session.regenerate();
    await quick.commit();
    const before = await records.get(keyOf(id));
    const refusal: unknown = await slow.commit().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SessionSupersededError);
    expect(refusal).toMatchObject({ statusCode: 409, code: 'SESSION_SUPERSEDED' });
    expect(slow.draft.cookie).toBeUndefined();
    expect(await records.get(slow.draft.key === keyOf(id) ? 'none' : slow.draft.key)).toBeUndefined();
    expect({ ...(await records.get(keyOf(id))), version: 0 }).toEqual({ ...before, version: 0 });
    expect(await dataOf(quick.draft.id)).toEqual({ a: 1 });
  });

  it('refuses to log out under the old id without reading it, and leaves both records', async () => {
    const { sessions, id, visit, open, records } = await regenerated();
    const { value, expiresAt } = (await records.get(keyOf(id))) ?? {};
    await expect(sessions.destroy(id)).rejects.toThrow(SessionSupersededError);
    expect(await records.get(keyOf(id))).toMatchObject({ value, expiresAt });
    expect((await open(visit.draft.id)).session.isNew).toBe(false);
  });

  it('ends the old id after the grace, and leaves nothing of it then', async () => {
    const { open, id, time, records } = await regenerated();
    time.now += 4_999;
    expect((await open(id)).session.isNew).toBe(false);
    time.now += 1_001;
    expect((await open(id)).session.isNew).toBe(true);
    expect(await records.get(keyOf(id))).toBeUndefined();
  });

  it('ends it then also where a reader that was on its way has moved the expiry of its record', async () => {
    const { open, begin, records, time, sessions } = visits();
    const id = await begin({ a: 1 });
    time.now += 3_600_000;
    const reader = await open(id);
    const visit = await open(id);
    visit.session.regenerate();
    await visit.commit();
    await reader.commit();
    expect((await records.get(keyOf(id)))?.expiresAt).toBeGreaterThan(time.now / 1000 + 7000);
    time.now += 5_000;
    const late = await open(id);
    expect(late.session.isNew).toBe(true);
    await sessions.destroy(id);
    expect(await records.get(keyOf(id))).toBeUndefined();
    expect((await open(visit.draft.id)).session.isNew).toBe(false);
  });

  it('never moves the expiry of the old id', async () => {
    const { open, id, records } = await regenerated();
    const before = await records.get(keyOf(id));
    const late = await open(id);
    late.session.get('a');
    await late.commit();
    await late.commit({ release: true });
    expect(await records.get(keyOf(id))).toEqual(before);
  });

  it('ends the old id at once where the session is logged out of meanwhile', async () => {
    const { open, id, visit, sessions } = await regenerated();
    await sessions.destroy(visit.draft.id);
    expect((await open(id)).session.isNew).toBe(true);
    await sessions.destroy(id);
  });

  it('lets the old id answer while the session goes on under a third and a fourth one', async () => {
    const { open, id, visit, sessions } = await regenerated();
    let last = visit;
    for (let round = 0; round < 2; round++) {
      last = await open(last.draft.id);
      last.session.regenerate();
      await last.commit();
    }
    expect((await open(id)).session.data()).toEqual({ a: 1 });
    await sessions.destroy(last.draft.id);
    expect((await open(id)).session.isNew).toBe(true);
    expect((await open(visit.draft.id)).session.isNew).toBe(true);
  });

  it.each<[string, Parameters<typeof visits>[0], Parameters<AnySession['regenerate']>[0]]>([
    ['where it is told to invalidate the old id', {}, { invalidate: true }],
    ['where no grace is allowed', { regenerateGrace: 0 }, undefined],
  ])('ends the old id at once %s', async (_name, options, how) => {
    const { open, begin, dataOf, records, time } = visits(options);
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.set('b', 2);
    const visit = await open(id);
    visit.session.regenerate(how);
    await visit.commit();
    expect((await open(id)).session.isNew).toBe(true);
    await expect(slow.commit()).rejects.toThrow(SessionSupersededError);
    expect(await dataOf(visit.draft.id)).toEqual({ a: 1 });
    // What is left of it holds nothing, and not for long.
    expect((await records.get(keyOf(id)))?.value).toMatch(
      /^\{"data":\{\},"created":\d+,"superseded":\["[\w-]{43}",0\]\}$/,
    );
    time.now += 1_000;
    expect(await records.get(keyOf(id))).toBeUndefined();
    visit.session.regenerate();
    await visit.commit();
    expect((await records.getMany([visit.draft.key])).size).toBe(1);
  });

  it('lets a page stand that only showed a message, which is shown again', async () => {
    const { open, begin } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    await first.commit();
    const page = await open(id);
    expect(page.session.get('notice')).toBe('Saved');
    const other = await open(id);
    other.session.regenerate();
    await other.commit();
    await page.commit();
    expect((await open(other.draft.id)).session.get('notice')).toBe('Saved');
  });

  it('ends the old id at once where that was asked for while an earlier commit was under way', async () => {
    const { open, begin } = visits();
    const id = await begin();
    const { session, commit } = await open(id);
    session.set('a', 1);
    const saving = commit();
    session.regenerate({ invalidate: true });
    await saving;
    await commit();
    expect((await open(id)).session.isNew).toBe(true);
  });

  it('and logging out meanwhile leaves neither record', async () => {
    const { open, begin, records } = visits();
    const id = await begin();
    const { session, draft, commit } = await open(id);
    session.regenerate();
    const next = draft.key;
    const saving = commit();
    session.destroy();
    await saving;
    await commit();
    expect(draft.cookie).toBe('expire');
    expect(await records.getMany([keyOf(id), next])).toEqual(new Map());
  });

  it('is known again by its snapshot, which another request has put back meanwhile', async () => {
    const { open, begin, records, dataOf } = visits();
    const id = await begin({ a: 1 });
    const { session, draft, commit } = await open(id);
    session.regenerate();
    await records.set(keyOf(id), `{"data":{"a":1},"created":1800000000,"superseded":["${draft.key}",1800000005]}`);
    await commit();
    expect(await dataOf(draft.id)).toEqual({ a: 1 });
  });

  it('allows a grace of its own length', async () => {
    const { open, id, time } = await regenerated({ regenerateGrace: 30 });
    time.now += 29_000;
    expect((await open(id)).session.isNew).toBe(false);
    time.now += 1_000;
    expect((await open(id)).session.isNew).toBe(true);
  });

  it('at the same time in two requests leaves one session', async () => {
    const { open, begin, records } = visits();
    const id = await begin();
    const both = [await open(id), await open(id)];
    for (const { session } of both) session.regenerate();
    const results = await Promise.allSettled(both.map(({ commit }) => commit()));
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const left = await records.getMany(both.map(({ draft }) => draft.key));
    expect(left.size).toBe(1);
  });

  it('keeps the time of creation', async () => {
    const { open, begin, records, time } = visits();
    const id = await begin();
    time.now += 60_000;
    const { session, draft, commit } = await open(id);
    session.regenerate();
    await commit();
    expect((await records.get(draft.key))?.value).toContain('"created":1800000000');
  });

  it('fails like any change where a value that was read has changed, and leaves the old id as it was', async () => {
    const { open, begin, dataOf, records } = visits();
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.set('a', [slow.session.get('a')]);
    slow.session.regenerate();
    const quick = await open(id);
    quick.session.set('a', 'new');
    await quick.commit();
    await expect(slow.commit()).rejects.toThrow(SessionConflictError);
    expect(await records.get(slow.draft.key)).toBeUndefined();
    expect(await dataOf(id)).toEqual({ a: 'new' });
  });

  it('tells one that is of this session from one that nobody wrote', async () => {
    const { open, records, time } = visits();
    const [id, other] = [newId(), newId()];
    const until = time.now / 1000 + 5;
    await records.set(keyOf(id), `{"data":{},"created":1800000000,"superseded":["${keyOf(other)}",${until}]}`);
    expect((await open(id)).session.isNew).toBe(true);
    await records.set(keyOf(other), `{"data":{},"created":1800000000,"superseded":["${keyOf(id)}",${until}]}`);
    expect((await open(id)).session.isNew).toBe(true);
  });

  it('does not lose the session where the store fails before the old id is replaced', async () => {
    const time = { now: 1_800_000_000_000 };
    const clock = () => time.now;
    const inner = new MemoryStore({ clock });
    const observed = observe(inner.namespace('session'));
    const store: CacheStore = Object.assign(Object.create(inner) as CacheStore, { namespace: () => observed.store });
    const { open, begin, dataOf } = visits({ store, clock });
    const id = await begin({ a: 1 });
    const visit = await open(id);
    visit.session.regenerate();
    observed.fail(new StoreUnavailableError('down'), 'set');
    await expect(visit.commit()).rejects.toThrow(SessionUnavailableError);
    observed.recover();
    expect(visit.draft.cookie).toBeUndefined();
    expect(await dataOf(id)).toEqual({ a: 1 });
    const again: Visit = await open(id);
    again.session.set('b', 2);
    await again.commit();
    expect(await dataOf(id)).toEqual({ a: 1, b: 2 });
  });
});
