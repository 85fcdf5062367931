/** One store in a process of its own: does an operation when its parent asks for it, and answers how long that took. */
import process from 'node:process';
import { cartOf, SMALL } from '../units/session-data.ts';
import { type Batches, type Entry, type OpenBatches, type Operation, OPERATIONS } from './batches.ts';

/** Besides what is measured: entries are put there before, and taken away afterwards. */
export type Step = Operation | 'fill' | 'empty';

export interface Asked {
  readonly step: Step;
  readonly count: number;
}

const [file = '', name = '', endpoint = '', table = ''] = process.argv.slice(2);
const stores = (await import(file)) as Record<string, OpenBatches>;
const open = stores[name];
if (open === undefined) throw new Error(`${name} is no store.`);
const store = open(endpoint, table);

process.on('message', ({ step, count }: Asked) => {
  void timed(step, count).then((milliseconds) => process.send?.(milliseconds));
});
process.on('disconnect', () => process.exit());
process.send?.(OPERATIONS.filter((operation) => store[operation] !== undefined));

/** Milliseconds. */
async function timed(step: Step, count: number): Promise<number> {
  const entries = entriesOf(count);
  const keys = entries.map(({ key }) => key);
  const started = performance.now();
  const found = await perform(store, step, entries, keys);
  const milliseconds = performance.now() - started;
  if (found !== count) throw new Error(`${name} found ${found} of ${count}.`);
  return milliseconds;
}

async function perform(
  { setMany, getMany, deleteMany, clear, fill }: Batches,
  step: Step,
  entries: readonly Entry[],
  keys: readonly string[],
): Promise<number> {
  if (step === 'getMany') return (await getMany?.(keys)) ?? 0;
  if (step === 'setMany') await setMany?.(entries);
  else if (step === 'deleteMany') await deleteMany?.(keys);
  else if (step === 'fill') await fill(entries);
  else await clear();
  return entries.length;
}

function entriesOf(count: number): Entry[] {
  const value = JSON.stringify(cartOf(SMALL));
  return Array.from({ length: count }, (_, index) => ({ key: `entry-${index}`, value }));
}
