/** A session's data of a wanted size: a shop's cart, which compresses as such JSON does. */

const NAMES = ['Felt hat', 'Rain coat', 'Silk scarf', 'Umbrella', 'Leather gloves', 'Wool cap', 'Travel bag', 'Boots'];
const SIZES = ['S', 'M', 'L', 'XL'];
const COLOURS = ['navy', 'charcoal', 'bottle green', 'camel', 'black'];

export interface SampleData extends Readonly<Record<string, unknown>> {
  readonly cart: readonly unknown[];
}

/**
 * Data that takes exactly so many bytes as JSON, the same for the same size.
 *
 * @param bytes at least 20
 */
export function sampleData(bytes: number): SampleData {
  const next = pseudoRandom(bytes);
  const cart: unknown[] = [];
  for (;;) {
    const line = cartLine(next);
    if (sizeOf([...cart, line]) > bytes) break;
    cart.push(line);
  }
  const missing = bytes - sizeOf([...cart, '']);
  if (missing >= 0) cart.push(noteOf(missing, next));
  else if (cart.length > 0) cart[cart.length - 1] = noteOf(bytes - sizeOf([...cart.slice(0, -1), '']), next);
  return { cart };
}

function sizeOf(cart: readonly unknown[]): number {
  return JSON.stringify({ cart }).length;
}

function cartLine(next: () => number): unknown {
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? '';
  return {
    sku: Math.floor(next() * 36 ** 8)
      .toString(36)
      .toUpperCase(),
    name: pick(NAMES),
    size: pick(SIZES),
    colour: pick(COLOURS),
    quantity: 1 + Math.floor(next() * 3),
    price: 995 + 500 * Math.floor(next() * 60),
    addedAt: 1_790_000_000 + Math.floor(next() * 1e6),
  };
}

/** Words and numbers: neither all the same nor random. */
function noteOf(length: number, next: () => number): string {
  let text = '';
  while (text.length < length)
    text += `${NAMES[Math.floor(next() * NAMES.length)] ?? ''} ${Math.floor(next() * 1e4)}, `;
  return text.slice(0, length);
}

/** Mulberry32: the same numbers in [0, 1) for the same seed. */
export function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
