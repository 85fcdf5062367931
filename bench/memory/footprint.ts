/** Bytes of heap that entries take, keys and values included, and what of it is not given back when they have expired. */
import { keyOf, ttlOf, valueOf } from './entries.ts';
import type { Keeper } from './subject.ts';

export interface Footprint {
  /** Per entry. */
  readonly bytes: number;
}

/** The floor: the same keys and values in two arrays. */
export function footprintOfArrays(entries: number): Footprint {
  const before = heapBytes();
  const keys = Array.from({ length: entries }, () => '');
  const values = Array.from({ length: entries }, () => '');
  for (let index = 0; index < entries; index++) {
    keys[index] = keyOf(index);
    values[index] = valueOf(index);
  }
  const bytes = (heapBytes() - before) / entries;
  if (keys.length !== values.length) throw new Error('They are used here so that they are kept until here.');
  return { bytes };
}

export async function footprint(open: () => Promise<Keeper>, entries: number, hasTtl: boolean): Promise<Footprint> {
  await warmUp(await open());
  const before = heapBytes();
  const keeper = await open();
  await fill(keeper, entries, hasTtl ? ttlOf : () => undefined);
  const bytes = (heapBytes() - before) / entries;
  await keeper.get(keyOf(0));
  return { bytes };
}

export async function fill(keeper: Keeper, entries: number, ttl: (index: number) => number | undefined): Promise<void> {
  for (let index = 0; index < entries; index++) await keeper.set(keyOf(index), valueOf(index), ttl(index));
}

/** So that compiled code and the like are not taken for entries. */
export async function warmUp(keeper: Keeper): Promise<void> {
  await fill(keeper, 500, ttlOf);
  for (let index = 0; index < 500; index++) await keeper.get(keyOf(index));
}

/** Of this process, after a collection; `external` holds the typed arrays too. */
export function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('This must be run with --expose-gc.');
  // Twice, since finalizers and weak references of the first are freed by the second.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
