import type { Claim, Table } from '../report/section.ts';
import { LIFETIMES, type Figures, type Lifetime, type Results } from './results.ts';
import { OPERATIONS, type Operation } from './speed.ts';
import { SUBJECTS } from './subject.ts';

const CLAIMED: readonly Operation[] = ['get', 'set new', 'set over existing', 'increment'];
const TITLES: Readonly<Record<Lifetime, string>> = { forever: 'without a ttl', ttl: 'with a ttl' };

export function tables(results: Results): readonly Table[] {
  return [
    ...LIFETIMES.map((lifetime) => speedTable(results, lifetime)),
    ratioTable(results),
    bytesTable(results),
    expiryTable(results),
  ];
}

function speedTable({ figures }: Results, lifetime: Lifetime): Table {
  return {
    title: `Thousands of operations per second, entries ${TITLES[lifetime]}`,
    columns: ['operation', ...figures.keys()],
    rows: OPERATIONS.map((operation) => [
      operation,
      ...[...figures.values()].map(({ speed }) => Math.round(speed[lifetime][operation] / 1000)),
    ]),
    notes: [
      ...SUBJECTS.map(({ name, about }) => `${name}: ${about}.`),
      'Everything but lru-cache itself is awaited, one operation after the other. Keys are strings of their own, made shortly before.',
      'Without a name, in the order in which entries were stored: then what counts is the work of the store. As traffic asks: drawn as in YCSB (zipfian, 0.99); there, and all alike, the time goes to fetching entries from memory.',
      'Where there is no increment, it is a get and a set, as an application does it: not atomic.',
    ],
  };
}

/** What the claims are about, and how much of it is in reach of who keeps next to nothing but the values. */
function ratioTable({ figures }: Results): Table {
  const stores = ['cloakroom', 'lru-cache, async'];
  const peers = ['keyv', 'bentocache'];
  const times = (store: string, peer: string, operation: Operation) => {
    const ratios = LIFETIMES.map(
      (lifetime) =>
        (figures.get(store)?.speed[lifetime][operation] ?? 0) / (figures.get(peer)?.speed[lifetime][operation] ?? 0),
    );
    return Number(Math.min(...ratios).toFixed(1));
  };
  return {
    title: 'Times as fast',
    columns: ['operation', ...stores.flatMap((store) => peers.map((peer) => `${store} / ${peer}`))],
    rows: OPERATIONS.map((operation) => [
      operation,
      ...stores.flatMap((store) => peers.map((peer) => times(store, peer, operation))),
    ]),
    notes: [
      'The lesser of the two ratios, with and without a ttl.',
      'A set over an existing entry spends most of its time on finding the key in a Map of 100,000 (42 % of a profile), which the others need too; the clock takes 7 %, the random version 2 %, awaiting and what is answered most of the rest.',
    ],
  };
}

function bytesTable({ figures, arrays }: Results): Table {
  return {
    title: 'Bytes per entry',
    columns: [
      'store',
      ...LIFETIMES.flatMap((lifetime) => [`all, ${TITLES[lifetime]}`, `overhead, ${TITLES[lifetime]}`]),
    ],
    rows: [...figures].map(([name, { bytes }]) => [
      name,
      ...LIFETIMES.flatMap((lifetime) => [Math.round(bytes[lifetime]), Math.round(bytes[lifetime] - arrays)]),
    ]),
    notes: [
      `Heap and what it holds outside of it, after a collection. Overhead: beyond the same keys and values in two arrays, which take ${Math.round(arrays)}.`,
    ],
  };
}

function expiryTable({ givenBack }: Results): Table {
  return {
    title: 'Memory given back once all entries have expired, with nobody touching them',
    columns: ['store', 'given back (%)'],
    rows: [...givenBack].map(([name, share]) => [name, Math.round(share * 100)]),
  };
}

/** Each with the worse of the figures with a ttl and without. */
export function claims({ figures, arrays, givenBack }: Results): readonly Claim[] {
  const of = (name: string): Figures => {
    const found = figures.get(name);
    if (found === undefined) throw new RangeError(`There are no figures of ${name}.`);
    return found;
  };
  const own = of('cloakroom');
  const times = (peer: string, operation: Operation) =>
    Math.min(...LIFETIMES.map((lifetime) => own.speed[lifetime][operation] / of(peer).speed[lifetime][operation]));
  const bytes = (less: number) =>
    Math.max(...LIFETIMES.map((lifetime) => (own.bytes[lifetime] - less) / (of('lru-cache').bytes[lifetime] - less)));
  return [
    ...CLAIMED.flatMap((operation) =>
      ['keyv', 'bentocache'].map((peer) => ({
        claim: `In memory, ${operation} is at least 5 times as fast as with ${peer}`,
        measured: times(peer, operation),
        limit: 5,
        wanted: 'at least' as const,
        unit: 'times',
      })),
    ),
    {
      claim: 'An entry in memory takes at most 1.5 times the bytes that it takes in lru-cache',
      measured: bytes(0),
      limit: 1.5,
      wanted: 'at most',
      unit: 'times',
    },
    {
      claim: 'The same of the overhead alone, beyond key and value',
      measured: bytes(arrays),
      limit: 1.5,
      wanted: 'at most',
      unit: 'times',
    },
    {
      claim: 'Expired entries in memory are freed without being touched',
      measured: (givenBack.get('cloakroom') ?? 0) * 100,
      limit: 95,
      wanted: 'at least',
      unit: '%',
    },
  ];
}
