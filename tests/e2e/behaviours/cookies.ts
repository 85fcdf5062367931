import { describe, expect, it } from 'vitest';
import { type Answer, bodyOf, type Target, Visitor } from '../visitor.ts';

export function cookieBehaviours(target: () => Target): void {
  const visitor = () => new Visitor(target());

  describe('the cookie', () => {
    it('is what its configuration says, and for this host alone', async () => {
      const answer = await visitor().json('PUT', '/session/data/a', 1);
      const secure = target().cookie.startsWith('__Host-');
      expect(attributesOf(answer)).toEqual({
        name: target().cookie,
        'max-age': '2592000',
        path: '/',
        httponly: true,
        samesite: 'lax',
        ...(secure && { secure: true }),
      });
    });

    it('is sent when the id is new, and not again', async () => {
      const guest = visitor();
      expect((await guest.json('PUT', '/session/data/a', 1)).setCookies).toHaveLength(1);
      expect((await guest.json('PUT', '/session/data/a', 2)).setCookies).toEqual([]);
      expect((await guest.send('GET', '/session')).setCookies).toEqual([]);
      expect((await guest.json('POST', '/session/regenerate')).setCookies).toHaveLength(1);
      expect((await guest.send('DELETE', '/session')).setCookies).toHaveLength(1);
    });

    it('does not show in what a page or an answer holds', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const [cookie = ''] = guest.cookies;
      const id = cookie.slice(cookie.indexOf('=') + 1).split('.')[0] ?? '';
      expect(id.length).toBeGreaterThan(40);
      for (const path of ['/', '/session']) expect((await guest.send('GET', path)).body).not.toContain(id);
    });

    it.each<[what: string, forge: (value: string) => string]>([
      ['with another id', (value) => `${'A'.repeat(43)}${value.slice(43)}`],
      ['with another signature', (value) => `${value.slice(0, -6)}AAAAAA`],
      ['without its signature', (value) => value.slice(0, 43)],
      ['of an attacker', () => 'fixed-by-an-attacker'],
      ['that is empty', () => ''],
    ])('%s is no session, and never becomes one', async (_what, forge) => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const [name, value] = splitCookie(guest.cookies[0] ?? '');
      const forged = [`${name}=${forge(value)}`];
      expect(forged).not.toEqual(guest.cookies);
      const read = await guest.send('GET', '/session', { cookies: forged });
      expect(bodyOf(read)).toMatchObject({ isNew: true, data: {} });
      const stranger = visitor();
      expect((await stranger.send('POST', '/session/visits', { cookies: forged })).status).toBe(200);
      expect(stranger.cookies).toHaveLength(1);
      expect(stranger.cookies).not.toEqual(forged);
    });

    it('is found among others, also broken ones', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const answer = await guest.send('GET', '/session', { cookies: ['a="b', 'x', '=y', ...guest.cookies, 'z=%zz'] });
      expect(bodyOf(answer)).toMatchObject({ isNew: false, data: { a: 1 } });
    });

    it('of another name is not taken for it', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const [, value] = splitCookie(guest.cookies[0] ?? '');
      const other = target().cookie === 'session' ? '__Host-session' : 'session';
      const answer = await guest.send('GET', '/session', { cookies: [`${other}=${value}`] });
      expect(bodyOf(answer)).toMatchObject({ isNew: true });
    });
  });
}

function splitCookie(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/**
 * The cookie of an answer without its value, in lower case. Without `Expires`: `sls offline` writes cookies anew, and adds
 * one to each `Max-Age`, which wins over it.
 */
function attributesOf({ setCookies }: Answer): Record<string, string | true> {
  expect(setCookies).toHaveLength(1);
  const [pair = '', ...attributes] = (setCookies[0] ?? '').split(/; */);
  return {
    name: splitCookie(pair)[0],
    ...Object.fromEntries(
      attributes
        .map((attribute) => attribute.toLowerCase().split('='))
        .filter(([name]) => name !== 'expires')
        .map(([name = '', value]) => [name, value ?? true]),
    ),
  };
}
