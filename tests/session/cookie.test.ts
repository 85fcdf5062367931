import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { SessionCookie, type SessionCookieOptions } from '../../src/session/cookie.ts';
import { isId, newId } from '../../src/session/ids.ts';

const name = '__Host-session';
const cookie = (options: Partial<SessionCookieOptions> = {}) => new SessionCookie({ isId, ...options });
const valueOf = (setCookie: string) => setCookie.slice(setCookie.indexOf('=') + 1, setCookie.indexOf(';'));

describe('The session cookie', () => {
  it('is Secure, HttpOnly, SameSite=Lax, for every path of one host alone', () => {
    const id = newId();
    const attributes = cookie({ maxAge: 60 }).set(id).split('; ');
    expect(attributes[0]).toBe(`${name}=${id}`);
    expect(attributes.slice(1).toSorted()).toEqual(['HttpOnly', 'Max-Age=60', 'Path=/', 'SameSite=Lax', 'Secure']);
  });

  it.each([
    [{}, '__Host-session'],
    [{ name: 'id' }, '__Host-id'],
    [{ path: '/app' }, '__Secure-session'],
    [{ domain: 'example.com' }, '__Secure-session'],
    [{ secure: false }, 'session'],
    [{ name: '__Host-id' }, '__Host-id'],
  ])('with %j is called %s', (options, expected) => {
    expect(cookie(options).set(newId())).toMatch(new RegExp(`^${expected}=`));
  });

  it.each([
    { name: '__Host-id', path: '/app' },
    { name: '__Secure-id', secure: false },
  ])('is refused as %j, since browsers would drop it', (options) => {
    expect(() => cookie(options)).toThrow(ConfigError);
    expect(() => cookie(options)).toThrow(
      /^The session cookie's name can not be used; allowed: no __\w+- prefix: .*\.$/,
    );
  });

  it('has what else is asked for', () => {
    const options = {
      name: '__Secure-id',
      path: '/shop',
      domain: 'example.com',
      sameSite: 'none',
      partitioned: true,
    } as const;
    const attributes = cookie(options).set(newId()).split('; ');
    expect(attributes).toEqual(
      expect.arrayContaining(['Domain=example.com', 'Path=/shop', 'SameSite=None', 'Partitioned']),
    );
    expect(attributes.join()).not.toContain('Max-Age');
  });

  it('takes fewer bytes than browsers keep, however long its name', () => {
    const keys = [new Uint8Array(32)];
    const line = cookie({ name: 'n'.repeat(128), keys, path: '/shop', maxAge: 60 }).set(newId());
    const pair = line.slice(0, line.indexOf(';'));
    expect(pair).toMatch(/^__Secure-n{128}=[\w-]{43}\.[\w-]{43}$/);
    expect(Buffer.byteLength(pair)).toBeLessThan(4096);
  });

  it('expires with the same attributes', () => {
    const attributes = cookie({ maxAge: 60, path: '/shop' }).expire().split('; ');
    expect(attributes).toEqual(
      expect.arrayContaining(['__Secure-session=', 'Max-Age=0', 'Path=/shop', 'Secure', 'HttpOnly']),
    );
    expect(attributes).toContain('Expires=Thu, 01 Jan 1970 00:00:00 GMT');
  });

  it.each([
    ['alone', (id: string) => `${name}=${id}`],
    ['among others', (id: string) => `a=b; ${name}=${id}; c=d`],
    ['after a malformed one of the same name', (id: string) => `${name}=%E0%A4%A; ${name}=short; ${name}=${id}`],
    ['after 8 KB of another', (id: string) => `big=${'x'.repeat(8192)}; ${name}=${id}`],
  ])('is read %s', (_name, header) => {
    const id = newId();
    expect(cookie().read(header(id))).toBe(id);
  });

  it.each([
    ['nothing', () => ''],
    ['a bare name', (id: string) => `session=${id}`],
    ['a name in another case', (id: string) => `__host-session=${id}`],
    ['an id that is too long', (id: string) => `${name}=${id}A`],
    ['an id that is too short', (id: string) => `${name}=${id.slice(1)}`],
    ['an id with other characters', (id: string) => `${name}=${id.slice(1)}!`],
    ['8 KB', () => `${name}=${'A'.repeat(8192)}`],
    ['an id in quotes', (id: string) => `${name}="${id}"`],
    ['something signed, without keys', (id: string) => `${name}=${id}.${id}`],
  ])('is not read from %s', (_name, header) => {
    expect(cookie().read(header(newId()))).toBeUndefined();
  });

  it.each([
    ['an id', (id: string) => `a=b; ${name}=${id}`, true],
    ['what is no id', () => `${name}=short`, true],
    ['nothing at all', () => `${name}=`, true],
    ['what is malformed', () => `${name}=%E0%A4%A`, true],
    ['an id under another name', (id: string) => `session=${id}`, false],
    ['no cookies', () => '', false],
  ])('is in a header with %s, or is not: %#', (_, header, isThere) => {
    for (const one of [cookie(), cookie({ keys: [randomBytes(32)] })]) {
      expect(one.isIn(header(newId()))).toBe(isThere);
    }
  });

  it('accepts one spelling of an id only', () => {
    const id = newId();
    const others = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_').map(
      (last) => id.slice(0, -1) + last,
    );
    expect(others.filter((other) => isId(other))).toHaveLength(16);
    expect(
      new Set(others.filter((other) => isId(other)).map((other) => Buffer.from(other, 'base64url').toString('hex')))
        .size,
    ).toBe(16);
  });
});

