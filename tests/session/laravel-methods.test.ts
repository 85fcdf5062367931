/** The ways of docs/coming-from-php.md to do what Laravel has a method for. */
import { describe, expect, it } from 'vitest';
import { visits, type Visit } from './visits.ts';

type AnySession = Visit['session'];

/** What is stored after a request of a session with this data. */
async function after(data: Readonly<Record<string, unknown>>, work: (session: AnySession) => unknown) {
  const { begin, open, dataOf } = visits();
  const id = await begin(data);
  const { session, draft, commit } = await open(id);
  const answer = work(session);
  await commit();
  return { answer, data: await dataOf(draft.id), next: (await open(draft.id)).session };
}

describe('What Laravel has a method for', () => {
  it('push() is an update of a list, which need not be there', async () => {
    const push = (session: AnySession) => session.update('a', (list = []) => [...(list as unknown[]), 2]);
    expect((await after({ a: [1] }, push)).data).toEqual({ a: [1, 2] });
    expect((await after({ b: 1 }, push)).data).toEqual({ a: [2], b: 1 });
  });

  it('increment() is an update of a number, which need not be there', async () => {
    const increment = (session: AnySession) => session.update('n', (n = 0) => Number(n) + 1);
    expect((await after({ n: 4 }, increment)).data).toEqual({ n: 5 });
    expect((await after({ b: 1 }, increment)).data).toEqual({ n: 1, b: 1 });
  });

  it('remember() computes and stores what is not there', async () => {
    const remember = (session: AnySession) => {
      const known = session.get('a');
      if (known !== undefined) return known;
      session.set('a', 'computed');
      return session.get('a');
    };
    expect(await after({ a: 'known' }, remember)).toMatchObject({ answer: 'known', data: { a: 'known' } });
    expect(await after({ b: 1 }, remember)).toMatchObject({ answer: 'computed', data: { a: 'computed' } });
  });

  it('exists() is has(), and Laravel’s has() asks for more than null', async () => {
    const look = (session: AnySession) => [
      session.has('nothing'),
      (session.get('nothing') ?? null) !== null,
      session.has('missing'),
      ['missing', 'nothing'].some((key) => session.has(key)),
    ];
    expect((await after({ nothing: null }, look)).answer).toEqual([true, false, false, true]);
  });

  it('reflash() keeps every message, though they were read', async () => {
    const { begin, open } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    first.session.flash('error', 'Not sent');
    await first.commit();
    const second = await open(id);
    expect(second.session.get('notice')).toBe('Saved');
    for (const name of Object.keys(second.session.messages())) second.session.keep(name);
    await second.commit();
    expect((await open(id)).session.messages()).toEqual({ notice: 'Saved', error: 'Not sent' });
  });

  it('flashInput() is a message that is an object', async () => {
    const { next } = await after({ a: 1 }, (session) => session.flash('input', { name: 'Ada' }));
    expect(next.get('input')).toEqual({ name: 'Ada' });
  });

  it('flush() is clear(), after which user and messages stay', async () => {
    const { next } = await after({ a: 1 }, (session) => {
      session.login('ada');
      session.flash('notice', 'Cleared');
      session.clear();
    });
    expect([next.userId, next.data(), next.messages()]).toEqual(['ada', {}, { notice: 'Cleared' }]);
  });

  it('invalidate() is destroy(), after which a new session holds what is set', async () => {
    const { data, next } = await after({ a: 1 }, (session) => {
      session.destroy();
      session.set('b', 2);
    });
    expect(data).toEqual({ b: 2 });
    expect(next.isNew).toBe(false);
  });

  it('keys with dots are keys like others', async () => {
    const { data } = await after({ user: { name: 'Ada' } }, (session) => session.set('user.name', 'Bob'));
    expect(data).toEqual({ user: { name: 'Ada' }, 'user.name': 'Bob' });
  });
});
