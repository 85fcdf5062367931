import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { deepFreeze, frozenCopy, isSame } from '../../src/session/json.ts';

/** A list in a list in a list. */
function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

describe('A copy of a value', () => {
  it.each([null, true, false, '', 'text', 0, -1.5, [], {}, [1, ['two', null]], { a: { b: [true] }, '': 0 }])(
    'is the same as %j',
    (value) => {
      expect(frozenCopy(value)).toStrictEqual(value);
    },
  );

  it('is another object, frozen all the way down, and leaves the original as it was', () => {
    const value = { list: [{ a: 1 }], none: null };
    const copy = frozenCopy(value) as typeof value;
    expect(copy).not.toBe(value);
    for (const part of [copy, copy.list, copy.list[0]]) expect(Object.isFrozen(part)).toBe(true);
    for (const part of [value, value.list, value.list[0]]) expect(Object.isFrozen(part)).toBe(false);
  });

  it('has no -0, and no property that is undefined', () => {
    expect(frozenCopy([-0])).toStrictEqual([0]);
    expect(frozenCopy({ a: undefined, b: 1 })).toStrictEqual({ b: 1 });
  });

  it('may be of an object without a prototype', () => {
    expect(frozenCopy(Object.assign(Object.create(null) as object, { a: 1 }))).toEqual({ a: 1 });
  });

  it('may be nested 100 levels deep, and no deeper', () => {
    expect(frozenCopy(nested(100))).toEqual(nested(100));
    expect(() => frozenCopy(nested(101))).toThrow(InvalidArgumentError);
    expect(() => frozenCopy(nested(101))).toThrow('A value may be nested 100 levels deep.');
    expect(() => frozenCopy({ a: nested(100) })).toThrow('100 levels deep');
  });

  it.each([Number.NaN, Infinity, -Infinity])('may not have the number %d', (value) => {
    expect(() => frozenCopy([value])).toThrow(InvalidArgumentError);
    expect(() => frozenCopy([value])).toThrow('A number must be finite.');
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined', [undefined]],
    ['undefined', Array.from({ length: 1 })],
    ['function', () => 1],
    ['symbol', Symbol('a')],
    ['bigint', 1n],
    ['a Date', new Date()],
    ['a Map', { a: new Map() }],
    ['a Uint8Array', new Uint8Array(1)],
    ['a object', Object.create(Object.create(null) as object)],
  ])('may not have what JSON does not: %s', (kind, value) => {
    expect(() => frozenCopy(value)).toThrow(InvalidArgumentError);
    expect(() => frozenCopy(value)).toThrow(`must be JSON; ${kind} is not. To remove a value, use delete().`);
  });
});

it('Freezing goes all the way down', () => {
  const value = { list: [{ a: 1 }], text: 'text', none: null };
  expect(deepFreeze(value)).toBe(value);
  for (const part of [value, value.list, value.list[0]]) expect(Object.isFrozen(part)).toBe(true);
  expect([deepFreeze(null), deepFreeze(1), deepFreeze(undefined)]).toEqual([null, 1, undefined]);
});

it('Values are the same where their JSON is', () => {
  const value = { a: [1] };
  expect(isSame(value, value)).toBe(true);
  expect(isSame(value, { a: [1] })).toBe(true);
  expect(isSame(undefined, undefined)).toBe(true);
  expect(isSame(value, { a: [2] })).toBe(false);
  expect(isSame(null, undefined)).toBe(false);
  expect(isSame('1', 1)).toBe(false);
});
