import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT_BYTES, compress } from '../../../../src/cache/codec.ts';
import {
  bytesOfItem,
  encode,
  entryOf,
  keyOf,
  overheadOf,
  readableEntryOf,
  stateOf,
  type AttributeValue,
  type Item,
} from '../../../../src/cache/drivers/dynamodb/item.ts';
import { CorruptEntryError, EntryTooLargeError } from '../../../../src/cache/errors.ts';
import { LEASE_BYTES, MAX_ENTRY_BYTES } from '../../../../src/cache/rules.ts';

const NAMES = { key: 'key', value: 'value', expires: 'expires_at' };
const NOW = 1_000_000;
const TEXT = { key: { S: 'k' }, value: { S: 'text' }, version: { N: '7' } };

/** What a failing call throws. */
function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Text of hexadecimal digits that never repeats itself: it takes a little over half of its size when compressed. */
function hexadecimal(length: number): string {
  let text = '';
  for (let part = 0; text.length < length; part++) text += createHash('sha256').update(`${part}`).digest('hex');
  return text.slice(0, length);
}

describe('The bytes of an item', () => {
  const bytesOf = (encoded: { value: AttributeValue; encoding?: string }, expiresAt?: number) =>
    bytesOfItem('k', encoded, NAMES, expiresAt);
  /** Names and contents of key and version. */
  const LEAST = 'keyk'.length + 'version'.length + 9 + 'value'.length;

  it('are those of its names and contents', () => {
    expect(bytesOf({ value: { S: 'é' } })).toBe(LEAST + 2);
    expect(bytesOf({ value: { N: '12345' } })).toBe(LEAST + 4);
    expect(bytesOf({ value: { B: new Uint8Array(7) } })).toBe(LEAST + 7);
    expect(bytesOf({ value: { S: 'a' } }, 1_800_000_000)).toBe(LEAST + 1 + 'expires_at'.length + 6);
    expect(bytesOf({ value: { B: new Uint8Array(7) }, encoding: 'br' })).toBe(LEAST + 7 + 'encodingbr'.length);
    expect(bytesOf({ value: { B: new Uint8Array(7) }, encoding: 'utf-8' })).toBe(LEAST + 7 + 'encodingutf-8'.length);
  });
});

describe('The key of an item', () => {
  it('is text, and empty where the table has another key', () => {
    expect(keyOf(TEXT, NAMES)).toBe('k');
    expect(keyOf(TEXT, { ...NAMES, key: 'id' })).toBe('');
    expect(keyOf({ key: { N: '1' } }, NAMES)).toBe('');
  });
});

describe('The state of a record', () => {
  const lease = (endsAt: number): Item => ({ lock_owner: { S: 'a' }, lock_expires_at: { N: String(endsAt) } });
  const until = (expiresAt: number): Item => ({ expires_at: { N: String(expiresAt) } });

  it('of nothing but a key is that of one without value, lock, line and end', () => {
    expect(stateOf({ key: { S: 'k' } }, NAMES, NOW)).toStrictEqual({
      expired: false,
      valued: false,
      locked: false,
      owner: undefined,
      leaseEndsAt: undefined,
      next: 0,
      turn: 0,
    });
  });

  it.each<[string, Item, object]>([
    ['with a value', TEXT, { valued: true, expired: false, locked: false }],
    ['that ends now', until(1000), { expired: true }],
    ['that ends in a second', until(1001), { expired: false }],
    ['with a lease that ends now', lease(NOW), { locked: false, owner: 'a', leaseEndsAt: NOW }],
    ['with a lease that ends in a moment', lease(NOW + 1), { locked: true, owner: 'a', leaseEndsAt: NOW + 1 }],
    ['that ends before its lease', { ...lease(NOW + 5000), ...until(1002) }, { locked: true, leaseEndsAt: NOW + 2000 }],
    ['that ends after its lease', { ...lease(NOW + 500), ...until(1002) }, { locked: true, leaseEndsAt: NOW + 500 }],
    ['that ended before its lease', { ...lease(NOW + 5000), ...until(999) }, { locked: false, expired: true }],
    ['with a line', { lock_next: { N: '5' }, lock_turn: { N: '3' } }, { next: 5, turn: 3 }],
  ])('%s', (_, item, state) => {
    expect(stateOf(item, NAMES, NOW)).toMatchObject(state);
  });
});

