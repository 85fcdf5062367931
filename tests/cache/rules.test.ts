import { describe, expect, it } from 'vitest';
import { InvalidKeyError } from '../../src/cache/errors.ts';
import {
  checkIncrement,
  checkLease,
  checkOwner,
  checkPrecondition,
  checkSetOptions,
  checkTtl,
  checkValue,
  expiryOf,
  fullKey,
  isExpired,
  newVersion,
  normalizePrefix,
} from '../../src/cache/rules.ts';
import { InvalidArgumentError } from '../../src/errors.ts';

/** What TypeScript would not let through, as plain JavaScript does. */
function wrong(value: unknown): never {
  return value as never; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

describe('a prefix', () => {
  it.each([
    ['', ''],
    ['a', 'a:'],
    ['a:', 'a:'],
    ['a:b', 'a:b:'],
    ['a::', 'a::'],
  ])('%j is written as %j', (prefix, normal) => {
    expect(normalizePrefix(prefix)).toBe(normal);
  });
});

describe('a key', () => {
  it('stands behind its prefix', () => {
    expect(fullKey('a:', 'key')).toBe('a:key');
    expect(fullKey('', ':')).toBe(':');
  });

  it.each([
    ['k', 2046],
    ['é', 1023],
    ['日', 682],
  ])('of many %j takes 2,048 bytes with its prefix and no more', (character, times) => {
    const key = character.repeat(times);
    expect(fullKey('a:', key)).toBe(`a:${key}`);
    expect(() => fullKey('a:', `${key}x`)).toThrow(InvalidKeyError);
    expect(() => fullKey('ab:', key)).toThrow(InvalidKeyError);
  });

  it.each([
    ['', 'empty'],
    ['\ud83d', 'Unicode'],
    [wrong(1), 'text'],
    [wrong(undefined), 'text'],
  ])('may not be %j', (key, reason) => {
    expect(() => fullKey('a:', key)).toThrow(reason);
    expect(() => fullKey('a:', key)).toThrow(InvalidKeyError);
  });

  it('is with the error, but is not printed with it', () => {
    const key = `secret-${'k'.repeat(2048)}`;
    let error: unknown;
    try {
      fullKey('', key);
    } catch (reason) {
      error = reason;
    }
    expect(error).toMatchObject({ key, code: 'INVALID_KEY' });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(String(error)).not.toContain('secret');
  });
});

describe('a ttl', () => {
  it.each([undefined, 1, 60, 1e11])('may be %s', (ttl) => {
    expect(() => checkTtl(ttl)).not.toThrow();
  });

  it.each([0, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e12, wrong('1'), wrong(null), wrong({})])(
    'may not be %s',
    (ttl) => {
      expect(() => checkTtl(ttl)).toThrow(InvalidArgumentError);
    },
  );

  it('that is wrong is told by its type alone, unless it is a number', () => {
    expect(() => checkTtl(wrong('secret'))).toThrow('got a string');
    expect(() => checkTtl(1.5)).toThrow('got 1.5');
    expect(() => checkTtl(wrong(null))).toThrow('got null');
  });
});

describe('a value', () => {
  it.each(['', 'text', '👩‍👩‍👧', 0, -1.5, 1e-130, -9.999999999999998e125, new Uint8Array(), Buffer.from('a')])(
    'may be %j',
    (value) => {
      expect(checkValue(value)).toBe(value);
    },
  );

  it('of -0 is 0', () => {
    expect(checkValue(-0)).toBe(0);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e127,
    -1e127,
    9e-131,
    -9e-131,
    5e-324,
    '\ud83d',
    'a\udc00b',
    wrong(undefined),
    wrong(null),
    wrong(true),
    wrong(1n),
    wrong({}),
    wrong([1]),
    wrong(new ArrayBuffer(1)),
    wrong(new Date(0)),
  ])('may not be %s', (value) => {
    expect(() => checkValue(value)).toThrow(InvalidArgumentError);
  });
});

describe('an increment', () => {
  it.each([0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('may be %d', (by) => {
    expect(() => checkIncrement(by)).not.toThrow();
  });

  it.each([0.5, 2 ** 53, -(2 ** 53), Number.NaN, wrong('1'), wrong(1n)])('may not be %s', (by) => {
    expect(() => checkIncrement(by)).toThrow(InvalidArgumentError);
  });
});

describe('a precondition', () => {
  it.each([undefined, { absent: true }, { version: 0 }, { owner: 'a' }, { version: 1, owner: 'a' }] as const)(
    'may be %j',
    (condition) => {
      expect(() => checkPrecondition(condition)).not.toThrow();
    },
  );

  it.each([
    {},
    { absent: false },
    { absent: true, version: 1 },
    { absent: true, owner: 'a' },
    { absent: false, version: 1 },
    { version: 1.5 },
    { version: Number.NaN },
    { version: '1' },
    { owner: '' },
    { version: 1, owner: '' },
    { owner: 5 },
  ])('may not be %j', (condition) => {
    expect(() => checkPrecondition(wrong(condition))).toThrow(InvalidArgumentError);
  });

  it('on the owner is what a release asks for', () => {
    expect(() => checkSetOptions({ release: true, if: { owner: 'a' }, ttl: 1 })).not.toThrow();
    expect(() => checkSetOptions({ release: false })).not.toThrow();
    for (const options of [{}, { if: { version: 1 } }, { if: { absent: true } }] as const) {
      expect(() => checkSetOptions({ ...options, release: true })).toThrow(InvalidArgumentError);
    }
    expect(() => checkSetOptions({ ttl: 0 })).toThrow(InvalidArgumentError);
    expect(() => checkSetOptions({ if: {} })).toThrow(InvalidArgumentError);
  });
});

describe('an owner', () => {
  it.each(['a', 'é'.repeat(256)])('may be %j', (owner) => {
    expect(() => checkOwner(owner)).not.toThrow();
  });

  it.each(['', 'a'.repeat(257), '\ud83d', wrong(1), wrong(undefined)])('may not be %j', (owner) => {
    expect(() => checkOwner(owner)).toThrow(InvalidArgumentError);
    expect(() => checkLease({ owner, milliseconds: 1 })).toThrow(InvalidArgumentError);
  });
});

describe('a lease', () => {
  it.each([1, 10_000, 1e14])('may last %d ms', (milliseconds) => {
    expect(() => checkLease({ owner: 'a', milliseconds })).not.toThrow();
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e15, wrong('1')])(
    'may not last %s ms',
    (milliseconds) => {
      expect(() => checkLease({ owner: 'a', milliseconds })).toThrow(InvalidArgumentError);
    },
  );
});

describe('an expiry', () => {
  it.each([
    [0, 1, 1],
    [1, 1, 2],
    [999, 1, 2],
    [1000, 1, 2],
    [1001, 1, 3],
  ])('of an entry written at %d ms for %d s is second %d', (now, ttl, expiresAt) => {
    expect(expiryOf(now, ttl)).toBe(expiresAt);
  });

  it('has come with the first millisecond of its second', () => {
    expect(isExpired(5, 4999)).toBe(false);
    expect(isExpired(5, 5000)).toBe(true);
    expect(isExpired(5, 5001)).toBe(true);
    expect(isExpired(undefined, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('a version', () => {
  it('has 52 random bits', () => {
    const versions = Array.from({ length: 1000 }, newVersion);
    expect(new Set(versions).size).toBe(1000);
    expect(versions.every((version) => Number.isSafeInteger(version) && version >= 0 && version < 2 ** 52)).toBe(true);
    // Each of the bits is 1 about as often as 0.
    for (let bit = 0; bit < 52; bit++) {
      const ones = versions.filter((version) => Math.floor(version / 2 ** bit) % 2 === 1).length;
      expect(ones).toBeGreaterThan(350);
      expect(ones).toBeLessThan(650);
    }
  });
});
