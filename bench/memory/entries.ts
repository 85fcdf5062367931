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
  return text(`{"user":${index},"name":"Name ${index % 1000}","cart":["${hash(index + 0.5).slice(8, 30)}"],"seen":${1e9 + index}}`);
}

/** Seconds, spread as those of sessions are that began at different times. */
export function ttlOf(index: number): number {
  return 3600 + (index % 3600);
}

/** The numbers below `count` in an order that no processor foresees. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let state = 1;
  for (let index = count - 1; index > 0; index--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (index + 1);
    const kept = order[index] ?? 0;
    order[index] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

function hash(seed: number): string {
  return createHash('sha256').update(String(seed)).digest('base64url');
}

/** In one piece: text that was put together would keep its parts, and bytes of the parts would be counted. */
function text(characters: string): string {
  return Buffer.from(characters).toString('latin1');
}
