import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bodyOf, type Visitor } from '../visitor.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

interface Listed {
  readonly user: string;
  readonly sessions: readonly { readonly handle: string; readonly label: string; readonly current: boolean }[];
}

export function loginBehaviours(visitor: () => Visitor): void {
  /** Somebody else in each test: the service keeps its sessions. */
  const somebody = () => `user ${randomUUID()}`;

  async function logIn(user: string): Promise<Visitor> {
    const guest = visitor();
    expect((await guest.json('POST', '/login', { user }, { 'user-agent': FIREFOX })).status).toBe(204);
    return guest;
  }

  const list = async (guest: Visitor) => bodyOf(await guest.send('GET', '/sessions')) as Listed;

  describe('a login', () => {
    it('is under a new id, and keeps what the visitor had', async () => {
      const [guest, user] = [visitor(), somebody()];
      await guest.json('PUT', '/session/data/cart', [1]);
      const before = await guest.session();
      expect(await guest.json('POST', '/login', { user })).toMatchObject({ status: 204, body: '' });
      const after = await guest.session();
      expect(after.data).toEqual({ cart: [1], user });
      expect(after.handle).not.toBe(before.handle);
    });

    it('ends with a logout, for every copy of the cookie', async () => {
      const guest = await logIn(somebody());
      const copy = guest.cookies;
      const answer = await guest.json('POST', '/logout');
      expect(answer.status).toBe(204);
      expect(answer.setCookies).toEqual([expect.stringMatching(/max-age=0/i)]);
      for (const cookies of [guest.cookies, copy]) {
        expect(bodyOf(await guest.send('GET', '/session', { cookies }))).toMatchObject({ isNew: true, data: {} });
      }
    });

    it('leads to nobody who only stored a name', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/user', 'ada');
      const answer = await guest.send('GET', '/sessions');
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Cookie' } });
      expect(bodyOf(answer)).toMatchObject({ code: 'NOT_LOGGED_IN' });
    });
  });

  describe('the sessions of a user', () => {
    it("are listed, the user's own and no others", async () => {
      const user = somebody();
      const [laptop, phone] = [await logIn(user), await logIn(user)];
      await logIn(somebody());
      const listed = await list(phone);
      expect(listed.user).toBe(user);
      expect(listed.sessions.map(({ handle, label, current }) => ({ handle, label, current }))).toEqual([
        { handle: (await laptop.session()).handle, label: 'Firefox on Linux', current: false },
        { handle: (await phone.session()).handle, label: 'Firefox on Linux', current: true },
      ]);
    });

    it('are a page for browsers', async () => {
      const answer = await (await logIn('<b>ada</b>')).send('GET', '/sessions', { headers: { accept: 'text/html' } });
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.body).toContain('&lt;b&gt;ada&lt;/b&gt; is logged in here');
    });

    it('end one by one, from any of them', async () => {
      const user = somebody();
      const [laptop, phone] = [await logIn(user), await logIn(user)];
      const { handle } = await laptop.session();
      expect((await phone.send('DELETE', `/sessions/${handle}`)).status).toBe(204);
      expect((await laptop.session()).isNew).toBe(true);
      expect((await list(phone)).sessions).toHaveLength(1);
      expect((await phone.send('DELETE', `/sessions/${handle}`)).status).toBe(404);
    });

    it('all end but the one that asks', async () => {
      const user = somebody();
      const [one, two, three] = [await logIn(user), await logIn(user), await logIn(user)];
      expect((await one.send('DELETE', '/sessions')).status).toBe(204);
      expect((await two.session()).isNew).toBe(true);
      expect((await three.session()).isNew).toBe(true);
      expect((await one.session()).data).toEqual({ user });
    });

    it("are not ended by anybody else's", async () => {
      const [one, stranger] = [await logIn(somebody()), await logIn(somebody())];
      const { handle } = await one.session();
      expect((await stranger.send('DELETE', `/sessions/${handle}`)).status).toBe(404);
      expect((await one.session()).isNew).toBe(false);
    });

    it('are still listed after one got a new id', async () => {
      const guest = await logIn(somebody());
      await guest.json('POST', '/session/regenerate');
      const { handle } = await guest.session();
      expect((await list(guest)).sessions).toMatchObject([{ handle, current: true }]);
    });
  });
}
