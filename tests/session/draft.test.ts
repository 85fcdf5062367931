/** What a request has seen of a session, and done to it, and what of that is its own business. */
import { describe, expect, it, vi } from 'vitest';
import {
  AmbiguousWriteError,
  CorruptEntryError,
  EntryTooLargeError,
  StoreUnavailableError,
} from '../../src/cache/errors.ts';
import {
  SessionConflictError,
  SessionGoneError,
  SessionTooLargeError,
  SessionUnavailableError,
  SessionUnreadableError,
} from '../../src/session/errors.ts';
import { keyOf, newId, userKeyOf } from '../../src/session/ids.ts';
import { available } from '../../src/session/available.ts';
import { apart } from './apart.ts';
import type { Visit } from './visits.ts';

type Work = (session: Visit['session']) => void;

/** A session with data and a message, of which a request is under way while another one changes `a`. */
async function underWay(work: Work, data: Readonly<Record<string, unknown>> = { a: 'old', b: 'b' }) {
  const all = apart();
  const id = await all.begin(data);
  const first = await all.open(id);
  first.session.flash('notice', 'Saved');
  await first.commit();
  const visit = await all.open(id);
  work(visit.session);
  const meanwhile = async (other: Work) => {
    const quick = await all.open(id);
    other(quick.session);
    await quick.commit();
  };
  return { ...all, ...visit, id, meanwhile };
}

describe('A change of a value that changed in between', () => {
  it.each<[string, Work]>([
    [
      'its own value, set before',
      (session) => {
        session.set('a', 1);
        session.get('a');
        session.has('a');
        session.set('a', 'mine');
      },
    ],
    [
      'its own deletion',
      (session) => {
        session.delete('a');
        session.get('a');
        session.has('a');
        session.set('a', 'mine');
      },
    ],
    [
      'what it cleared itself',
      (session) => {
        session.clear();
        session.get('a');
        session.set('a', 'mine');
      },
    ],
    [
      'that there is one',
      (session) => {
        session.has('a');
        session.set('a', 'mine');
      },
    ],
    [
      'another one',
      (session) => {
        session.get('b');
        session.set('a', 'mine');
      },
    ],
  ])('goes through where the request has seen only %s', async (_name, work) => {
    const { commit, dataOf, id, meanwhile } = await underWay(work);
    await meanwhile((session) => session.set('a', 'theirs'));
    await commit();
    expect(await dataOf(id)).toMatchObject({ a: 'mine' });
  });

  it.each<[string, Work]>([
    [
      'before it changed another one',
      (session) => {
        session.set('b', 1);
        session.set('a', [session.get('a')]);
      },
    ],
    [
      'before it asked whether there is one',
      (session) => {
        session.get('a');
        session.has('a');
        session.set('a', 'mine');
      },
    ],
    [
      'beside a message',
      (session) => {
        session.flash('a message', 1);
        session.set('a', [session.get('a')]);
      },
    ],
  ])('fails where the request read it %s', async (_name, work) => {
    const { commit, dataOf, id, meanwhile } = await underWay(work);
    await meanwhile((session) => session.set('a', 'theirs'));
    await expect(commit()).rejects.toThrow(SessionConflictError);
    expect(await dataOf(id)).toEqual({ a: 'theirs', b: 'b' });
  });

  it('goes through where nothing changed, also where all was read before all is removed', async () => {
    const { session, commit, dataOf, id } = await underWay((own) => {
      own.all();
      own.clear();
    });
    expect(session.data()).toEqual({});
    await commit();
    expect(await dataOf(id)).toEqual({});
  });
});

