import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bodyOf, type Visitor } from '../visitor.ts';

export function sessionBehaviours(visitor: () => Visitor): void {
  describe('a session', () => {
    it('is new, and stored nowhere, until something is put into it', async () => {
      const guest = visitor();
      expect(await guest.session()).toMatchObject({ isNew: true, data: {}, flash: {} });
      expect(guest.cookies).toEqual([]);
    });

    it('keeps what is put into it, and forgets what is removed', async () => {
      const guest = visitor();
      expect(await guest.json('PUT', '/session/data/cart', [{ id: 1 }])).toMatchObject({ status: 204, body: '' });
      expect(await guest.session()).toMatchObject({ isNew: false, data: { cart: [{ id: 1 }] } });
      expect((await guest.send('DELETE', '/session/data/cart')).status).toBe(204);
      expect((await guest.session()).data).toEqual({});
    });

    it.each(['"x"', '""', '"{\\"a\\":1}"', 'false', '0', '-1.5e300', 'null', '[]', '{"a":[1,{"b":null}]}', '"ünï☃𝄞"'])(
      'keeps %s as it was sent',
      async (body) => {
        const guest = visitor();
        const headers = { 'content-type': 'application/json' };
        expect((await guest.send('PUT', '/session/data/a', { body, headers })).status).toBe(204);
        expect((await guest.session()).data).toEqual({ a: JSON.parse(body) });
      },
    );

    it.each(['__proto__', 'a b', 'ünï☃𝄞', '?&#=+', '.hidden', '"<script>', 'k'.repeat(1024)])(
      'keeps the key %j apart from all others',
      async (key) => {
        const guest = visitor();
        await guest.json('PUT', '/session/data/other', true);
        const path = `/session/data/${encodeURIComponent(key)}`;
        expect((await guest.json('PUT', path, { text: key })).status).toBe(204);
        expect(new Map(Object.entries((await guest.session()).data))).toEqual(
          new Map<string, unknown>([
            ['other', true],
            [key, { text: key }],
          ]),
        );
        expect((await guest.send('DELETE', path)).status).toBe(204);
        expect((await guest.session()).data).toEqual({ other: true });
      },
    );

    it('takes 90 KB of what does not compress, and refuses what is larger without losing any', async () => {
      const guest = visitor();
      const large = randomBytes(45_000).toString('hex');
      expect((await guest.json('PUT', '/session/data/large', large)).status).toBe(204);
      const refused = await guest.json('PUT', '/session/data/more', 'x'.repeat(20_000));
      expect(refused.status).toBe(413);
      expect(bodyOf(refused)).toMatchObject({ code: 'SESSION_TOO_LARGE' });
      expect((await guest.session()).data).toEqual({ large });
    });

    it("is nobody else's", async () => {
      const [one, other] = [visitor(), visitor()];
      await one.json('PUT', '/session/data/name', 'one');
      await other.json('PUT', '/session/data/name', 'other');
      expect((await one.session()).data).toEqual({ name: 'one' });
      expect((await other.session()).data).toEqual({ name: 'other' });
    });

    it('shows a message once', async () => {
      const guest = visitor();
      expect((await guest.json('POST', '/session/flash', { message: 'Saved' })).status).toBe(204);
      expect((await guest.session()).flash).toEqual({ notice: 'Saved' });
      expect((await guest.session()).flash).toEqual({});
    });

    it('counts visits', async () => {
      const guest = visitor();
      for (const visits of [1, 2, 3]) expect(bodyOf(await guest.json('POST', '/session/visits'))).toEqual({ visits });
    });

    it('gets a new id that holds the same', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const [before, [cookie]] = [await guest.session(), guest.cookies];
      const answer = await guest.json('POST', '/session/regenerate');
      const after = await guest.session();
      expect(bodyOf(answer)).toEqual({ handle: after.handle });
      expect(after.handle).not.toBe(before.handle);
      expect(after.data).toEqual({ a: 1 });
      expect(guest.cookies).not.toContain(cookie);
    });

    it('changes nothing any more under its old id', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const old = guest.cookies;
      await guest.json('POST', '/session/regenerate');
      const late = await guest.send('POST', '/session/visits', { cookies: old });
      expect(late).toMatchObject({ status: 409, setCookies: [] });
      expect((await guest.session()).data).toEqual({ a: 1 });
    });

    it('ends with what it held, and no request brings it back', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const old = guest.cookies;
      expect((await guest.send('DELETE', '/session')).status).toBe(204);
      expect(guest.cookies).toEqual([]);
      const late = await guest.send('GET', '/session', { cookies: old });
      expect(bodyOf(late)).toMatchObject({ isNew: true, data: {} });
      const visits = await guest.send('POST', '/session/visits', { cookies: old });
      expect(bodyOf(visits)).toEqual({ visits: 1 });
      expect(guest.cookies).not.toEqual(old);
    });
  });
}
