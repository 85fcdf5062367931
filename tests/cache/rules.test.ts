import { describe, expect, it } from 'vitest';
import { InvalidKeyError } from '../../src/cache/errors.ts';
import {
  checkIncrement,
  checkLease,
  checkOwner,
  checkPrecondition,
  checkSetOptions,
  checkSum,
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
    expect(() => fullKey('ab:', key)).toThrow('may take 2048 bytes with its prefix; this one takes 2049');
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

  it('that is wrong is refused with what is allowed', () => {
    expect(() => checkValue('secret \ud83d')).toThrow('Text must be well-formed Unicode.');
    expect(() => checkValue(wrong({ a: 'secret' }))).toThrow('must be text, a number or bytes; got a object.');
    expect(() => checkValue(1e127)).toThrow('finite and between 1e-130 and 9.999999999999998e125 in magnitude');
  });
});

describe('an increment', () => {
  it.each([0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('may be %d', (by) => {
    expect(() => checkIncrement(by)).not.toThrow();
  });

  it.each([0.5, 2 ** 53, -(2 ** 53), Number.NaN, wrong('1'), wrong(1n)])('may not be %s', (by) => {
    expect(() => checkIncrement(by)).toThrow(InvalidArgumentError);
    expect(() => checkIncrement(by)).toThrow('An increment must be a safe integer; got');
  });

  it.each([
    [Number.MAX_SAFE_INTEGER - 5, 5],
    [Number.MAX_SAFE_INTEGER, 0],
    [Number.MAX_SAFE_INTEGER, -5],
    [Number.MIN_SAFE_INTEGER + 5, -5],
    [Number.MIN_SAFE_INTEGER, 5],
  ])('may be added to %d: %d', (before, by) => {
    expect(() => checkSum(before, by)).not.toThrow();
  });

  it.each([
    [Number.MAX_SAFE_INTEGER - 5, 6],
    [Number.MIN_SAFE_INTEGER + 5, -6],
    [2 ** 53, -5],
    [-(2 ** 53), 5],
  ])('may not be added to %d: %d', (before, by) => {
    expect(() => checkSum(before, by)).toThrow(InvalidArgumentError);
    expect(() => checkSum(before, by)).toThrow('The sum would not be a safe integer.');
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

  it('that is wrong is refused with what is allowed', () => {
    expect(() => checkPrecondition({})).toThrow('{ absent: true }, or has a version, an owner, or both');
    expect(() => checkPrecondition({ version: wrong('1') })).toThrow('one that an entry carried; got a string');
    expect(() => checkSetOptions({ release: true })).toThrow('release goes with a precondition on the owner');
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
    expect(() => checkOwner(owner)).toThrow('An owner must be text of 1 to 256 characters.');
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
      expect(() => checkLease({ owner: 'a', milliseconds })).toThrow('positive whole number of milliseconds; got');
    },
  );

  const lease = { owner: 'a', milliseconds: 1, existing: true };

  it.each([undefined, 'take', 1, 2] as const)('may be asked for with a turn of %j', (turn) => {
    expect(() => checkLease(turn === undefined ? lease : { ...lease, turn })).not.toThrow();
  });

  it.each([0, -1, 1.5, wrong('took'), wrong('1')])('may not be asked for with a turn of %j', (turn) => {
    expect(() => checkLease({ ...lease, turn })).toThrow('A turn must be "take" or one that was taken; got');
  });

  it('may be asked for with a turn only of what exists', () => {
    for (const existing of [false, undefined]) {
      expect(() => checkLease(wrong({ ...lease, existing, turn: 1 }))).toThrow('A turn goes with existing: true.');
    }
  });
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
