import type { Prices } from '../capacity/prices.ts';
import type { Cell, Table } from '../report/section.ts';
import type { Bill } from '../subjects/meter.ts';
import { onDemand, provisioned } from './dollars.ts';
import { type Kind, SIZES } from './kinds.ts';
import { bytesOfLaravelItem, bytesOfPhpItem, type Cost } from './php.ts';
import { cartOf, noiseOf, ratioOf } from './session-data.ts';

/** By the name of the kind of request. */
export type Bills = Readonly<Record<string, Bill>>;

/** By the title of the subject, in the order of the columns. */
type BillsOfAll = Readonly<Record<string, Bills>>;

const NONE = '-';

/** For the notes on what is not in the table. */
export interface Aside {
  /** What a request that only reads costs @fastify/session with `rolling: false`. */
  readonly notRolling: Bill | undefined;
  /** What a handler that saves costs Cloakroom under the lock. */
  readonly saved: Bill | undefined;
}

export function billsTable(kinds: readonly Kind[], bills: BillsOfAll, { notRolling, saved }: Aside): Table {
  return {
    title: 'Requests / read units / write units',
    columns: ['request', ...Object.keys(bills)],
    rows: kinds.map(({ name }) => [name, ...Object.values(bills).map((own) => billCell(own[name]))]),
    notes: [
      'Sizes are those of the data as JSON. Carts compress, and Cloakroom compresses what it keeps; noise is random bytes in base64.',
      'Cloakroom moves the expiry of a session that is only read at most once in a tenth of its lifetime, for one write; the others with every request.',
      `@fastify/session with \`rolling: false\`: ${billCell(notRolling)} for a read-only request, but nothing then moves the expiry of a session that is only read: who only looks is logged out.`,
      `Cloakroom's write ends the lock. A handler that calls \`save()\` under it, which keeps the lock, takes ${billCell(saved)}.`,
      "AWS's PHP handler and Laravel are computed from the requests that they send and the sizes of their items (bench/units/php.ts).",
      'The raw calls keep a cookie without a signature: a forged one is looked for.',
    ],
  };
}

function billCell(bill: Cost | undefined): string {
  return bill === undefined ? NONE : `${bill.requests} / ${bill.readUnits} / ${bill.writeUnits}`;
}

/** What is kept for data of a size. */
export function sizesTable(bills: BillsOfAll): Table {
  const measured = Object.entries(bills).filter(([, own]) => own['read-only, 0.3 KB']?.itemBytes !== undefined);
  const row = (name: string, bytes: number, data: object): Cell[] => [
    name,
    `${ratioOf(data).toFixed(1)} : 1`,
    ...measured.map(([, own]) => own[`read-only, ${name}`]?.itemBytes ?? NONE),
    bytesOfPhpItem(bytes),
    bytesOfLaravelItem(bytes),
  ];
  return {
    title: 'Bytes of the item, by the size of the data',
    columns: ['data', 'compresses', ...measured.map(([title]) => title), "AWS's PHP handler", 'Laravel'],
    rows: [
      ...SIZES.map(([bytes, name]) => row(name, bytes, cartOf(bytes))),
      ...SIZES.slice(1).map(([bytes, name]) => row(`${name} of noise`, bytes, noiseOf(bytes))),
    ],
    notes: [
      'Cloakroom compresses text from 1 KB on, where that saves units, with Brotli. JSON can hold nothing that compresses less than base64 of random bytes, which is a quarter longer than they are.',
    ],
  };
}

const BILLED = [
  ['read-only', '0.3 KB'],
  ['read-only', '1 KB'],
  ['read-only', '10 KB'],
  ['read and change', '0.3 KB'],
  ['read and change', '1 KB'],
  ['read and change', '10 KB'],
] as const;

export function dollarsTables(bills: BillsOfAll, prices: Prices, source: string): Table[] {
  const table = (title: string, dollars: (cost: Cost, prices: Prices) => number, note: string): Table => ({
    title,
    columns: ['', ...BILLED.map(([name, size]) => `${name}, ${size}`)],
    rows: Object.entries(bills).map(([subject, own]) => [
      subject,
      ...BILLED.map(([name, size]) => {
        const bill = own[`${name}, ${size}`];
        return bill === undefined ? NONE : dollars(bill, prices).toFixed(3);
      }),
    ]),
    notes: [
      source,
      note,
      "Laravel reads eventually: the row to hold next to it is that of Cloakroom's eventual reads.",
    ],
  });
  return [
    table('US dollars for a million requests, on demand', onDemand, 'Data are those of a cart.'),
    table(
      'US dollars for a million requests, on provisioned capacity at full use',
      provisioned,
      'At half the use, twice as much: provisioned units are paid for whether they are consumed or not.',
    ),
  ];
}
