/** How soon an on-demand table follows a jump of the traffic, and how many instances of the function there are. */
import { shown } from '../capacity/text.ts';
import type { Table } from '../report/section.ts';

/** What a new on-demand table bears at once. */
const NEW_TABLE = { reads: 12_000, writes: 4000 } as const;
const DOUBLES_MINUTES = 30;

/** Minutes until a table bears a load, when the most it has had is `before` units: twice of it at once, and so on. */
export function minutesUntil(load: number, before: number, newTable: number): number {
  const doublings = Math.ceil(Math.log2(load / Math.max(2 * before, newTable)) - 1e-9);
  return Math.max(0, doublings) * DOUBLES_MINUTES;
}

export function onDemandTable(): Table {
  const rows = [1000, 4000, 10_000, 40_000, 100_000].map((writes) => [
    writes.toLocaleString('en-US'),
    ...[0, 1000, 10_000].map((before) => {
      const minutes = minutesUntil(writes, before, NEW_TABLE.writes);
      return minutes === 0 ? 'at once' : `${minutes} minutes`;
    }),
  ]);
  return {
    title: 'An on-demand table that gets more to do',
    columns: ['writes/s', 'of a new table', 'after a peak of 1,000/s', 'after a peak of 10,000/s'],
    rows,
  };
}

/** AWS's default for an account and region. */
const CONCURRENCY = 1000;
/** Instances that one function may gain in ten seconds. */
const GROWTH = 1000;

export function instancesTable(): Table {
  const rows = [10, 300, 10_000, 100_000].map((rps) => [
    rps.toLocaleString('en-US'),
    ...[20, 100].map((ms) => shown(Math.ceil((rps * ms) / 1000))),
    shown(Math.ceil((rps * 100) / 1000 / GROWTH) * 10),
    Math.ceil((rps * 100) / 1000) > CONCURRENCY ? 'yes' : 'no',
  ]);
  return {
    title: 'Instances of the function',
    columns: [
      'requests/s',
      'at 20 ms each',
      'at 100 ms each',
      'seconds to start these',
      'more than the default quota, at 100 ms',
    ],
    rows,
  };
}