describe('The entry in an item', () => {
  it('has what the item has, and no more', () => {
    expect(entryOf(TEXT, NAMES, NOW)).toStrictEqual({ value: 'text', version: 7 });
    const item = { ...TEXT, expires_at: { N: '1001' }, lock_expires_at: { N: '1000500' }, lock_next: { N: '1' } };
    const rest = { expiresAt: 1001, leaseEndsAt: 1_000_500, turn: 0 };
    expect(entryOf(item, NAMES, NOW)).toStrictEqual({ value: 'text', version: 7, ...rest });
  });

  it('is none without an item, without a value, and after its end', () => {
    expect(entryOf(undefined, NAMES, NOW)).toBeUndefined();
    expect(entryOf({ key: { S: 'k' } }, NAMES, NOW)).toBeUndefined();
    expect(entryOf({ ...TEXT, expires_at: { N: '1000' } }, NAMES, NOW)).toBeUndefined();
  });

  it('that somebody else wrote has a version that no writer chooses', () => {
    expect(entryOf({ value: { S: 'text' } }, NAMES, NOW)).toStrictEqual({ value: 'text', version: -1 });
  });

  const bytes = new TextEncoder().encode('Grüße');
  const small = compress(bytes);

  it.each<[string, AttributeValue, string | undefined, unknown]>([
    ['a number', { N: '-1.5' }, undefined, -1.5],
    ['bytes as DynamoDB sends them', { B: Buffer.from(bytes).toString('base64') }, undefined, bytes],
    ['bytes as the AWS SDK hands them out', { B: bytes }, undefined, bytes],
    ['text that is kept as bytes', { B: bytes }, 'utf-8', 'Grüße'],
    ['text that is compressed', { B: small }, 'br', 'Grüße'],
    ['text that is compressed, as DynamoDB sends it', { B: Buffer.from(small).toString('base64') }, 'br', 'Grüße'],
  ])('can be %s', (_, value, encoding, expected) => {
    const item = { value, ...(encoding !== undefined && { encoding: { S: encoding } }) };
    expect(entryOf(item, NAMES, NOW)?.value).toStrictEqual(expected);
  });

  it.each<[string, Item, string]>([
    ['of a foreign type', { value: { BOOL: true } as AttributeValue }, 'a value of a foreign type'],
    ['of an unknown encoding', { value: { B: small }, encoding: { S: 'gzip' } }, 'an unknown encoding'],
    ['that is damaged', { value: { B: bytes }, encoding: { S: 'br' } }, 'can not be decompressed'],
  ])('%s is corrupt, and counts as none where others are read with it', (_, item, message) => {
    const error = errorOf(() => entryOf(item, NAMES, NOW));
    expect(error).toBeInstanceOf(CorruptEntryError);
    expect(error).toHaveProperty('message', expect.stringContaining(message));
    expect(readableEntryOf(item, NAMES, NOW)).toBeUndefined();
  });
});

describe('A value', () => {
  it('of binary tables keeps text as bytes, marked as text', () => {
    const value = { B: new TextEncoder().encode('Grüße') };
    expect(encode('k', 'Grüße', 0, 'binary')).toStrictEqual({ value, encoding: 'utf-8' });
    expect(encode('k', 'Grüße', 0, 'string')).toStrictEqual({ value: { S: 'Grüße' } });
  });

  it('below 1,024 bytes is never compressed, however much that would save', () => {
    expect(encode('k', 'x'.repeat(1023), 1000, 'string')).toStrictEqual({ value: { S: 'x'.repeat(1023) } });
    expect(encode('k', 'x'.repeat(1024), 1000, 'string')).toMatchObject({ encoding: 'br' });
    expect(encode('k', 'é'.repeat(512), 1000, 'string')).toMatchObject({ encoding: 'br' });
  });

  it('is compressed only where that saves a capacity unit, counting the whole item', () => {
    const text = hexadecimal(1600);
    const { length } = compress(Buffer.from(text));
    expect(length).toBeLessThan(1020);
    // The item takes one unit instead of two, up to its 1,024th byte.
    expect(encode('k', text, 1024 - length, 'string')).toMatchObject({ encoding: 'br' });
    expect(encode('k', text, 1024 - length + 1, 'string')).toStrictEqual({ value: { S: text } });
    // Two instead of three, from the first byte of the third.
    expect(encode('k', text, 2048 - 1600, 'string')).toStrictEqual({ value: { S: text } });
    expect(encode('k', text, 2048 - 1600 + 1, 'string')).toMatchObject({ encoding: 'br' });
  });

  it.each<[string, string | number | Uint8Array, number]>([
    ['text, by its bytes', 'éa', 3],
    ['bytes', new Uint8Array(5), 5],
    ['a number, by pairs of its digits and one more', 123, 3],
    ['a number of an even number of digits', 1234, 3],
  ])('has room for a lock beside it, up to 400 KB: %s', (_, value, size) => {
    const rest = MAX_ENTRY_BYTES - LEASE_BYTES - size;
    expect(() => encode('k', value, rest, 'string')).not.toThrow();
    const error = errorOf(() => encode('k', value, rest + 1, 'string'));
    expect(error).toBeInstanceOf(EntryTooLargeError);
    expect(error).toMatchObject({ key: 'k', size: MAX_ENTRY_BYTES + 1, limit: MAX_ENTRY_BYTES });
  });

  it('of text may take 16 MiB before it is compressed', () => {
    const text = 'x'.repeat(MAX_TEXT_BYTES);
    expect(encode('k', text, 0, 'string')).toMatchObject({ encoding: 'br' });
    const error = errorOf(() => encode('k', `${text}x`, 0, 'string'));
    expect(error).toBeInstanceOf(EntryTooLargeError);
    expect(error).toMatchObject({ key: 'k', size: MAX_TEXT_BYTES + 1, limit: MAX_TEXT_BYTES });
  });
});

describe('What an item takes besides its value', () => {
  it('is its key in UTF-8, the names of its attributes, its version, expiry and encoding', () => {
    const names = 'keyvalueexpires_atversionencoding'.length;
    expect(overheadOf('k', NAMES)).toBe(1 + names + 9 + 6 + 'utf-8'.length);
    expect(overheadOf('é', NAMES)).toBe(2 + names + 9 + 6 + 'utf-8'.length);
    expect(overheadOf('k', { key: 'id', value: 'data', expires: 'expires' })).toBe(1 + names - 5 + 9 + 6 + 5);
  });
});
