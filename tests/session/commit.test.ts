import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheEntry, GetOptions } from '../../src/cache/store.ts';
import {
  SessionConflictError,
  SessionGoneError,
  SessionTooLargeError,
  SessionUnavailableError,
  SessionUnreadableError,
} from '../../src/session/errors.ts';
import { isId, keyOf, newId } from '../../src/session/ids.ts';
import type { Session } from '../../src/session/session.ts';
import { tries } from '../support/property-tries.ts';
import { visits, type Visit } from './visits.ts';

type AnySession = Session<Record<string, unknown>, Record<string, unknown>>;

const CHANGES: Record<string, (session: AnySession) => void> = {
  set: (session) => session.set('a', 1),
  delete: (session) => session.delete('begun'),
  update: (session) => session.update('a', () => 1),
  clear: (session) => session.clear(),
  flash: (session) => session.flash('notice', 'x'),
  regenerate: (session) => session.regenerate(),
  'regenerate and set': (session) => {
    session.regenerate();
    session.set('user', 'ada');
  },
  pull: (session) => void session.pull('begun'),
};

function perform({ session }: Visit, operations: readonly { type: string; name?: string; value?: unknown }[]): void {
  for (const { type, name: key = '', value } of operations) {
    if (type === 'set') session.set(key, value);
    else if (type === 'delete') session.delete(key);
    else if (type === 'update') session.update(key, (old) => (Array.isArray(old) ? old.length : [old ?? null]));
    else session.clear();
  }
}

