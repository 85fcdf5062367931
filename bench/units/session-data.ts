/** Data of a session in a given size: a cart as shops keep them, or bytes that nothing makes smaller. */
import { brotliCompressSync } from 'node:zlib';

export type Cart = readonly Line[];

interface Line {
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly currency: string;
  readonly quantity: number;
  readonly color: string;
  readonly image: string;
  readonly addedAt: string;
}

/** Bytes of the JSON of a small session. */
export const SMALL = 300;

const ADJECTIVES = ['walnut', 'brushed', 'linen', 'folding', 'slim', 'classic', 'outdoor', 'recycled', 'matte', 'tall'];
const NOUNS = ['lamp', 'notebook', 'kettle', 'armchair', 'backpack', 'mirror', 'clock', 'blanket', 'shelf', 'bottle'];
const COLORS = ['black', 'sand', 'moss green', 'off-white', 'copper', 'navy', 'terracotta'];

/**
 * Data whose JSON has exactly so many bytes: lines of a cart, each with another SKU, price, picture and time, and a
 * note that fills up the rest. The same at every call.
 *
 * @param bytes at least 40
 */
export function cartOf(bytes: number): { readonly cart: Cart; readonly note: string } {
  const random = generator(bytes);
  const cart: Line[] = [];
  while (sizeOf({ cart: [...cart, lineOf(random)], note: '' }) <= bytes) cart.push(lineOf(random));
  return filled({ cart, note: '' }, bytes, () => `${pick(ADJECTIVES, random)} ${pick(NOUNS, random)} `);
}

/**
 * Data whose JSON has exactly so many bytes, all of them random bytes in base64: JSON can't hold anything that compresses
 * less. The same at every call.
 */
export function noiseOf(bytes: number): { readonly note: string } {
  const random = generator(bytes);
  return filled({ note: '' }, bytes, () =>
    Buffer.from([random() * 256, random() * 256, random() * 256]).toString('base64'),
  );
}

/** How much smaller the data get where they are compressed as Cloakroom does: 8 for an eighth of the bytes. */
export function ratioOf(data: object): number {
  const text = JSON.stringify(data);
  return Buffer.byteLength(text) / brotliCompressSync(text).length;
}

function filled<Data extends { readonly note: string }>(data: Data, bytes: number, more: () => string): Data {
  const missing = bytes - sizeOf(data);
  if (missing < 0) throw new Error(`Session data of ${bytes} bytes are too small.`);
  let note = '';
  while (note.length < missing) note += more();
  return { ...data, note: note.slice(0, missing) };
}

function lineOf(random: () => number): Line {
  const name = `${pick(ADJECTIVES, random)} ${pick(NOUNS, random)}`;
  const sku = `${name.slice(0, 2).toUpperCase()}-${String(Math.floor(random() * 1e6)).padStart(6, '0')}`;
  return {
    sku,
    name,
    price: Math.floor(random() * 20_000) + 499,
    currency: 'EUR',
    quantity: Math.floor(random() * 3) + 1,
    color: pick(COLORS, random),
    image: `https://images.example.com/products/${sku.toLowerCase()}/${Math.floor(random() * 1e9).toString(36)}.webp`,
    addedAt: new Date(1_790_000_000_000 + Math.floor(random() * 7_200_000)).toISOString(),
  };
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? '';
}

function sizeOf(data: object): number {
  return Buffer.byteLength(JSON.stringify(data));
}

/** Marsaglia's xorshift with 32 bits: numbers from 0 to below 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
