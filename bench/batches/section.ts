/** Operations on many entries: what they cost on DynamoDB, and how long they take there and in memory. */
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { DynamoDBProxy } from '../../tests/service/dynamodb-proxy.ts';
import { shown } from '../report/figure.ts';
import type { Benchmark, BenchOptions, Claim, Section, Table } from '../report/section.ts';
import { type Bill, Meter } from '../subjects/meter.ts';
import { median } from '../subjects/median.ts';
import { type Operation, OPERATIONS } from './batches.ts';
import { IN_MEMORY, ON_DYNAMODB, StoreProcess, type StoreSource } from './stores.ts';

/** How many entries each operation is about. */
type Entries = Readonly<Record<Operation, number>>;

const ENTRIES: Entries = { setMany: 1000, getMany: 1000, deleteMany: 1000, clear: 5000 };
const FEW_ENTRIES: Entries = { setMany: 100, getMany: 100, deleteMany: 100, clear: 500 };

const ROUNDS = { dynamoDB: 15, memory: 51 };

type Bills = Readonly<Partial<Record<Operation, Bill>>>;
/** Milliseconds. */
type Times = Readonly<Partial<Record<Operation, number>>>;

export const benchmark: Benchmark = {
  name: 'batches',
  run: async (options): Promise<Section> => {
    const emulator = await startDynamoDB({ engine: 'dynamodb-local' });
    try {
      const bills = await billsOf(emulator.endpoint, options);
      const onDynamoDB = await timesOf(ON_DYNAMODB, options.isQuick ? 1 : ROUNDS.dynamoDB, options, emulator.endpoint);
      const inMemory = await timesOf(IN_MEMORY, options.isQuick ? 1 : ROUNDS.memory, options);
      return sectionOf(bills, onDynamoDB, inMemory, entriesOf(options));
    } finally {
      await emulator.stop();
    }
  },
};

/** Through the proxy, which takes time of its own: nothing is timed here. */
async function billsOf(endpoint: string, options: BenchOptions): Promise<Map<string, Bills>> {
  const entries = entriesOf(options);
  const all = new Map<string, Bills>();
  for (const [index, source] of ON_DYNAMODB.entries()) {
    options.progress(`requests of ${source.title}`);
    const table = `bills-${index}`;
    await createTable(endpoint, table);
    await using proxy = await DynamoDBProxy.start(endpoint);
    const meter = new Meter(proxy);
    using store = await StoreProcess.start(source, proxy.url, table);
    const bills: Partial<Record<Operation, Bill>> = {};
    for (const operation of OPERATIONS) {
      if (operation !== 'setMany') await store.perform('fill', entries[operation]);
      meter.take();
      await store.perform(operation, entries[operation]);
      bills[operation] = meter.take();
      await store.perform('empty', 0);
    }
    all.set(source.title, bills);
  }
  return all;
}

/** All stores in turn, round by round. */
async function timesOf(
  sources: readonly StoreSource[],
  rounds: number,
  options: BenchOptions,
  endpoint?: string,
): Promise<Map<string, Times>> {
  const entries = entriesOf(options);
  using stack = new DisposableStack();
  const stores: { store: StoreProcess; times: Record<Operation, number[]> }[] = [];
  for (const [index, source] of sources.entries()) {
    const table = `times-${index}`;
    if (endpoint !== undefined) await createTable(endpoint, table);
    const store = stack.use(await StoreProcess.start(source, endpoint, table));
    stores.push({ store, times: { setMany: [], getMany: [], deleteMany: [], clear: [] } });
  }
  // The first round warms all of them up, and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    // In the other order every second time: whoever comes after a slow one may find the emulator at work.
    for (const { store, times } of round % 2 === 0 ? stores : stores.toReversed()) {
      options.progress(`round ${round} of ${rounds}, ${store.source.title}`);
      const measured = await roundOf(store, entries);
      if (round === 0) continue;
      for (const operation of store.operations) times[operation].push(measured[operation] ?? Number.NaN);
    }
  }
  return new Map(
    stores.map(({ store, times }) => [
      store.source.title,
      Object.fromEntries(store.operations.map((operation) => [operation, median(times[operation])])),
    ]),
  );
}

