/** What a visitor's session holds: a cart, as JSON of a given size that compresses about as much as such a thing does. */
import type { Random } from './random.ts';

/** The session's only key, until it counts visits or knows its user. */
export const KEY = 'cart';

interface Line {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly price: number;
}

const WORDS = [
  'linen',
  'walnut',
  'blue',
  'small',
  'shirt',
  'chair',
  'lamp',
  'winter',
  'green',
  'cotton',
  'round',
  'oak',
];
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** @param bytes of the data as JSON, from 20 on */
export function dataOfSize(bytes: number, random: Random): Readonly<Record<typeof KEY, unknown>> {
  const lines: Line[] = [];
  const empty = JSON.stringify({ [KEY]: { note: '', lines } }).length;
  let left = bytes - empty;
  // Too small for lines: only text.
  if (left < 0) return { [KEY]: textOf(bytes - JSON.stringify({ [KEY]: '' }).length, random) };
  for (let line = lineOf(random); ; line = lineOf(random)) {
    const taken = JSON.stringify(line).length + (lines.length > 0 ? 1 : 0);
    if (taken > left) break;
    lines.push(line);
    left -= taken;
  }
  return { [KEY]: { note: textOf(left, random), lines } };
}

function lineOf(random: Random): Line {
  const pick = (): string => WORDS[Math.floor(random() * WORDS.length)] ?? '';
  return {
    sku: textOf(10, random),
    name: `${pick()} ${pick()} ${pick()}`,
    quantity: 1 + Math.floor(random() * 9),
    price: 100 + Math.floor(random() * 99_900),
  };
}

function textOf(length: number, random: Random): string {
  return Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)] ?? '').join('');
}
