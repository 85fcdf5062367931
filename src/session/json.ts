/** Values of sessions are JSON, exactly: what a type would lose on the way to the table is refused instead. */
import { InvalidArgumentError } from '../errors.ts';

/** Deeper values would make the recursions below, and JSON.stringify itself, run out of stack. */
const MAX_DEPTH = 100;

/**
 * A frozen copy of a value.
 *
 * @throws InvalidArgumentError for anything JSON does not have: undefined, functions, dates, NaN, cycles, class instances
 */
export function frozenCopy(value: unknown): unknown {
  return copy(value, 0);
}

/** Freezes a value, all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** Whether two JSON values are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function copy(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new InvalidArgumentError(`A value may be nested ${MAX_DEPTH} levels deep.`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value === 0 ? 0 : value;
    throw new InvalidArgumentError('A number must be finite.');
  }
  if (Array.isArray(value)) return Object.freeze(Array.from(value, (item) => copy(item, depth + 1)));
  if (typeof value === 'object' && isPlain(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.freeze(Object.fromEntries(entries.map(([key, inner]) => [key, copy(inner, depth + 1)])));
  }
  const kind = typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : typeof value;
  throw new InvalidArgumentError(`A value must be JSON; ${kind} is not. To remove a value, use delete().`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
