/**
 * Operations per second on a store that holds all its entries, after a round that is not counted. The text of keys and
 * values is made anew shortly before it is used, as a request does, in a batch whose making is not counted.
 */
import { copyOf, keyOf, shuffled, ttlOf, valueOf, zipfian } from './entries.ts';
import { openKeeper, type Keeper, type Subject } from './subject.ts';

/**
 * In the order in which entries were stored, what counts is the work of the store itself. Asked for as traffic does, or all
 * alike in no order, fetching them from memory takes most of the time, whichever store they are in.
 */
export const OPERATIONS = [
  'get',
  'get, as traffic asks',
  'get, all alike',
  'get one entry',
  'get a missing key',
  'set new',
  'set over existing',
  'set over existing, as traffic asks',
  'increment',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Operations per second. */
export type Speeds = Readonly<Record<Operation, number>>;

const COUNTERS = 1000;
const BATCH = 1000;

interface Material {
  readonly keys: readonly string[];
  readonly missing: readonly string[];
  readonly counters: readonly string[];
  readonly values: readonly string[];
  readonly newValues: readonly string[];
  /** Indexes of keys: as traffic asks for them, each once in no order, and each once in the order they were made. */
  readonly zipfian: Uint32Array;
  readonly shuffled: Uint32Array;
  readonly made: Uint32Array;
  /** The same one, again and again. */
  readonly one: Uint32Array;
}

/** Enough for the code to be compiled. */
const WARM_UP_SHARE = 0.1;

export async function speeds(subject: Subject, entries: number, hasTtl: boolean): Promise<Speeds> {
  await play(subject, materialOf(Math.ceil(entries * WARM_UP_SHARE)), hasTtl);
  return play(subject, materialOf(entries), hasTtl);
}

function materialOf(entries: number): Material {
  const list = (of: (index: number) => string) => Array.from({ length: entries }, (_, index) => of(index));
  return {
    keys: list(keyOf),
    missing: list((index) => keyOf(entries + index)),
    counters: list((index) => `count:${index % COUNTERS}`),
    values: list(valueOf),
    newValues: list((index) => valueOf(entries + index)),
    zipfian: zipfian(entries),
    shuffled: shuffled(entries),
    made: Uint32Array.from({ length: entries }, (_, index) => index),
    one: new Uint32Array(entries),
  };
}

async function play(subject: Subject, material: Material, hasTtl: boolean): Promise<Speeds> {
  const { keys, missing, counters, values, newValues, made } = material;
  const keeper = await openKeeper(subject, keys.length + COUNTERS);
  const run = subject.isSynchronous === true ? runSynchronously : runAwaiting;
  const get = (key: string) => keeper.get(key);
  const set = hasTtl
    ? (key: string, value: string, index: number) => keeper.set(key, value, ttlOf(index))
    : (key: string, value: string) => keeper.set(key, value);
  const setNew = await run({ order: made, keys, values }, set);
  await expectHeld(keeper, keys, values);
  const speed: Record<Operation, number> = {
    get: await run({ order: made, keys, values }, get),
    'get, as traffic asks': await run({ order: material.zipfian, keys, values }, get),
    'get, all alike': await run({ order: material.shuffled, keys, values }, get),
    'get one entry': await run({ order: material.one, keys, values }, get),
    'get a missing key': await run({ order: made, keys: missing, values }, get),
    'set new': setNew,
    'set over existing': await run({ order: made, keys, values: newValues }, set),
    'set over existing, as traffic asks': await run({ order: material.zipfian, keys, values }, set),
    increment: await run({ order: made, keys: counters, values }, (key) => keeper.increment(key)),
  };
  await expectCounted(keeper, keys.length);
  return speed;
}

/** A store that drops entries would be fast, but nobody would want it. */
async function expectHeld(keeper: Keeper, keys: readonly string[], values: readonly string[]): Promise<void> {
  for (const index of [0, keys.length >> 1, keys.length - 1]) {
    const found: unknown = await keeper.get(keys[index] ?? '');
    const value = typeof found === 'object' && found !== null && 'value' in found ? found.value : found;
    if (value !== values[index]) throw new Error(`Entry ${index} is not held.`);
  }
}

async function expectCounted(keeper: Keeper, increments: number): Promise<void> {
  const sum = await keeper.increment('count:0');
  if (sum !== Math.ceil(increments / COUNTERS) + 1) throw new Error(`It has counted to ${String(sum)}.`);
}

interface Run {
  readonly order: Uint32Array;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

type Act = (key: string, value: string, index: number) => unknown;

async function runAwaiting(run: Run, act: Act): Promise<number> {
  let milliseconds = 0;
  for (let start = 0; start < run.order.length; start += BATCH) {
    const { indexes, keys, values } = batch(run, start);
    const started = performance.now();
    for (let at = 0; at < indexes.length; at++) await act(keys[at] ?? '', values[at] ?? '', indexes[at] ?? 0);
    milliseconds += performance.now() - started;
  }
  return (run.order.length / milliseconds) * 1000;
}

async function runSynchronously(run: Run, act: Act): Promise<number> {
  let milliseconds = 0;
  for (let start = 0; start < run.order.length; start += BATCH) {
    const { indexes, keys, values } = batch(run, start);
    const started = performance.now();
    for (let at = 0; at < indexes.length; at++) act(keys[at] ?? '', values[at] ?? '', indexes[at] ?? 0);
    milliseconds += performance.now() - started;
  }
  return (run.order.length / milliseconds) * 1000;
}

function batch({ order, keys, values }: Run, start: number) {
  const indexes = [...order.subarray(start, start + BATCH)];
  return {
    indexes,
    keys: indexes.map((index) => copyOf(keys[index] ?? '')),
    values: indexes.map((index) => copyOf(values[index] ?? '')),
  };
}