describe('What is done while a save is under way', () => {
  it('to a value that the request has not read wins over what another one writes', async () => {
    const { session, commit, dataOf, id, meanwhile } = await underWay((own) => own.set('b', 1));
    const saving = session.save();
    session.set('a', 'mine');
    await saving;
    await meanwhile((other) => other.set('a', 'theirs'));
    await commit();
    expect(await dataOf(id)).toEqual({ a: 'mine', b: 1 });
  });

  it('to a value that the save changes counts from what the save leaves', async () => {
    const { session, commit, dataOf, id } = await underWay((own) => own.set('a', [own.get('a')]));
    const saving = session.save();
    session.delete('a');
    await saving;
    await commit();
    expect(await dataOf(id)).toEqual({ b: 'b' });
  });

  it('may be to clear the session', async () => {
    const { session, commit, dataOf, id } = await underWay((own) => own.set('c', own.get('a')));
    const saving = session.save();
    session.clear();
    await saving;
    await commit();
    expect(await dataOf(id)).toEqual({});
  });

  it('may be to read a message, which is gone afterwards', async () => {
    const { session, draft, commit, open, id } = await underWay((own) => own.set('b', 1));
    const saving = session.save();
    expect(session.get('notice')).toBe('Saved');
    await saving;
    expect(draft.isChanged).toBe(true);
    await commit();
    expect(draft.isChanged).toBe(false);
    expect((await open(id)).session.messages()).toEqual({});
  });

  it('may be to log in', async () => {
    const { session, draft, commit, sessions } = await underWay((own) => own.set('b', 1));
    const saving = session.save();
    session.login('ada', { label: 'phone' });
    await saving;
    await commit();
    expect(await sessions.of('ada', async () => draft).list()).toMatchObject([{ label: 'phone', isCurrent: true }]);
  });
});

describe('A login', () => {
  it('is done once: a later new id of the session enters nobody again', async () => {
    const { open, users } = apart();
    const { session, commit } = await open();
    session.login('ada');
    await commit();
    await users.delete(userKeyOf('ada'));
    session.regenerate();
    await expect(commit()).rejects.toThrow(SessionGoneError);
    expect(await users.get(userKeyOf('ada'))).toBeUndefined();
  });
});

describe('A message and data of the same name', () => {
  it.each<[string, Work, unknown]>([
    ['a deletion', (session) => session.delete('notice'), undefined],
    ['an update', (session) => session.update('notice', () => 'own'), 'own'],
    ['a value', (session) => session.set('notice', 'own'), 'own'],
    [
      'a value, and then a message',
      (session) => {
        session.set('notice', 'own');
        session.flash('notice', 'newer');
      },
      'newer',
    ],
    [
      'a value, which is cleared',
      (session) => {
        session.set('notice', 'own');
        session.clear();
      },
      'Saved',
    ],
  ])('after %s by this request answer what it did last', async (_name, work, expected) => {
    const { session } = await underWay(work);
    expect(session.get('notice')).toEqual(expected);
  });

  it('is a change where the message was read, and none any more once that is committed', async () => {
    const { session, draft, commit, open } = await underWay(() => {});
    expect(draft.isChanged).toBe(false);
    session.get('notice');
    expect(draft.isChanged).toBe(true);
    await commit();
    expect(draft.isChanged).toBe(false);
    expect((await open()).draft.isChanged).toBe(true);
  });
});

describe('What comes after a logout', () => {
  it('knows nothing of what was read, kept or written before', async () => {
    const { session, draft, commit, open, dataOf } = await underWay((own) => {
      own.set('b', own.get('a'));
      own.all();
      own.keep('notice');
      own.destroy();
    });
    expect(session.get('b')).toBeUndefined();
    session.set('a', 'new');
    session.flash('notice', 'You are logged out');
    expect(session.get('notice')).toBe('You are logged out');
    await commit();
    expect(await dataOf(draft.id)).toEqual({ a: 'new' });
    expect((await open(draft.id)).session.messages()).toEqual({});
  });

  it('does not hold that everything was read', async () => {
    const { session, draft, commit, open, dataOf } = await underWay((own) => {
      own.all();
      own.destroy();
    });
    session.set('a', 1);
    await commit();
    const other = await open(draft.id);
    other.session.set('c', 'theirs');
    await other.commit();
    session.set('c', 'mine');
    await commit();
    expect(await dataOf(draft.id)).toEqual({ a: 1, c: 'mine' });
  });
});

