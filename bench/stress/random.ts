/** Numbers from 0 to below 1 that look random, and are the same for the same seeds. */
export type Random = () => number;

/**
 * Mulberry32, of which two seeds make one: a generator for each visit, so that visit 7 is the same whoever came before.
 *
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function randomOf(seed: number, stream: number): Random {
  let state = scrambled(scrambled(seed) ^ stream);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return scrambled(state) / 2 ** 32;
  };
}

function scrambled(value: number): number {
  let bits = Math.imul(value ^ (value >>> 15), value | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return (bits ^ (bits >>> 14)) >>> 0;
}
