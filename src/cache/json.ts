/**
 * How the application's values are kept. A number stays a number, so that `increment` works on what `set` stored; anything
 * else is JSON text. Text is JSON too, in quotes, so nothing that comes back can be mistaken for something else.
 */
import { InvalidArgumentError } from '../errors.ts';
import { CorruptEntryError } from './errors.ts';
import { checkValue } from './rules.ts';
import type { CacheValue } from './store.ts';

/** What JSON holds. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** `T` where JSON gives it back as it was; something that `T` is not assignable to otherwise (a Date, a Map, a function). */
export type Jsonable<T> = T extends Json | undefined
  ? T
  : T extends (...parameters: never) => unknown
    ? never
    : T extends object
      ? { [P in keyof T]: Jsonable<T[P]> }
      : never;

/** Deeper values are refused before they exhaust the stack. */
const MAX_DEPTH = 500;

/**
 * The value as a store keeps it. Properties that are `undefined` are left out: reading them gives `undefined` all the same.
 *
 * @throws InvalidArgumentError for what JSON would change: `undefined`, NaN, -0, a Date, a Map, a class instance, a cycle, ...
 */
export function encode(value: unknown): CacheValue {
  check(value, []);
  return typeof value === 'number' ? checkValue(value) : JSON.stringify(value);
}

/** The value that {@link encode} was given, as a copy of its own. @throws CorruptEntryError */
export function decode(stored: CacheValue): unknown {
  if (typeof stored === 'number') return stored;
  try {
    if (typeof stored === 'string') return JSON.parse(stored);
  } catch {
    // The parser's message quotes the text, so it must not become a cause.
  }
  throw new CorruptEntryError('A cached record is not JSON; it counts as missing.');
}

function check(value: unknown, parents: readonly object[]): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return;
    throw refusal(String(Object.is(value, -0) ? '-0' : value));
  }
  if (typeof value !== 'object') throw refusal(typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`);
  if (parents.includes(value)) throw refusal('an object that contains itself');
  if (parents.length >= MAX_DEPTH) throw refusal(`something more than ${MAX_DEPTH} levels deep`);
  const inside = [...parents, value];
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) throw refusal('an array with holes or properties');
    for (const item of value) check(item, inside);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(`a ${className(value)}`);
  if (Object.getOwnPropertySymbols(value).length > 0) throw refusal('an object with symbols as keys');
  for (const item of Object.values(value)) if (item !== undefined) check(item, inside);
}

function className(value: object): string {
  const { constructor }: { constructor?: unknown } = value;
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'class instance';
}

function refusal(what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `A cached value must be JSON: null, booleans, finite numbers, text, arrays and plain objects; found ${what}.`,
  );
}
