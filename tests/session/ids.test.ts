import { expect, it } from 'vitest';
import { handleOf, isId, keyOf, newId } from '../../src/session/ids.ts';

it('An id is 256 random bits, another one each time', () => {
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) {
    expect(isId(id)).toBe(true);
    expect(Buffer.from(id, 'base64url')).toHaveLength(32);
  }
});

it('Only the one spelling of 256 bits is an id, and nothing before or behind it', () => {
  const id = `${'A'.repeat(42)}E`;
  expect(isId(id)).toBe(true);
  for (const other of [
    '',
    id.slice(1),
    `A${id}`,
    `${id}A`,
    `${id}\n`,
    `x ${id}`,
    `${'A'.repeat(42)}B`,
    id.replace('A', '+'),
  ]) {
    expect(isId(other)).toBe(false);
  }
});

it('A record is kept under the SHA-256 of its id, of which pages show the beginning', () => {
  const key = keyOf('abc');
  expect(key).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  expect(handleOf(key)).toBe('ungWv48Bz-pB');
});
