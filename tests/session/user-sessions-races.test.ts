/** Logins, new ids, logouts and "end all" at the same time, in any order in which their requests may reach the store. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { Session } from '../../src/session/session.ts';
import { SessionStore, type SessionStoreOptions } from '../../src/session/store.ts';
import { tries } from '../support/property-tries.ts';
import { scheduled } from './scheduled-store.ts';
import { visits } from './visits.ts';

const RUNS = tries(400);

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0)); // no pauses between tries
afterEach(() => vi.restoreAllMocks());

interface Browser {
  /** Its cookie. */
  id: string | undefined;
  /** Statuses of its answers. */
  readonly answers: string[];
}

/** Browsers of one user, at a store whose requests take their turns as `scheduler` says. */
async function race(scheduler: fc.Scheduler, options: Partial<SessionStoreOptions> = {}) {
  const store = new MemoryStore();
  const { sessions: direct, open } = visits({ store, clock: Date.now, ...options });
  const sessions = new SessionStore({ store: scheduled(store, scheduler), ...options });

  /** One request of a browser, that sends the cookie which the browser has at its beginning. */
  const request = async (browser: Browser, work: (session: Session) => void): Promise<void> => {
    const { id } = browser;
    try {
      const draft = await sessions.open(id);
      work(new Session(draft, () => sessions.commit(draft)));
      await sessions.commit(draft);
      // The answer arrives: its cookie is the browser's from then on.
      if (draft.cookie === 'expire') browser.id = undefined;
      else if (draft.cookie !== undefined) browser.id = draft.cookie.set;
      browser.answers.push('ok');
    } catch (error) {
      browser.answers.push((error as { code: string }).code);
    }
  };
  const browser = async (): Promise<Browser> => {
    const visit = await open();
    visit.session.login('ada');
    await visit.commit();
    return { id: visit.draft.id, answers: [] };
  };
  /** Whether the browser is logged in. */
  const isIn = async ({ id }: Browser): Promise<boolean> => (await open(id)).session.userId === 'ada';
  const listed = async () => (await direct.of('ada').list()).map(({ handle }) => handle);
  return { sessions, direct, request, browser, isIn, listed, open, store };
}

const anyOrder = fc.scheduler();

