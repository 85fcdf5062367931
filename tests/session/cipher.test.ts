import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { SessionCipher } from '../../src/session/cipher.ts';
import { SessionDecryptionError, SessionUnreadableError } from '../../src/session/errors.ts';
import { keyOf } from '../../src/session/ids.ts';
import { visits } from './visits.ts';

const [key, otherKey] = [randomBytes(32), randomBytes(32)];
const cipher = new SessionCipher({ encrypt: true, keys: [key] });

function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('Not encrypted.');
  return value;
}

describe('An encrypted text', () => {
  it('comes back as it was, short or long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), fc.integer({ min: 1, max: 30 }), (text, times) => {
        const long = text.repeat(times);
        expect(cipher.open('record', cipher.seal('record', long))).toBe(long);
      }),
    );
  });

  it('takes 29 bytes more than the text, and never shows it', () => {
    const text = '{"data":{"user":"ada"},"created":1}';
    const sealed = bytes(cipher.seal('record', text));
    expect(sealed.length).toBe(text.length + 29);
    expect(Buffer.from(sealed).includes('ada')).toBe(false);
  });

  it('is compressed before, since nothing can compress it afterwards', () => {
    const text = JSON.stringify(
      Array.from({ length: 200 }, (_, index) => ({ sku: index, title: `Wool scarf ${index}` })),
    );
    expect(bytes(cipher.seal('record', text)).length).toBeLessThan(text.length / 4);
    const random = randomBytes(3000).toString('latin1');
    expect(cipher.open('record', cipher.seal('record', random))).toBe(random);
  });

  it('is another one each time', () => {
    expect(cipher.seal('record', 'text')).not.toEqual(cipher.seal('record', 'text'));
  });

  it('can not be opened in the place of another record', () => {
    expect(() => cipher.open('another', cipher.seal('record', 'text'))).toThrow(SessionDecryptionError);
  });

  it('can not be opened with any one bit changed, or cut short at any place', () => {
    const sealed = bytes(cipher.seal('record', 'the text of a session'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = new Uint8Array(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => cipher.open('record', changed)).toThrow(SessionDecryptionError);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => cipher.open('record', sealed.slice(0, length))).toThrow(SessionDecryptionError);
    }
  });

  it('can be opened with an earlier key, and not with a foreign one', () => {
    const sealed = cipher.seal('record', 'text');
    expect(new SessionCipher({ encrypt: true, keys: [otherKey, key] }).open('record', sealed)).toBe('text');
    expect(() => new SessionCipher({ encrypt: true, keys: [otherKey] }).open('record', sealed)).toThrow(
      SessionDecryptionError,
    );
  });

  it('needs a key', () => {
    for (const encrypt of [true, 'migrate'] as const) {
      expect(() => new SessionCipher({ encrypt, keys: [] })).toThrow(ConfigError);
      expect(() => new SessionCipher({ encrypt })).toThrow('Encrypted sessions need a key.');
    }
  });
});

describe('A cipher', () => {
  const sevens = new SessionCipher({ encrypt: true, keys: [new Uint8Array(32).fill(7)] });

  it.each([
    ['short text', 'AZ0ehkxT3I+eVw6RQU1XpP3k2CO6GA/fC8B1Xqg8G9F/VaM3', 'Grüße'],
    ['long text', 'Apy8w1y23e2baLNI8Myw8IhUujTD75yrt3HzPkVnHC5F/MDwIDsN5g==', 'x'.repeat(2000)],
  ])('opens what earlier versions of it sealed: %s', (_, sealed, text) => {
    expect(sevens.open('record', new Uint8Array(Buffer.from(sealed, 'base64')))).toBe(text);
  });

  it('compresses text of 1,024 bytes or more, where that makes it smaller', () => {
    expect(bytes(cipher.seal('record', 'x'.repeat(1023)))).toHaveLength(1023 + 29);
    expect(bytes(cipher.seal('record', 'x'.repeat(1024))).length).toBeLessThan(100);
    const random = randomBytes(768).toString('base64');
    expect(bytes(cipher.seal('record', random)).length).toBeLessThanOrEqual(random.length + 29);
  });

  it('says of a record what is wrong with it', () => {
    const [clear, migrating] = [new SessionCipher({}), new SessionCipher({ encrypt: 'migrate', keys: [key] })];
    const sealed = cipher.seal('record', 'text');
    expect(clear.open('record', 'text')).toBe('text');
    expect(migrating.open('record', 'text')).toBe('text');
    expect(migrating.open('record', sealed)).toBe('text');
    expect(() => cipher.open('record', 'text')).toThrow(SessionDecryptionError);
    expect(() => clear.open('record', sealed)).toThrow(SessionUnreadableError);
    for (const any of [clear, migrating, cipher]) expect(() => any.open('record', 5)).toThrow(SessionUnreadableError);
  });

  it('that does not encrypt keeps text as it is, keys or not', () => {
    expect(new SessionCipher({}).seal('record', 'text')).toBe('text');
    expect(new SessionCipher({ encrypt: false, keys: [key] }).seal('record', 'text')).toBe('text');
    expect(bytes(new SessionCipher({ encrypt: 'migrate', keys: [key] }).seal('record', 'text'))).toHaveLength(4 + 29);
  });
});