describe('A signed session cookie', () => {
  const [oldKey, newKey, otherKey] = [randomBytes(32), randomBytes(32), randomBytes(32)];

  it('is read with the key that signed it, and with later ones that know it', () => {
    const id = newId();
    const value = valueOf(cookie({ keys: [oldKey] }).set(id));
    expect(cookie({ keys: [oldKey] }).read(`${name}=${value}`)).toBe(id);
    expect(cookie({ keys: [newKey, otherKey, oldKey] }).read(`${name}=${value}`)).toBe(id);
    expect(valueOf(cookie({ keys: [newKey, oldKey] }).set(id))).not.toBe(value);
  });

  it('is refused with another key, another name, another id, no signature, or one character changed', () => {
    const id = newId();
    const signed = cookie({ keys: [oldKey] });
    const value = valueOf(signed.set(id));
    expect(cookie({ keys: [newKey] }).read(`${name}=${value}`)).toBeUndefined();
    expect(cookie({ keys: [oldKey], name: 'other' }).read(`__Host-other=${value}`)).toBeUndefined();
    expect(signed.read(`${name}=${newId()}${value.slice(43)}`)).toBeUndefined();
    expect(signed.read(`${name}=${id}`)).toBeUndefined();
    expect(signed.read(`${name}=${id}.`)).toBeUndefined();
    for (let at = 0; at < value.length; at++) {
      const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
      if (changed !== value) expect(signed.read(`${name}=${changed}`)).toBeUndefined();
    }
  });

  it('is the same in every version of this library', () => {
    const id = `${'A'.repeat(42)}E`;
    const signed = cookie({ keys: [new Uint8Array(32).fill(7)] });
    const value = `${id}.utf7IvFAhGGsJidd4cWobGWSEhwXGITOae4Xv03QOh8`;
    expect(signed.set(id)).toContain(`${name}=${value};`);
    expect(signed.read(`${name}=${value}`)).toBe(id);
  });

  it('is refused with a signature of another length, whatever it is made of', () => {
    const id = newId();
    const signed = cookie({ keys: [oldKey] });
    const value = valueOf(signed.set(id));
    for (const other of [
      `${value}A`,
      value.slice(0, -1),
      `${value.slice(0, -1)}é`,
      `.${value}`,
      `${id}.${value}`,
      value.slice(44),
    ]) {
      expect(signed.read(`${name}=${other}`)).toBeUndefined();
    }
  });

  it('is refused where what is signed is no id', () => {
    const anything = new SessionCookie({ isId: () => true, keys: [oldKey] });
    const value = valueOf(anything.set('short'));
    expect(anything.read(`${name}=${value}`)).toBe('short');
    expect(cookie({ keys: [oldKey] }).read(`${name}=${value}`)).toBeUndefined();
  });

  it('is found behind a forged one', () => {
    const id = newId();
    const signed = cookie({ keys: [oldKey] });
    expect(signed.read(`${name}=${newId()}.${newId()}; ${name}=${valueOf(signed.set(id))}`)).toBe(id);
  });
});
