/** The tables of a report, for the terminal and the page alike. */
import type { Cell, Table } from '../report/section.ts';
import { KINDS } from './measurement.ts';
import type { KindFigures } from './measurement.ts';
import { plannedTable } from './planned.ts';
import type { Summary } from './summary.ts';

export const WITHOUT_UNITS =
  'The answers did not say what they consumed: start the service with SERVER_TIMING=true to see units.';

/** Title of the table of errors. */
export const ERRORS = 'Errors by status and code';

/** Figures of one kind, or of all. */
type Row = readonly [name: string, figures: KindFigures];

export function tablesOf(summary: Summary): readonly Table[] {
  const { kinds, all } = summary;
  const rows: readonly Row[] = [
    ...KINDS.filter((kind) => kinds[kind].requests > 0).map((kind) => [kind, kinds[kind]] as const),
    ['all', all],
  ];
  return [
    loadTable(summary),
    latencyTable(rows),
    ...errorTables(summary),
    ...unitTables(rows, summary),
    ...plannedTable(summary),
  ];
}

function loadTable({ asked, seconds, all, kinds }: Summary): Table {
  const rows = [
    ...KINDS.filter((kind) => kinds[kind].asked > 0 || kinds[kind].requests > 0).map((kind) => {
      const { requests, inTime, asked: wanted, errors } = kinds[kind];
      return [kind, whole(wanted), requests, perSecond(inTime, seconds), errors] as const;
    }),
    [
      'all',
      whole(asked.requestsPerSecond * seconds),
      all.requests,
      perSecond(all.inTime, seconds),
      all.errors,
    ] as const,
  ];
  return {
    title: 'Requests',
    columns: ['kind', 'asked for', 'sent', 'answered a second', 'errors'],
    rows,
    notes: ['Whether a request of a page only reads is drawn by the seed: asked for is the expected number.'],
  };
}

function latencyTable(rows: readonly Row[]): Table {
  return {
    title: 'Latency in milliseconds',
    columns: ['kind', 'p50', 'p95', 'p99', 'max'],
    rows: rows.map(([name, { answers, latency }]) => [
      name,
      ...[latency.p50, latency.p95, latency.p99, latency.max].map((value) => (answers === 0 ? '–' : value.toFixed(1))),
    ]),
    notes: ['Of all answers, those with an error included. Requests without an answer are not in it.'],
  };
}

function errorTables({ errors, all }: Summary): readonly Table[] {
  const rows = Object.entries(errors).map(([name, count]): Cell[] => [
    name,
    count,
    `${((count / Math.max(1, all.requests)) * 100).toFixed(2)} %`,
  ]);
  return rows.length === 0 ? [] : [{ title: ERRORS, columns: ['status and code', 'requests', 'of all'], rows }];
}

function unitTables(rows: readonly Row[], { unitsPerSecond, all, seconds }: Summary): readonly Table[] {
  if (unitsPerSecond === undefined) return [];
  const { throttles, coldStarts, answers } = all.consumption;
  const told = answers === all.requests ? [] : [`${answers} of ${all.requests} requests were answered with units.`];
  return [
    {
      title: 'DynamoDB, on average by request',
      columns: ['kind', 'requests', 'RCU', 'WCU', 'failed conditions', 'their WCU'],
      rows: rows.map(([name, { consumption: sums }]) => [
        name,
        ...[sums.requests, sums.readUnits, sums.writeUnits, sums.failedConditions, sums.failedConditionUnits].map(
          (sum) => mean(sum, sums.answers),
        ),
      ]),
      notes: [
        'AWS bills a failed condition as a write of the record that was there, and does not report it among consumed units.',
        ...told,
      ],
    },
    {
      title: 'DynamoDB, in all',
      columns: ['kind', 'requests', 'RCU', 'WCU', 'their WCU', 'RCU/s', 'WCU/s'],
      rows: rows.map(([name, { consumption: sums }]) => [
        name,
        sums.requests,
        sums.readUnits,
        sums.writeUnits,
        sums.failedConditionUnits,
        perSecond(sums.readUnits, seconds),
        perSecond(sums.writeUnits + sums.failedConditionUnits, seconds),
      ]),
      notes: [`WCU/s has those of failed conditions in it. ${throttles} throttled, ${coldStarts} cold starts.`],
    },
  ];
}

function mean(sum: number, count: number): Cell {
  return count === 0 ? '–' : Number((sum / count).toFixed(3));
}

function perSecond(sum: number, seconds: number): number {
  return Number((sum / seconds).toFixed(2));
}

function whole(value: number): number {
  return Math.round(value);
}