describe('A commit', () => {
  it('of a new session without anything in it stores nothing and sets no cookie', async () => {
    const { open, records } = visits();
    const { session, draft, commit } = await open();
    session.get('a');
    session.set('a', 1);
    session.delete('a');
    session.regenerate();
    await commit();
    expect(await records.get(draft.key)).toBeUndefined();
    expect(draft.cookie).toBeUndefined();
  });

  it('stores a session under the hash of an id of 256 bits, and nowhere the id', async () => {
    const { begin, records } = visits();
    const id = await begin();
    expect(isId(id)).toBe(true);
    expect(Buffer.from(id, 'base64url')).toHaveLength(32);
    const entry = await records.get(keyOf(id));
    expect(entry?.value).not.toContain(id);
  });

  it('keeps changes of other keys that came in between, whoever commits first', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin();
    const requests = await Promise.all(Array.from({ length: 20 }, () => open(id)));
    for (const [index, { session }] of requests.entries()) session.set(`key${index}`, index);
    await Promise.all(requests.map(({ commit }) => commit()));
    const data = await dataOf(id);
    for (let index = 0; index < 20; index++) expect(data[`key${index}`]).toBe(index);
  });

  it('counts every update, and answers each request the number that it committed', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin();
    const numbers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { session, commit } = await open(id);
        session.update('visits', (n) => Number(n ?? 0) + 1);
        await commit();
        return session.get('visits');
      }),
    );
    expect(numbers.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect((await dataOf(id))['visits']).toBe(20);
  });

  it('lets the last writer of a key win that nobody had read', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin();
    const [first, second] = [await open(id), await open(id)];
    first.session.set('a', 'first');
    second.session.set('a', 'second');
    await second.commit();
    await first.commit();
    expect((await dataOf(id))['a']).toBe('first');
  });

  it.each<[string, (session: AnySession) => void]>([
    ['get and set', (session) => session.set('a', [session.get('a')])],
    ['has and set', (session) => void (session.has('c') || session.set('c', 'mine'))],
    ['all and set', (session) => session.set('a', Object.keys(session.all()))],
    ['all and set of a key that was not there', (session) => session.set('c', Object.keys(session.all()).length)],
    ['pull', (session) => void session.pull('a')],
    ['get and delete', (session) => session.get('a') !== undefined && session.delete('a')],
    ['get and clear', (session) => session.get('a') !== undefined && session.clear()],
    [
      'update, get and set',
      (session) => {
        session.update('a', (a) => `${String(a)}!`);
        session.set('a', session.get('a'));
      },
    ],
  ])('after %s fails where the value changed in between, and loses nothing', async (_name, work) => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ a: 'old', b: 'b' });
    const slow = await open(id);
    work(slow.session);
    const quick = await open(id);
    quick.session.set('a', 'new');
    quick.session.set('c', 'theirs');
    await quick.commit();
    await expect(slow.commit()).rejects.toThrow(SessionConflictError);
    expect(await dataOf(id)).toEqual({ a: 'new', b: 'b', c: 'theirs' });
    expect(slow.draft.cookie).toBeUndefined();
  });

  it('after reading one key and setting another goes through', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.get('a');
    slow.session.set('b', 2);
    const quick = await open(id);
    quick.session.set('a', 'new');
    await quick.commit();
    await slow.commit();
    expect(await dataOf(id)).toEqual({ a: 'new', b: 2 });
  });

  it.each(Object.entries(CHANGES))(
    'of %s on a session that was logged out leaves no record behind',
    async (_name, change) => {
      const { open, begin, records, sessions } = visits();
      const id = await begin();
      const slow = await open(id);
      change(slow.session);
      await sessions.destroy(id);
      await expect(slow.commit()).rejects.toThrow(SessionGoneError);
      expect(slow.draft.cookie).toBeUndefined();
      expect(await records.get(keyOf(id))).toBeUndefined();
      expect(await records.get(slow.draft.key)).toBeUndefined();
    },
  );

  it('that only read stands when the session was logged out meanwhile', async () => {
    const { open, begin, records, sessions, time } = visits();
    const id = await begin();
    time.now += 3_600_000;
    const slow = await open(id);
    slow.session.get('begun');
    await sessions.destroy(id);
    await slow.commit();
    expect(slow.draft.cookie).toBeUndefined();
    expect(await records.get(keyOf(id))).toBeUndefined();
  });

  it('that changes nothing after all writes nothing', async () => {
    const { open, begin, records } = visits();
    const id = await begin({ a: [1, 2] });
    const before = await records.get(keyOf(id));
    const { session, commit } = await open(id);
    session.delete('missing');
    session.update('a', (a) => a);
    session.update('missing', () => undefined);
    await commit();
    expect(await records.get(keyOf(id))).toEqual(before);
  });

  it('of a value that is the same already is a change all the same', async () => {
    const { open, begin, dataOf, sessions } = visits();
    const id = await begin({ n: 0 });
    const slow = await open(id);
    slow.session.set('n', 0);
    const quick = await open(id);
    quick.session.set('n', 7);
    await quick.commit();
    await slow.commit();
    expect(await dataOf(id)).toEqual({ n: 0 });
    const late = await open(id);
    late.session.set('n', 0);
    await sessions.destroy(id);
    await expect(late.commit()).rejects.toThrow(SessionGoneError);
  });

  it('after a save still knows what was read before it', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ n: 0, token: 't' });
    const slow = await open(id);
    const n = Number(slow.session.get('n'));
    slow.session.set('other', 1);
    const quick = await open(id);
    quick.session.set('n', 5);
    await quick.commit();
    await slow.session.save();
    slow.session.set('n', n + 1);
    await expect(slow.commit()).rejects.toThrow(SessionConflictError);
    expect(await dataOf(id)).toEqual({ n: 5, token: 't', other: 1 });
  });

  it('after a save does not conflict with what was saved', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ n: 0, m: 0 });
    const { session, commit } = await open(id);
    session.all();
    session.set('n', Number(session.get('n')) + 1);
    session.update('m', (m) => Number(m) + 1);
    const saving = session.save();
    session.set('n', Number(session.get('n')) + 1);
    await saving;
    session.set('n', Number(session.get('n')) + 1);
    session.set('m', Number(session.get('m')) + 1);
    session.set('new', true);
    await session.save();
    session.delete('new');
    await commit();
    expect(await dataOf(id)).toEqual({ n: 3, m: 2 });
  });

  it.each(['get', 'all'] as const)(
    'of a clear during a save does not conflict with what was saved (%s)',
    async (look) => {
      const { open, begin, dataOf } = visits();
      const id = await begin({ n: 1 });
      const { session, commit } = await open(id);
      if (look === 'all') session.all();
      session.set('n', Number(session.get('n')) + 1);
      session.set('m', 1);
      const saving = session.save();
      session.clear();
      await saving;
      await commit();
      expect(await dataOf(id)).toEqual({});
    },
  );

  it('of a clear after everything was read does not remove what came in between', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.all();
    slow.session.clear();
    const quick = await open(id);
    quick.session.set('b', 2);
    await quick.commit();
    await expect(slow.commit()).rejects.toThrow(SessionConflictError);
    expect(await dataOf(id)).toEqual({ a: 1, b: 2 });
  });

  it('of a page that only showed a message stands when the session was logged out meanwhile', async () => {
    const { open, begin, records, sessions } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    await first.commit();
    const slow = await open(id);
    expect(slow.session.get('notice')).toBe('Saved');
    await sessions.destroy(id);
    await slow.commit();
    expect(await records.get(keyOf(id))).toBeUndefined();
  });

  it('refuses more than the limit and writes nothing', async () => {
    const { open, begin, dataOf } = visits({ maxBytes: 100 });
    const id = await begin({ a: 1 });
    const { session, commit } = await open(id);
    session.set('b', 'x'.repeat(100));
    await expect(commit()).rejects.toMatchObject({ name: SessionTooLargeError.name, limit: 100, statusCode: 413 });
    expect(await dataOf(id)).toEqual({ a: 1 });
  });

  it('gives up at its deadline when others keep writing', async () => {
    const { open, begin, sessions, store } = visits();
    const id = await begin();
    const { draft, session } = await open(id);
    session.set('a', 1);
    const records = store.namespace('session');
    const meddler = async () => {
      for (let round = 0; round < 1000; round++) {
        await records.set(keyOf(id), `{"data":{"n":${round}},"created":1}`, { ttl: 100 });
        await new Promise((resolve) => setImmediate(resolve));
        if (isOver) return;
      }
    };
    let isOver = false;
    const meddling = meddler();
    const committing = sessions.commit(draft, { deadline: Date.now() - 1 });
    await expect(committing).rejects.toThrow(SessionUnavailableError);
    isOver = true;
    await meddling;
    expect((await records.get(keyOf(id)))?.value).not.toContain('"a"');
  });

  it('leaves the session as two requests one after the other would, in one order or the other', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const operation = fc.oneof(
      fc.record({ type: fc.constant('set' as const), name, value: fc.jsonValue({ maxDepth: 2 }) }),
      fc.record({ type: fc.constant('delete' as const), name }),
      fc.record({ type: fc.constant('update' as const), name }),
      fc.record({ type: fc.constant('clear' as const) }),
    );
    const list = fc.array(operation, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(list, list, list, async (initial, one, other) => {
        const begin = async () => {
          const store = visits();
          const id = await store.begin();
          const before = await store.open(id);
          perform(before, initial);
          await before.commit();
          return { ...store, id };
        };
        const inOrder = async (...orders: (typeof one)[]) => {
          const { open, dataOf, id } = await begin();
          for (const operations of orders) {
            const visit = await open(id);
            perform(visit, operations);
            await visit.commit();
          }
          return dataOf(id);
        };
        const { open, dataOf, id } = await begin();
        const [first, second] = [await open(id), await open(id)];
        perform(first, one);
        perform(second, other);
        await first.commit();
        await second.commit();
        const expected = [await inOrder(one, other), await inOrder(other, one)];
        expect(expected).toContainEqual(await dataOf(id));
      }),
      tries(300),
    );
  });
});

