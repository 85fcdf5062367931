import { describe, expect, it } from 'vitest';
import { bodyOf, type Visitor } from '../visitor.ts';

/** The other origin that the service has to be set up to trust. */
export const APP_ORIGIN = 'https://app.example.com';

export function originBehaviours(visitor: () => Visitor): void {
  describe('a request that changes something', () => {
    it.each([
      ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
      ['a page of a sibling domain', { 'sec-fetch-site': 'same-site' }],
      ['another origin, of an older browser', { origin: 'https://elsewhere.example' }],
      ['no origin that it would name', { origin: 'null' }],
    ])('is refused from %s', async (_what, headers) => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      for (const [method, path] of [
        ['POST', '/session/visits'],
        ['DELETE', '/session'],
        ['PUT', '/session/data/a'],
      ] as const) {
        const answer = await guest.send(method, path, { headers });
        expect(answer).toMatchObject({ status: 403, setCookies: [] });
        expect(bodyOf(answer)).toMatchObject({ code: 'CROSS_ORIGIN' });
      }
      expect((await guest.session()).data).toEqual({ a: 1 });
    });

    it.each<[string, (guest: Visitor) => Record<string, string>]>([
      ['its own pages', () => ({ 'sec-fetch-site': 'same-origin' })],
      ['its own pages, in an older browser', (guest) => ({ origin: guest.origin })],
      ['an address that was typed', () => ({ 'sec-fetch-site': 'none' })],
      ['an allowed origin', () => ({ 'sec-fetch-site': 'same-site', origin: APP_ORIGIN })],
      ['what is no browser', () => ({})],
    ])('is taken from %s', async (_what, headers) => {
      const guest = visitor();
      expect(bodyOf(await guest.json('POST', '/session/visits', undefined, headers(guest)))).toEqual({ visits: 1 });
    });
  });

  describe('another origin', () => {
    it('that is allowed may read, with the cookie', async () => {
      const answer = await visitor().send('GET', '/session', { headers: { origin: APP_ORIGIN } });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': APP_ORIGIN,
        'access-control-allow-credentials': 'true',
        vary: expect.stringMatching(/\bOrigin\b/i),
      });
    });

    it('that is allowed may ask first', async () => {
      const headers = { origin: APP_ORIGIN, 'access-control-request-method': 'PUT' };
      const answer = await visitor().send('OPTIONS', '/session/data/a', { headers });
      expect(answer).toMatchObject({
        status: 204,
        headers: { 'access-control-allow-methods': 'PUT, DELETE, OPTIONS', 'access-control-allow-origin': APP_ORIGIN },
      });
    });

    it.each(['https://elsewhere.example', 'https://app.example.com.evil.example', 'null'])(
      'such as %s may do neither',
      async (origin) => {
        for (const method of ['GET', 'OPTIONS']) {
          const headers = { origin, 'access-control-request-method': 'PUT' };
          const answer = await visitor().send(method, '/session', { headers });
          expect([method, answer.headers['access-control-allow-origin']]).toEqual([method, undefined]);
        }
      },
    );
  });
}