describe('A record', () => {
  it('says no more than there is to say', async () => {
    const { begin, records } = apart();
    const id = await begin({ a: 1 });
    expect((await records.get(keyOf(id)))?.value).toBe('{"data":{"a":1},"created":1800000000}');
  });

  it.each([
    '{"data":"text","created":1}',
    '{"data":1,"created":1}',
    '{"data":null,"created":1}',
    '{"data":{},"created":"1"}',
    '{"data":{},"created":1,"flash":{"a":1}}',
    '{"data":{},"created":1,"flash":{"a":"text"}}',
    '{"data":{},"created":1,"flash":{"a":[1,2]}}',
    '{"data":{},"created":1,"user":1}',
    '{"data":{},"created":1,"superseded":1}',
    '{"data":{},"created":1,"superseded":[1,2]}',
    '{"data":{},"created":1,"superseded":["key","2"]}',
  ])('of %s is none of a session', async (text) => {
    const { open, records } = apart();
    const id = newId();
    await records.set(keyOf(id), text);
    await expect(open(id)).rejects.toThrow(SessionUnreadableError);
  });

  it('may hold data, and messages, of just the limit', async () => {
    const value = 'x'.repeat(50);
    const maxBytes = JSON.stringify({ a: value }).length;
    const { open, begin } = apart({ maxBytes });
    const id = await begin({ a: value });
    const { session, commit } = await open(id);
    session.set('a', `${value}x`);
    await expect(commit()).rejects.toThrow(SessionTooLargeError);
    const other = await open(id);
    other.session.flash('notice', 'x'.repeat(maxBytes));
    await expect(other.commit()).rejects.toThrow(SessionTooLargeError);
    expect((await open(id)).session.all()).toEqual({ a: value });
  });
});

describe('What the store is asked', () => {
  it('for a session is what was last written, unless that is told otherwise', async () => {
    for (const options of [{}, { consistentRead: true }, { consistentRead: false }]) {
      const { open, begin, records } = apart(options);
      const id = await begin();
      const reads = vi.spyOn(records, 'get');
      await open(id);
      expect(reads.mock.calls).toEqual([
        options.consistentRead === false ? [keyOf(id), { consistent: false }] : [keyOf(id)],
      ]);
    }
  });

  it('about what goes on under another id, and who is logged in, is always that', async () => {
    const { open, sessions, records } = apart({ consistentRead: false });
    const { session, draft, commit } = await open();
    session.login('ada');
    await commit();
    const { key, id } = draft;
    session.regenerate();
    await commit();
    const reads = vi.spyOn(records, 'get');
    await open(id);
    expect(reads.mock.calls).toEqual([
      [key, { consistent: false }],
      [draft.key, { consistent: true }],
    ]);
    const lists = vi.spyOn(records, 'getMany');
    await sessions.of('ada').list();
    expect(lists.mock.calls).toEqual([[[key, draft.key], { consistent: true }]]);
  });

  it('says nothing of a lock where there is none', async () => {
    const { open, begin, sessions, records } = apart();
    const visit = await open(await begin());
    const [writes, unlocks] = [vi.spyOn(records, 'set'), vi.spyOn(records, 'unlock')];
    visit.session.set('a', 1);
    await visit.commit({ release: true });
    await sessions.release(visit.draft);
    expect(writes.mock.calls[0]?.[2]).not.toHaveProperty('release');
    await open(newId(), { lock: true });
    expect(unlocks).not.toHaveBeenCalled();
  });
});

describe('A failure of the store', () => {
  it.each([
    [new StoreUnavailableError('down'), SessionUnavailableError],
    [new AmbiguousWriteError('lost', 'key'), SessionUnavailableError],
    [new CorruptEntryError('broken'), SessionUnreadableError],
    [new EntryTooLargeError('key', 5, 4), SessionTooLargeError],
  ])('is one of the session, with its cause: %s', async (cause, Failure) => {
    const failure: unknown = await available(Promise.reject(cause)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Error).cause).toBe(cause);
    if (cause instanceof EntryTooLargeError) expect(failure).toMatchObject({ size: 5, limit: 4 });
  });

  it('of another kind stays what it is', async () => {
    const error = new TypeError('a mistake');
    await expect(available(Promise.reject(error))).rejects.toBe(error);
  });
});