describe('Regenerating into too much', () => {
  it('leaves no record of the new id', async () => {
    const { open, begin, dataOf, records } = visits({ maxBytes: 60 });
    const id = await begin({ a: 1 });
    const slow = await open(id);
    slow.session.regenerate();
    slow.session.set('b', 'x'.repeat(30));
    const quick = await open(id);
    quick.session.set('a', 'y'.repeat(30));
    await quick.commit();
    await expect(slow.commit()).rejects.toThrow(SessionTooLargeError);
    expect(await records.get(slow.draft.key)).toBeUndefined();
    expect(await dataOf(id)).toEqual({ a: 'y'.repeat(30) });
  });
});

describe('Destroying', () => {
  it('while a save is under way wins', async () => {
    const { open, begin, dataOf, records } = visits();
    const id = await begin({ user: 'ada' });
    const { session, draft, commit } = await open(id);
    session.set('a', 1);
    const saving = session.save();
    await Promise.resolve();
    session.destroy();
    session.flash('notice', 'You are logged out');
    await saving;
    await commit();
    expect(await records.get(keyOf(id))).toBeUndefined();
    expect(draft.cookie).toEqual({ set: draft.id });
    expect(await dataOf(draft.id)).toEqual({});
    expect((await open(draft.id)).session.get('notice')).toBe('You are logged out');
  });

  it('while the first save of a session is under way leaves nothing', async () => {
    const { open, records } = visits();
    const { session, draft, commit } = await open();
    session.set('a', 1);
    const { key } = draft;
    const saving = session.save();
    await Promise.resolve();
    session.destroy();
    await saving;
    await commit();
    expect(await records.get(key)).toBeUndefined();
    expect(draft.cookie).toBe('expire');
  });

  it('deletes the record and begins a new session for what comes after', async () => {
    const { open, begin, dataOf, records } = visits();
    const id = await begin({ user: 'ada' });
    const { session, draft, commit } = await open(id);
    session.destroy();
    expect(session.isNew).toBe(true);
    expect(session.all()).toEqual({});
    session.flash('notice', 'You are logged out');
    await commit();
    expect(await records.get(keyOf(id))).toBeUndefined();
    expect(draft.cookie).toEqual({ set: draft.id });
    expect(draft.id).not.toBe(id);
    expect(await dataOf(draft.id)).toEqual({});
    expect((await open(draft.id)).session.get('notice')).toBe('You are logged out');
  });

  it('expires the cookie when it is committed, not before', async () => {
    const { open, begin } = visits();
    const { session, draft, commit } = await open(await begin());
    session.set('a', 1);
    session.destroy();
    expect(draft.cookie).toBeUndefined();
    await commit();
    expect(draft.cookie).toBe('expire');
  });

  it('twice at the same time is no error', async () => {
    const { open, begin, records } = visits();
    const id = await begin();
    const both = [await open(id), await open(id)];
    for (const { session } of both) session.destroy();
    await Promise.all(both.map(({ commit }) => commit()));
    expect(await records.get(keyOf(id))).toBeUndefined();
  });
});