describe('In whatever order requests reach the store', () => {
  it('ending all leaves exactly the sessions that logged in later, whoever gets a new id meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, async (scheduler) => {
        const { sessions, request, browser, isIn, listed, open } = await race(scheduler);
        const before = [await browser(), await browser()];
        const late: Browser = { id: undefined, answers: [] };
        const old = before.map(({ id }) => id);
        const work = Promise.all([
          sessions.of('ada').endAll(),
          ...before.map((one) => request(one, (session) => session.regenerate())),
          request(late, (session) => session.login('ada')),
        ]);
        await scheduler.waitFor(work);
        for (const one of before) expect(await isIn(one)).toBe(false);
        for (const id of old) expect((await open(id)).session.userId).toBeUndefined();
        // It may have been before or after; but who is in is listed, and who is listed is in.
        expect(late.answers).toEqual(['ok']);
        expect(await listed()).toHaveLength((await isIn(late)) ? 1 : 0);
      }),
      RUNS,
    );
  }, 60_000);

  it('of a session that gets a new id again and again nothing survives the end of all', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, async (scheduler) => {
        const { sessions, request, browser, isIn, listed } = await race(scheduler);
        const one = await browser();
        const again = async () => {
          for (let round = 0; round < 3; round++) await request(one, (session) => session.regenerate());
        };
        await scheduler.waitFor(Promise.all([sessions.of('ada').endAll(), again()]));
        expect(await isIn(one)).toBe(false);
        expect(await listed()).toEqual([]);
      }),
      RUNS,
    );
  }, 60_000);

  it('two new ids of one session at the same time leave it logged in, listed once, and within reach', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, fc.boolean(), async (scheduler, invalidate) => {
        const { request, browser, isIn, listed, direct } = await race(scheduler);
        const one = await browser();
        const work = Promise.all([
          request(one, (session) => session.regenerate()),
          request(one, (session) => session.regenerate({ invalidate })),
          // Who comes after an id that ended at once, and writes, begins a session of its own.
          request(one, (session) => (invalidate ? void session.get('a') : session.set('a', 1))),
        ]);
        await scheduler.waitFor(work);
        expect(one.answers).toContain('ok');
        expect(await isIn(one)).toBe(true);
        expect(await listed()).toHaveLength(1);
        await direct.of('ada').endAll();
        expect(await isIn(one)).toBe(false);
      }),
      RUNS,
    );
  }, 60_000);

  it('a logout and a new id leave no session that is not listed, and none where the logout was answered last', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, async (scheduler) => {
        const { sessions, request, browser, isIn, listed, direct } = await race(scheduler);
        const one = await browser();
        const { id } = one;
        const logout = sessions.destroy(id ?? '').then(
          () => 'ok',
          (error: { code: string }) => error.code,
        );
        await scheduler.waitFor(Promise.all([logout, request(one, (session) => session.regenerate())]));
        const isLoggedOut = (await logout) === 'ok';
        expect(await isIn(one)).toBe(!isLoggedOut);
        expect(await listed()).toHaveLength(isLoggedOut ? 0 : 1);
        await direct.of('ada').endAll();
        expect(await isIn(one)).toBe(false);
      }),
      RUNS,
    );
  }, 60_000);

  it('whoever is alive after logouts, logins and new ids is listed, and nothing outlives the end of all', async () => {
    const works: Record<string, (session: Session) => void> = {
      logout: (session) => session.destroy(),
      'new id': (session) => session.regenerate(),
      'new id, at once': (session) => session.regenerate({ invalidate: true }),
      'login again': (session) => session.login('ada'),
      'login as another': (session) => session.login('bob'),
    };
    const names = fc.array(fc.constantFrom(...Object.keys(works)), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(anyOrder, names, async (scheduler, chosen) => {
        const { request, browser, direct, open } = await race(scheduler);
        const one = await browser();
        const copies = chosen.map((): Browser => ({ id: one.id, answers: [] }));
        const requests = chosen.map((name, n) => request(copies[n] ?? one, works[name] ?? (() => {})));
        await scheduler.waitFor(Promise.all(requests));
        const users = [];
        for (const { id } of [one, ...copies]) {
          const { session, draft } = await open(id);
          if (session.userId !== undefined && !draft.isSuperseded)
            users.push([session.userId, session.handle] as const);
        }
        for (const [user, handle] of users) {
          expect((await direct.of(user).list()).map((listed) => listed.handle)).toContain(handle);
        }
        for (const user of ['ada', 'bob']) await direct.of(user).endAll();
        for (const { id } of [one, ...copies]) expect((await open(id)).session.userId).toBeUndefined();
      }),
      RUNS,
    );
  }, 60_000);

  it('logins at the same time are all listed, and never more than are allowed', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, fc.integer({ min: 0, max: 3 }), async (scheduler, maxPerUser) => {
        const { request, isIn, listed } = await race(scheduler, { maxPerUser });
        const all = Array.from({ length: 4 }, (): Browser => ({ id: undefined, answers: [] }));
        await scheduler.waitFor(Promise.all(all.map((one) => request(one, (session) => session.login('ada')))));
        const within: boolean[] = [];
        for (const one of all) within.push(await isIn(one));
        const count = within.filter(Boolean).length;
        expect(count).toBe(maxPerUser === 0 ? 4 : maxPerUser);
        expect(await listed()).toHaveLength(count);
      }),
      RUNS,
    );
  }, 60_000);

  it('ten requests in flight while one of them gets a new id leave the visitor logged in, and lose no write that was answered', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, fc.boolean(), async (scheduler, isLoggedIn) => {
        const { request, browser, open } = await race(scheduler);
        const one: Browser = isLoggedIn ? await browser() : { id: undefined, answers: [] };
        if (!isLoggedIn) {
          const guest = await open();
          guest.session.set('begun', true);
          await guest.commit();
          one.id = guest.draft.id;
        }
        const old = one.id;
        const answered = new Set<string>();
        const write = (name: string) => async () => {
          const own: Browser = { id: one.id, answers: [] };
          await request(own, (session) => session.set(name, true));
          if (own.answers[0] === 'ok') answered.add(name);
          if (own.id !== old) one.id = own.id; // its Set-Cookie arrives
        };
        const read = () => request(one, (session) => void session.get('begun'));
        const works = [write('a'), read, write('b'), read, write('c'), read, write('d'), read, write('e')];
        await scheduler.waitFor(
          Promise.all([request(one, (session) => session.regenerate()), ...works.map((work) => work())]),
        );
        expect(one.id).not.toBe(old);
        const { session } = await open(one.id);
        expect(session.isNew).toBe(false);
        expect(session.userId).toBe(isLoggedIn ? 'ada' : undefined);
        expect(
          Object.keys(session.data())
            .filter((name) => name !== 'begun')
            .toSorted(),
        ).toEqual([...answered].toSorted());
      }),
      RUNS,
    );
  }, 60_000);
});
