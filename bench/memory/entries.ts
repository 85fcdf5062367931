/** What is stored: keys as services have them, and text of about a hundred characters. The same with every run. */
import { createHash } from 'node:crypto';

/** Half of the keys are those of sessions, with a hash, the other half have a number. */
export function keyOf(index: number): string {
  return index % 2 === 0 ? text(`session:${hash(index)}`) : text(`user:${10_000 + index}`);
}

/** The same characters in a string of its own: a request's key is never the very string that the entry was stored under. */
export function copyOf(key: string): string {
  return text(key);
}

export function valueOf(index: number): string {
  return text(
    `{"user":${index},"name":"Name ${index % 1000}","cart":["${hash(index + 0.5).slice(8, 30)}"],"seen":${1e9 + index}}`,
  );
}

/** Seconds, spread as those of sessions are that began at different times. */
export function ttlOf(index: number): number {
  return 3600 + (index % 3600);
}

/** The exponent of YCSB, the usual benchmark of key-value stores. @see https://dl.acm.org/doi/10.1145/1807128.1807152 */
const ZIPF_EXPONENT = 0.99;

/** `count` numbers below it as traffic asks for them: few often, most seldom. Which are the popular ones, is chance. */
export function zipfian(count: number): Uint32Array {
  const popular = shuffled(count);
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += (rank + 1) ** -ZIPF_EXPONENT;
  const random = randomNumbers();
  return Uint32Array.from({ length: count }, () => popular[firstAbove(sums, random() * sum)] ?? 0);
}

/** The numbers below `count`, each once, in an order that no processor foresees. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const random = randomNumbers();
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    const kept = order[index] ?? 0;
    order[index] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

/** The same from 0 up to 1 with every run (mulberry32). */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function hash(seed: number): string {
  return createHash('sha256').update(String(seed)).digest('base64url');
}

/** In one piece: text that was put together would keep its parts, and bytes of the parts would be counted. */
function text(characters: string): string {
  return Buffer.from(characters).toString('latin1');
}