describe('Opening', () => {
  it('never adopts an id that is not in the table', async () => {
    const { open } = visits();
    const id = newId();
    const { session, draft, commit } = await open(id);
    expect(session.isNew).toBe(true);
    expect(draft.id).not.toBe(id);
    session.set('a', 1);
    await commit();
    expect((await open(id)).session.isNew).toBe(true);
    expect((await open(draft.id)).session.get('a')).toBe(1);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    'rubbish',
    '{"data":[],"created":1}',
    '{"data":{},"flash":[],"created":1}',
    '{"data":{}}',
  ])('a record that is no session (%s) is an error, not an empty session, and can be destroyed', async (value) => {
    const { open, records, sessions } = visits();
    const id = newId();
    await records.set(keyOf(id), value);
    await expect(open(id)).rejects.toThrow(SessionUnreadableError);
    await sessions.destroy(id);
    expect(await records.get(keyOf(id))).toBeUndefined();
  });

  it('while the store is down is an error, not a new session', async () => {
    const store = new MemoryStore();
    store.namespace = () =>
      Object.assign(new MemoryStore(), { get: () => Promise.reject(new StoreUnavailableError('down')) });
    await expect(visits({ store }).open(newId())).rejects.toMatchObject({ statusCode: 503, retryAfter: 1 });
  });

  it('reads eventually, and a miss again consistently, where that is asked for', async () => {
    const reads: unknown[] = [];
    class Reads extends MemoryStore {
      override get(key: string, options?: GetOptions): Promise<CacheEntry | undefined> {
        reads.push(options?.consistent);
        return super.get(key);
      }
    }
    const store = new MemoryStore();
    const records = new Reads();
    store.namespace = () => records;
    const { open, begin } = visits({ store, consistentRead: false });
    const id = await begin();
    await open(id);
    expect(reads).toEqual([false]);
    await open(newId());
    expect(reads).toEqual([false, false, true]);
  });
});