/** One operation finds what the one before has left: entries, or none. */
async function roundOf(store: StoreProcess, entries: Entries): Promise<Times> {
  const times: Partial<Record<Operation, number>> = {};
  for (const operation of OPERATIONS) {
    const count = entries[operation];
    const isThere = store.operations.includes(operation);
    if (operation === 'clear' || (operation === 'setMany' && !isThere)) await store.perform('fill', count);
    if (isThere) times[operation] = await store.perform(operation, count);
  }
  return times;
}

function sectionOf(
  bills: ReadonlyMap<string, Bills>,
  onDynamoDB: ReadonlyMap<string, Times>,
  inMemory: ReadonlyMap<string, Times>,
  entries: Entries,
): Section {
  const columns = ['', ...OPERATIONS.map((operation) => `${operation} of ${shown(entries[operation])}`)];
  return {
    title: 'Batches',
    about:
      'Operations on many entries, each with 300 bytes of JSON and a lifetime. Milliseconds are medians of rounds in turn.',
    tables: [
      billsTable(bills, columns),
      timesTable('Milliseconds on DynamoDB Local', onDynamoDB, columns, 1),
      timesTable('Milliseconds in memory', inMemory, columns, 3),
    ],
    claims: claimsOf(bills, onDynamoDB),
    data: {
      bills: Object.fromEntries(bills),
      milliseconds: { dynamoDB: Object.fromEntries(onDynamoDB), memory: Object.fromEntries(inMemory) },
    },
  };
}

function entriesOf({ isQuick }: BenchOptions): Entries {
  return isQuick ? FEW_ENTRIES : ENTRIES;
}

function billsTable(bills: ReadonlyMap<string, Bills>, columns: readonly string[]): Table {
  return {
    title: 'Requests / read units / write units of batches',
    columns,
    rows: [...bills].map(([title, own]) => [
      title,
      ...OPERATIONS.map((operation) => {
        const bill = own[operation];
        return bill === undefined ? '-' : `${bill.requests} / ${bill.readUnits} / ${bill.writeUnits}`;
      }),
    ]),
    notes: ['Cloakroom keeps a version in each record, which a Scan reads with it.'],
  };
}

function timesTable(
  title: string,
  times: ReadonlyMap<string, Times>,
  columns: readonly string[],
  digits: number,
): Table {
  return {
    title,
    columns,
    rows: [...times].map(([name, own]) => [
      name,
      ...OPERATIONS.map((operation) => own[operation]?.toFixed(digits) ?? '-'),
    ]),
  };
}

function claimsOf(bills: ReadonlyMap<string, Bills>, times: ReadonlyMap<string, Times>): Claim[] {
  const [own, floor] = ON_DYNAMODB;
  if (own === undefined || floor === undefined) return [];
  const ratios = <Of>(all: ReadonlyMap<string, Readonly<Partial<Record<Operation, Of>>>>, count: (of: Of) => number) =>
    OPERATIONS.flatMap((operation) => {
      const [mine, theirs] = [all.get(own.title)?.[operation], all.get(floor.title)?.[operation]];
      return mine === undefined || theirs === undefined ? [] : [count(mine) / count(theirs)];
    });
  return [
    {
      claim: 'Requests of a batch, next to the AWS SDK with full batches',
      measured: Math.max(...ratios(bills, ({ requests }) => requests)),
      limit: 1,
      wanted: 'at most',
      unit: 'times',
    },
    {
      claim: `Milliseconds of the slowest batch on DynamoDB, next to the ${floor.title}`,
      measured: Math.max(...ratios(times, (milliseconds) => milliseconds)),
      limit: 1.15,
      wanted: 'at most',
      unit: 'times',
    },
  ];
}
