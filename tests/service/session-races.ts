/** Races of requests whose handlers are the test's own, on any store: what the example's routes do not do. */
import { describe, expect, it } from 'vitest';
import type { CacheStore } from '../../src/cache/store.ts';
import { requests, type Work } from './requests.ts';
import { cookieOf, idOf } from './service.ts';

/** @param newStore an empty store */
export function describeSessionRaces(engine: string, newStore: () => Promise<CacheStore>): void {
  describe(`Sessions on ${engine}`, () => {
    const twins: readonly [string, Work, Work][] = [
      ['get and set', (session) => session.get('a'), (session) => session.set('a', [session.get('a'), 'mine'])],
      ['has and set', (session) => session.has('new'), (session) => session.set('new', 'mine')],
      ['pull', (session) => session.pull('a'), () => {}],
      ['get and delete', (session) => session.get('a'), (session) => session.delete('a')],
      ['all and clear', (session) => session.all(), (session) => session.clear()],
    ];

    it.each(twins)('let one of two requests %s the same key, and refuse the other', async (_, look, work) => {
      const { begin, slow, dataOf } = requests(await newStore());
      const cookie = await begin({ a: 'old' });
      const [first, second] = [await slow(cookie, look, work), await slow(cookie, look, work)];
      expect(await second()).toMatchObject({ status: 200, setCookies: [] });
      const won = await dataOf(cookie);
      expect(won).not.toEqual({ a: 'old' });
      expect(await first()).toMatchObject({ status: 409, setCookies: [] });
      expect(await dataOf(cookie)).toEqual(won);
    });

    it('count twenty updates that were all opened before the first was written', async () => {
      const { begin, slow, dataOf } = requests(await newStore());
      const cookie = await begin();
      const add: Work = (session) => session.update('n', (n) => Number(n ?? 0) + 1);
      const waiting = [];
      for (let request = 0; request < 20; request += 1) waiting.push(await slow(cookie, () => {}, add));
      const replies = await Promise.all(waiting.map((finish) => finish()));
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
      expect(await dataOf(cookie)).toEqual({ a: 1, n: 20 });
    });

    it('keep twenty keys that were all set on the same state', async () => {
      const { begin, slow, dataOf } = requests(await newStore());
      const cookie = await begin();
      const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
      const waiting = [];
      for (const key of keys)
        waiting.push(
          await slow(
            cookie,
            () => {},
            (session) => session.set(key, key),
          ),
        );
      await Promise.all(waiting.map((finish) => finish()));
      expect(await dataOf(cookie)).toEqual({ a: 1, ...Object.fromEntries(keys.map((key) => [key, key])) });
    });

    it('let the last writer of a key win that neither had read', async () => {
      const { begin, slow, dataOf } = requests(await newStore());
      const cookie = await begin();
      const first = await slow(
        cookie,
        () => {},
        (session) => session.set('b', 'first'),
      );
      const second = await slow(
        cookie,
        () => {},
        (session) => session.set('b', 'second'),
      );
      await second();
      await first();
      expect(await dataOf(cookie)).toEqual({ a: 1, b: 'first' });
    });

    it('stay ended after a logout, though two requests wait with changes', async () => {
      const { begin, slow, send, recordOf } = requests(await newStore());
      const cookie = await begin();
      const set = await slow(
        cookie,
        () => {},
        (session) => session.set('b', 1),
      );
      const saved = await slow(
        cookie,
        () => {},
        async (session) => {
          session.regenerate();
          await session.save();
        },
      );
      await send(cookie, (_session, request) => request.destroy());
      expect(await set()).toMatchObject({ status: 409, setCookies: [] });
      expect(await saved()).toMatchObject({ status: 409, setCookies: [] });
      expect(await recordOf(cookie)).toBeUndefined();
    });

    it('answer a new id that was saved before the handler failed', async () => {
      const { begin, send, dataOf } = requests(await newStore());
      const cookie = await begin();
      const reply = await send(cookie, async (session) => {
        session.regenerate();
        session.set('b', 2);
        await session.save();
        session.set('c', 3);
        throw new Error('The handler failed.');
      });
      expect(reply).toMatchObject({ status: 500, setCookies: [expect.any(String)] });
      expect(await dataOf(cookieOf(reply))).toEqual({ a: 1, b: 2 });
      expect(await dataOf(cookie)).toEqual({ a: 1 });
    });

    it('answer the cookie of a session that began with save() before the handler failed', async () => {
      const { send, dataOf } = requests(await newStore());
      const reply = await send(undefined, async (session) => {
        session.set('a', 1);
        await session.save();
        session.set('a', 2);
        throw new Error('The handler failed.');
      });
      expect(reply).toMatchObject({ status: 500, setCookies: [expect.any(String)] });
      expect(await dataOf(cookieOf(reply))).toEqual({ a: 1 });
    });

    it('write nothing where the handler failed before a save()', async () => {
      const { begin, send, recordOf } = requests(await newStore());
      const cookie = await begin();
      const before = await recordOf(cookie);
      const reply = await send(cookie, (session) => {
        session.set('b', 2);
        session.regenerate();
        throw new Error('The handler failed.');
      });
      expect(reply).toMatchObject({ status: 500, setCookies: [] });
      expect(await recordOf(cookie)).toEqual(before);
    });

    it('begin anew when they are used after destroy(), with another id', async () => {
      const { begin, send, dataOf, recordOf } = requests(await newStore());
      const cookie = await begin();
      const reply = await send(cookie, (session) => {
        session.destroy();
        session.flash('notice', 'You are logged out');
        return session.data();
      });
      expect(reply).toMatchObject({ status: 200, body: {}, setCookies: [expect.any(String)] });
      expect(idOf(cookieOf(reply))).not.toBe(idOf(cookie));
      expect(await recordOf(cookie)).toBeUndefined();
      expect(await dataOf(cookieOf(reply))).toEqual({});
      expect((await send(cookieOf(reply), (session) => session.get('notice'))).body).toBe('You are logged out');
    });

    it('never adopt an id that is not in the table', async () => {
      const { begin, send, recordOf } = requests(await newStore());
      const cookie = await begin();
      await send(cookie, (session) => session.destroy());
      const reply = await send(cookie, (session) => session.set('a', 'adopted'));
      expect(idOf(cookieOf(reply))).not.toBe(idOf(cookie));
      expect(await recordOf(cookie)).toBeUndefined();
    });

    it('keep a message that keep() holds, whatever others do meanwhile', async () => {
      const { begin, send, slow } = requests(await newStore());
      const cookie = await begin();
      await send(cookie, (session) => session.flash('notice', 'Saved'));
      const finish = await slow(
        cookie,
        (session) => session.get('notice'),
        (session) => session.keep('notice'),
      );
      await send(cookie, (session) => session.set('b', 2));
      await finish();
      const read: Work = (session) => session.get('notice');
      expect((await send(cookie, read)).body).toBe('Saved');
      expect((await send(cookie, read)).body).toBeUndefined();
    });

    it('remove the message that was read, and not a newer one of the same name', async () => {
      const { begin, send, slow } = requests(await newStore());
      const cookie = await begin();
      await send(cookie, (session) => session.flash('notice', 'old'));
      const finish = await slow(
        cookie,
        (session) => session.get('notice'),
        (session) => session.set('b', 2),
      );
      await send(cookie, (session) => session.flash('notice', 'new'));
      expect((await finish()).status).toBe(200);
      expect((await send(cookie, (session) => session.get('notice'))).body).toBe('new');
    });

    it('answer after save() what was committed', async () => {
      const { begin, send, slow } = requests(await newStore());
      const cookie = await begin({ n: 1 });
      const finish = await slow(
        cookie,
        () => {},
        async (session) => {
          session.update('n', (n) => Number(n) + 1);
          await session.save();
          return [session.get('n'), session.get('other')];
        },
      );
      await send(cookie, (session) => {
        session.set('n', 10);
        session.set('other', true);
      });
      expect((await finish()).body).toEqual([11, true]);
    });

    it('end once, whoever of two logs out first', async () => {
      const { begin, slow, recordOf } = requests(await newStore());
      const cookie = await begin();
      const end: Work = (session) => session.destroy();
      const [first, second] = [await slow(cookie, () => {}, end), await slow(cookie, () => {}, end)];
      const expired = { status: 200, setCookies: [expect.stringContaining('Max-Age=0')] };
      expect(await Promise.all([first(), second()])).toEqual([
        expect.objectContaining(expired),
        expect.objectContaining(expired),
      ]);
      expect(await recordOf(cookie)).toBeUndefined();
    });
  });
}