describe('An idle session', () => {
  const lifetime = 1000;

  it('lives for its lifetime after the last request, and at most a tenth longer', async () => {
    const { open, begin, time } = visits({ lifetime });
    const id = await begin();
    time.now += 99_000;
    await (await open(id)).commit();
    time.now += 1_000_000;
    expect((await open(id)).session.isNew).toBe(false);
    time.now += 2_000;
    expect((await open(id)).session.isNew).toBe(true);
  });

  it('moves its expiry at most once in a tenth of its lifetime', async () => {
    const { open, begin, records, time } = visits({ lifetime });
    const id = await begin();
    const expiries = new Set<number | undefined>();
    for (let request = 0; request < 100; request++) {
      time.now += 2_000;
      await (await open(id)).commit();
      expiries.add((await records.get(keyOf(id)))?.expiresAt);
    }
    expect(expiries.size).toBeLessThanOrEqual(3);
    time.now += lifetime * 1000 - 1;
    expect((await open(id)).session.isNew).toBe(false);
  });

  it('keeps its version when its expiry moves, so that no slow request fails for it', async () => {
    const { open, begin, dataOf, time } = visits({ lifetime });
    const id = await begin();
    const slow = await open(id);
    slow.session.set('a', slow.session.get('a') ?? 1);
    time.now += 200_000;
    await (await open(id)).commit();
    await slow.commit();
    expect((await dataOf(id))['a']).toBe(1);
  });
});

describe('A busy session', () => {
  const options = { lifetime: 1000, absoluteLifetime: 3000 };

  it('ends at its absolute lifetime, whatever it does and however often it gets a new id', async () => {
    const { open, begin, time } = visits(options);
    let id = await begin();
    for (let passed = 500; passed < 3000; passed += 500) {
      time.now += 500_000;
      const { session, draft, commit } = await open(id);
      expect(session.isNew).toBe(false);
      session.set('at', passed);
      session.regenerate();
      await commit();
      id = draft.id;
    }
    time.now += 499_000;
    expect((await open(id)).session.isNew).toBe(false);
    time.now += 1_000;
    expect((await open(id)).session.isNew).toBe(true);
  });

  it('ends there however late the engine deletes, also where the time allowed was made shorter', async () => {
    const { begin, store, time } = visits({ lifetime: 1000, absoluteLifetime: 100_000 });
    const id = await begin();
    time.now += 900_000;
    const shorter = visits({ store, lifetime: 1000, absoluteLifetime: 900, clock: () => time.now });
    expect((await shorter.open(id)).session.isNew).toBe(true);
  });

  it('is never kept for longer by being read', async () => {
    const { open, begin, records, time } = visits(options);
    const id = await begin();
    for (let passed = 0; passed < 2990; passed += 130) {
      await (await open(id)).commit();
      const { expiresAt = Infinity } = (await records.get(keyOf(id))) ?? {};
      expect(expiresAt).toBeLessThanOrEqual(1_800_003_000);
      time.now += 130_000;
    }
  });

  it('near its end is not written to again and again', async () => {
    const { open, begin, records, time } = visits(options);
    const id = await begin();
    time.now += 900_000;
    await (await open(id)).commit();
    time.now += 900_000;
    await (await open(id)).commit();
    time.now += 900_000;
    await (await open(id)).commit();
    const before = await records.get(keyOf(id));
    time.now += 100_000;
    await (await open(id)).commit();
    expect(await records.get(keyOf(id))).toEqual(before);
    expect(before?.expiresAt).toBe(1_800_003_000);
  });

  it('near its end is not written to at any fraction of a second, and what only read it stands at its end', async () => {
    const { open, begin, records, time } = visits(options);
    const id = await begin();
    for (let passed = 0; passed < 2700; passed += 900) {
      time.now += 900_000;
      await (await open(id)).commit();
    }
    const before = await records.get(keyOf(id));
    for (const fraction of [1, 300, 500, 999]) {
      time.now += 10_000 + fraction;
      await (await open(id)).commit();
      expect(await records.get(keyOf(id))).toEqual(before);
    }
    time.now = 1_800_002_999_900;
    const { commit } = await open(id);
    time.now += 400;
    await commit();
  });

  it('that comes to its end during a request is gone for its changes', async () => {
    const { open, begin, time } = visits(options);
    const id = await begin();
    time.now += 1_000_000;
    await (await open(id)).commit();
    time.now += 1_000_000;
    await (await open(id)).commit();
    time.now += 999_000;
    const { session, commit } = await open(id);
    session.set('late', true);
    time.now += 1_000;
    await expect(commit()).rejects.toThrow(SessionGoneError);
  });

  it('lives for ever where there is no absolute lifetime', async () => {
    const { open, begin, time } = visits({ lifetime: 1000, absoluteLifetime: 0 });
    const id = await begin();
    for (let day = 0; day < 500; day++) {
      time.now += 990_000;
      await (await open(id)).commit();
    }
    expect((await open(id)).session.isNew).toBe(false);
  });
});
