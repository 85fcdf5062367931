import { describe, expect, inject, it } from 'vitest';
import { CLOAKROOM, EVENTUAL, LOCKING, RAW, type Subject } from '../../bench/subjects/subjects.ts';
import { KINDS, LOCKED_KINDS } from '../../bench/units/kinds.ts';
import { billsOf } from '../../bench/units/section.ts';
import { read, rowsOf, sectionOf } from '../docs/markdown.ts';

/** README's names of the kinds of request that the benchmark has, and the benchmark's. */
const NAMES: readonly (readonly [readme: string, own: string, subject: Subject])[] = [
  ['no cookie, nothing stored (a bot)', 'no cookie', CLOAKROOM],
  ['forged or malformed cookie, with `APP_KEY`', 'forged cookie', CLOAKROOM],
  ['first write', 'first write', CLOAKROOM],
  ['read-only', 'read-only, 0.3 KB', CLOAKROOM],
  ['read-only, `DYNAMODB_CONSISTENT_READ=false`', 'read-only, 0.3 KB', EVENTUAL],
  ['read-only, 10 KB of JSON that compresses below 4 KB', 'read-only, 10 KB', CLOAKROOM],
  ['read and change', 'read and change, 0.3 KB', CLOAKROOM],
  ['destroy, without and with opening it first', 'destroy', CLOAKROOM],
  ['regenerate', 'regenerate', CLOAKROOM],
];

async function costsOf(subject: Subject, kinds = KINDS): Promise<Readonly<Record<string, readonly number[]>>> {
  const bills = await billsOf(subject, inject('dynamoDBLocal') ?? '', kinds);
  return Object.fromEntries(
    Object.entries(bills).map(([name, { requests, readUnits, writeUnits }]) => [
      name,
      [requests, readUnits, writeUnits],
    ]),
  );
}

describe('What the benchmark measures of a request', () => {
  it('is what README says of it', async () => {
    const rows = rowsOf(sectionOf(read('README.md'), 'What a request costs'), 'request', 'requests', 'RCU', 'WCU');
    const measured = new Map([
      [CLOAKROOM, await costsOf(CLOAKROOM)],
      [EVENTUAL, await costsOf(EVENTUAL)],
    ]);
    for (const [readme, own, subject] of NAMES) {
      const row = rows.find(({ request }) => request === readme);
      // Of two figures in a cell, the first is that of the request by itself.
      const said = [row?.['requests'], row?.['RCU'], row?.['WCU']].map((cell = '') => Number.parseFloat(cell));
      expect([readme, measured.get(subject)?.[own]]).toEqual([readme, said]);
    }
  }, 60_000);

  it('under a lock is two requests and two writes', async () => {
    const costs = await costsOf(LOCKING, LOCKED_KINDS);
    expect(costs['read-only, locked, 0.3 KB']).toEqual([2, 0, 2]);
    expect(costs['read and change, locked, 0.3 KB']).toEqual([2, 0, 2]);
  }, 60_000);

  it('grows with the bytes of what the raw calls keep', async () => {
    const costs = await costsOf(RAW);
    expect(costs['read-only, 10 KB']).toEqual([1, 3, 0]);
    expect(costs['read and change, 50 KB of noise']).toEqual([2, 13, 51]);
  }, 60_000);
});
