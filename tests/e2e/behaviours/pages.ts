import { describe, expect, it } from 'vitest';
import { bodyOf, type Visitor } from '../visitor.ts';

export function pageBehaviours(visitor: () => Visitor): void {
  describe('the page', () => {
    it('is shown to a visitor without a session, who gets none by looking', async () => {
      const answer = await visitor().send('GET', '/');
      expect(answer).toMatchObject({ status: 200, setCookies: [] });
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(answer.body).toContain('<h1>Cloakroom</h1>');
    });

    it('shows what is stored as text, whatever is in it', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/%3Cb%3E', '<script>alert(1)</script>');
      const { body } = await guest.send('GET', '/');
      expect(body).toContain('&lt;script&gt;alert(1)');
      expect(body).not.toContain('<script>alert');
      expect(body).not.toContain('<b>');
    });

    it('takes every form, and is where each leads back to', async () => {
      const guest = visitor();
      const forms: readonly (readonly [string, Record<string, string>])[] = [
        ['/session/data', { key: 'colour', value: 'blue & green' }],
        ['/session/data', { key: 'size', value: '' }],
        ['/session/data/delete', { key: 'size' }],
        ['/session/visits', {}],
        ['/session/flash', { message: 'Hello' }],
        ['/session/regenerate', {}],
        ['/login', { user: 'Ada by form' }],
      ];
      for (const [path, fields] of forms) {
        const { status, headers } = await guest.form(path, fields);
        expect([path, status, headers['location']]).toEqual([path, 303, '/']);
      }
      expect(await guest.session()).toMatchObject({
        data: { colour: 'blue & green', visits: 1, user: 'Ada by form' },
        flash: { notice: 'Hello' },
      });
      expect(await guest.form('/logout')).toMatchObject({ status: 303, headers: { location: '/' } });
      expect((await guest.session()).isNew).toBe(true);
    });
  });

  describe('every answer', () => {
    it.each([
      ['GET', '/', 200],
      ['GET', '/health', 200],
      ['GET', '/session', 200],
      ['GET', '/nowhere', 404],
      ['PUT', '/', 405],
      ['GET', '/sessions', 401],
    ] as const)('carries the security headers: %s %s', async (method, path, status) => {
      const answer = await visitor().send(method, path);
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(answer.headers['content-security-policy']).toContain("object-src 'none'");
      expect(answer.headers['content-security-policy']).toContain("base-uri 'none'");
    });

    it('to HEAD is that to GET without the body, and leaves a message for a request that shows it', async () => {
      const guest = visitor();
      await guest.json('POST', '/session/flash', { message: 'Saved' });
      for (const path of ['/', '/session', '/cached', '/health']) {
        const answer = await guest.send('HEAD', path);
        expect([path, answer.status, answer.body]).toEqual([path, 200, '']);
      }
      expect((await guest.session()).flash).toEqual({ notice: 'Saved' });
    });
  });

  describe('a route', () => {
    it.each([
      ['GET', '/nowhere', 404, undefined],
      ['PUT', '/', 405, 'GET, HEAD, OPTIONS'],
      ['GET', '/session/data/a', 405, 'PUT, DELETE, OPTIONS'],
      ['HEAD', '/session/visits', 405, 'POST, OPTIONS'],
      ['POST', '/session', 405, 'GET, HEAD, DELETE, OPTIONS'],
      ['OPTIONS', '/session', 204, 'GET, HEAD, DELETE, OPTIONS'],
      ['OPTIONS', '/session/data/a', 204, 'PUT, DELETE, OPTIONS'],
    ] as const)('is there or not, and says how it is used: %s %s', async (method, path, status, allow) => {
      const answer = await visitor().send(method, path);
      expect([answer.status, answer.headers['allow'], answer.setCookies]).toEqual([status, allow, []]);
    });

    it('tells that the service is up', async () => {
      expect(bodyOf(await visitor().send('GET', '/health'))).toEqual({ status: 'ok' });
    });

    it('answers from the cache what was computed a moment ago, to everybody', async () => {
      // One that would expire between the two would be computed anew, in the third.
      const answers = [];
      for (let count = 0; count < 3; count++) answers.push((await visitor().send('GET', '/cached')).body);
      expect(new Set(answers).size).toBeLessThan(3);
      expect(answers[0]).toMatch(/^\{"computedAt":"\d{4}-\d\d-\d\dT[\d:.]+Z"\}$/);
    });
  });
}
