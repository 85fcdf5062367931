/** Operations per second on a store that holds all its entries, after a round that is not counted. */
import { copyOf, keyOf, shuffled, ttlOf, valueOf, zipfian } from './entries.ts';
import { openKeeper, type Keeper, type Subject } from './subject.ts';

export const OPERATIONS = [
  'get (hit)',
  'get (hit, all keys alike)',
  'get (miss)',
  'set new',
  'set over existing',
  'increment',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Operations per second. */
export type Speeds = Readonly<Record<Operation, number>>;

const COUNTERS = 1000;

interface Material {
  readonly keys: readonly string[];
  readonly copies: readonly string[];
  readonly missing: readonly string[];
  readonly values: readonly string[];
  readonly newValues: readonly string[];
  readonly counters: readonly string[];
  /** Indexes of keys: as traffic asks for them, each once in no order, and each once in the order they were made. */
  readonly orders: { readonly zipfian: Uint32Array; readonly shuffled: Uint32Array; readonly made: Uint32Array };
}

export async function speeds(subject: Subject, entries: number, hasTtl: boolean): Promise<Speeds> {
  const list = (of: (index: number) => string) => Array.from({ length: entries }, (_, index) => of(index));
  const keys = list(keyOf);
  const counters = Array.from({ length: COUNTERS }, (_, index) => `count:${index}`);
  const material: Material = {
    keys,
    copies: keys.map(copyOf),
    missing: list((index) => keyOf(entries + index)),
    values: list(valueOf),
    newValues: list((index) => valueOf(entries + index)),
    counters: Array.from({ length: entries }, (_, index) => copyOf(counters[index % COUNTERS] ?? '')),
    orders: {
      zipfian: zipfian(entries),
      shuffled: shuffled(entries),
      made: Uint32Array.from({ length: entries }, (_, index) => index),
    },
  };
  await play(subject, material, hasTtl);
  return play(subject, material, hasTtl);
}

async function play(subject: Subject, material: Material, hasTtl: boolean): Promise<Speeds> {
  const { keys, copies, missing, values, newValues, counters, orders } = material;
  const entries = keys.length;
  const keeper = await openKeeper(subject, entries + COUNTERS);
  const run = subject.isSynchronous === true ? runSynchronously : runAwaiting;
  const set = (texts: readonly string[], names: readonly string[]): ((index: number) => unknown) =>
    hasTtl
      ? (index) => keeper.set(names[index] ?? '', texts[index] ?? '', ttlOf(index))
      : (index) => keeper.set(names[index] ?? '', texts[index] ?? '');
  const setNew = await run(orders.made, set(values, keys));
  await expectHeld(keeper, copies, values);
  const get = (index: number) => keeper.get(copies[index] ?? '');
  const hit = await run(orders.zipfian, get);
  const hitAlike = await run(orders.shuffled, get);
  const miss = await run(orders.made, (index) => keeper.get(missing[index] ?? ''));
  const setOver = await run(orders.zipfian, set(newValues, copies));
  const increment = await run(orders.made, (index) => keeper.increment(counters[index] ?? ''));
  const sum = await keeper.increment(counters[0] ?? '');
  if (sum !== Math.ceil(entries / COUNTERS) + 1) throw new Error(`${subject.name} counted to ${String(sum)}.`);
  return {
    'get (hit)': hit,
    'get (hit, all keys alike)': hitAlike,
    'get (miss)': miss,
    'set new': setNew,
    'set over existing': setOver,
    increment,
  };
}

/** A store that drops entries would be fast, but nobody would want it. */
async function expectHeld(keeper: Keeper, keys: readonly string[], values: readonly string[]): Promise<void> {
  for (const index of [0, keys.length >> 1, keys.length - 1]) {
    const found: unknown = await keeper.get(keys[index] ?? '');
    const value = typeof found === 'object' && found !== null && 'value' in found ? found.value : found;
    if (value !== values[index]) throw new Error(`Entry ${index} is not held.`);
  }
}

function perSecond(count: number, started: number): number {
  return (count / (performance.now() - started)) * 1000;
}

async function runAwaiting(order: Uint32Array, act: (index: number) => unknown): Promise<number> {
  const started = performance.now();
  for (const index of order) await act(index);
  return perSecond(order.length, started);
}

async function runSynchronously(order: Uint32Array, act: (index: number) => unknown): Promise<number> {
  const started = performance.now();
  for (const index of order) act(index);
  return perSecond(order.length, started);
}