describe('Encrypted sessions', () => {
  const encrypted = { encrypt: true, keys: [key] } as const;

  it('keep everything that a session keeps, and nothing readable in the record', async () => {
    const { open, begin, dataOf, records } = visits(encrypted);
    const id = await begin({ user: 'ada' });
    const first = await open(id);
    first.session.update('visits', (n) => Number(n ?? 0) + 1);
    first.session.flash('notice', 'a secret notice');
    const second = await open(id);
    second.session.update('visits', (n) => Number(n ?? 0) + 1);
    await first.commit();
    await second.commit();
    expect(await dataOf(id)).toEqual({ user: 'ada', visits: 2 });
    expect((await open(id)).session.get('notice')).toBe('a secret notice');
    const stored = Buffer.from(bytes((await records.get(keyOf(id)))?.value)).toString('latin1');
    for (const word of ['ada', 'visits', 'notice', 'secret', 'data', 'created']) expect(stored).not.toContain(word);
  });

  it('move to a new id', async () => {
    const { open, begin, dataOf } = visits(encrypted);
    const { session, draft, commit } = await open(await begin({ a: 1 }));
    session.regenerate();
    await commit();
    expect(await dataOf(draft.id)).toEqual({ a: 1 });
  });

  it('are not rewritten where nothing changed', async () => {
    const { open, begin, records } = visits(encrypted);
    const id = await begin({ a: 1 });
    const before = await records.get(keyOf(id));
    const { session, commit } = await open(id);
    session.update('a', (a) => a);
    await commit();
    expect(await records.get(keyOf(id))).toEqual(before);
  });

  it('are encrypted with the current key at their next write', async () => {
    const { store, begin, time } = visits(encrypted);
    const id = await begin({ a: 1 });
    const clock = () => time.now;
    const rotating = visits({ store, clock, encrypt: true, keys: [otherKey, key] });
    const { session, commit } = await rotating.open(id);
    session.set('b', 2);
    await commit();
    expect(await visits({ store, clock, encrypt: true, keys: [otherKey] }).dataOf(id)).toEqual({ a: 1, b: 2 });
  });

  it('refuse a clear record, unless they are on their way; and clear sessions refuse an encrypted one', async () => {
    const { store, begin, time } = visits();
    const id = await begin({ a: 1 });
    const clock = () => time.now;
    await expect(visits({ store, clock, ...encrypted }).open(id)).rejects.toMatchObject({
      name: SessionDecryptionError.name,
      code: 'SESSION_DECRYPTION',
      statusCode: 500,
    });
    const migrating = visits({ store, clock, encrypt: 'migrate', keys: [key] });
    const { session, commit } = await migrating.open(id);
    session.set('b', 2);
    await commit();
    expect(await visits({ store, clock, ...encrypted }).dataOf(id)).toEqual({ a: 1, b: 2 });
    await expect(visits({ store, clock }).open(id)).rejects.toThrow(SessionUnreadableError);
  });

  it('that can not be decrypted are no empty sessions, and can be logged out of', async () => {
    const { open, begin, records, sessions } = visits(encrypted);
    const [id, other] = [await begin(), await begin()];
    const moved = await records.get(keyOf(other));
    await records.set(keyOf(id), moved?.value ?? '', { ttl: 100 });
    await expect(open(id)).rejects.toThrow(SessionDecryptionError);
    await sessions.destroy(id);
    expect(await records.get(keyOf(id))).toBeUndefined();
  });

  it('that are swapped during a request are an error, and are not written over', async () => {
    const { open, begin, records } = visits(encrypted);
    const [id, other] = [await begin(), await begin()];
    const { session, commit } = await open(id);
    session.set('a', 1);
    await records.set(keyOf(id), (await records.get(keyOf(other)))?.value ?? '', { ttl: 100 });
    const before = await records.get(keyOf(id));
    await expect(commit()).rejects.toThrow(SessionDecryptionError);
    expect(await records.get(keyOf(id))).toEqual(before);
  });
});
