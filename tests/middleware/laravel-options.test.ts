/** What each variable that Laravel's config/session.php reads decides here: see docs/coming-from-php.md. */
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../src/session/ids.ts';
import { createService } from '../app/service.ts';

const KEY = `base64:${Buffer.alloc(32, 7).toString('base64')}`;

/** The attributes of the cookie that a new session's answer sets. */
async function cookieWith(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { setCookies } = await createService(env).visitor().json('POST', '/session/visits');
  expect(setCookies).toHaveLength(1);
  return (setCookies[0] ?? '').replace(/=[\w-]{43}/, '').split('; ');
}

describe('The cookie', () => {
  const usual = ['__Host-session', 'Max-Age=2592000', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax'];
  const without = (...names: readonly string[]) => usual.filter((part) => !names.includes(part));

  it.each<[env: Record<string, string>, expected: readonly string[]]>([
    [{}, usual],
    [{ SESSION_COOKIE: 'ticket' }, [...without('__Host-session'), '__Host-ticket']],
    [{ SESSION_PATH: '/shop' }, [...without('__Host-session', 'Path=/'), '__Secure-session', 'Path=/shop']],
    [{ SESSION_DOMAIN: 'example.com' }, [...without('__Host-session'), '__Secure-session', 'Domain=example.com']],
    [{ SESSION_SECURE_COOKIE: 'false' }, [...without('__Host-session', 'Secure'), 'session']],
    [{ SESSION_SAME_SITE: 'strict' }, [...without('SameSite=Lax'), 'SameSite=Strict']],
    [{ SESSION_SAME_SITE: 'none' }, [...without('SameSite=Lax'), 'SameSite=None']],
    [{ SESSION_PARTITIONED_COOKIE: 'true' }, [...usual, 'Partitioned']],
    [{ SESSION_EXPIRE_ON_CLOSE: 'true' }, without('Max-Age=2592000')],
    [{ SESSION_ABSOLUTE_LIFETIME: '60' }, [...without('Max-Age=2592000'), 'Max-Age=3600']],
  ])('with %j is as it says, and no other way different', async (env, expected) => {
    expect((await cookieWith(env)).toSorted()).toEqual(expected.toSorted());
  });
});

describe('A session', () => {
  it.each([
    ['1', 66],
    ['120', 7920],
  ])('with SESSION_LIFETIME=%s ends %i seconds after its last request', async (minutes, seconds) => {
    let now = Date.UTC(2026, 0, 1);
    const visitor = createService({ SESSION_LIFETIME: minutes }, () => now).visitor();
    await visitor.json('POST', '/session/visits');
    now += seconds * 1000 - 1;
    expect((await visitor.session()).isNew).toBe(false);
    now += seconds * 1000 + 1;
    expect((await visitor.session()).isNew).toBe(true);
  });

  it.each([
    ['true', false],
    ['false', true],
  ])('with SESSION_ENCRYPT=%s is kept as readable text: %j', async (encrypt, isText) => {
    const service = createService({ SESSION_ENCRYPT: encrypt, APP_KEY: KEY });
    const visitor = service.visitor();
    await visitor.json('PUT', '/session/data/secret', 'hat');
    const records = service.store.namespace('session');
    const id = /=([\w-]{43})\./.exec(visitor.cookies[0] ?? '')?.[1] ?? '';
    expect(typeof (await records.get(keyOf(id)))?.value === 'string').toBe(isText);
    expect((await visitor.session()).data).toEqual({ secret: 'hat' });
  });
});
