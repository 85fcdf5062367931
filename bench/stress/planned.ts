/** What the planner says that a run would consume, for a service with default settings. */
import { loadOf } from '../capacity/load.ts';
import { ON_AWS } from '../capacity/race.ts';
import { sampleData } from '../capacity/sample.ts';
import { recordSizes } from '../capacity/sizes.ts';
import type { Cell, Table } from '../report/section.ts';
import { compareUnits, type PlannedUnits, type Summary } from './summary.ts';

/** The default of SESSION_LIFETIME, in seconds: no visit here is so long that its expiry moves. */
const LIFETIME = 7200;

/** Units a second; the count of sessions, which the function `count` writes, is not the requests' and left out. */
export function plannedUnits({ asked }: Pick<Summary, 'asked'>): PlannedUnits {
  const { traffic, requestsPerSecond: rps } = asked;
  // A visitor's user has no other session: see PlanOptions.
  const sizes = recordSizes(sampleData(traffic.size), { otherSessions: 0, user: 'stress-01234567-1234' });
  const { total, perSecond } = loadOf({ traffic, sizes, rps, timing: ON_AWS, lifetime: LIFETIME, think: 0 });
  const { 'live count': count } = perSecond;
  return { reads: total.reads - count.reads, writes: total.writes - count.writes };
}

const IN_MEMORY =
  'Nothing was asked of DynamoDB: the service keeps its sessions in memory. `npm run dev:dynamodb` keeps them in a local one.';

/** None where no answer told what it consumed. */
export function plannedTable(summary: Summary): readonly Table[] {
  const comparison = compareUnits(summary, plannedUnits(summary));
  if (comparison === undefined) return [];
  const { planned, measured, readRatio, writeRatio } = comparison;
  return [
    {
      title: 'Units a second, planned and measured',
      columns: ['units', 'planned', 'measured', 'measured of planned'],
      rows: [
        row('RCU', planned.reads, measured.reads, readRatio),
        row('WCU, with failed conditions', planned.writes, measured.writes, writeRatio),
      ],
      notes: [
        'Planned as `npm run capacity` does, for what was asked for, default settings, and the speed of DynamoDB on AWS, ' +
          'which decides how many conditions parallel changes fail.',
        ...(measured.reads + measured.writes === 0 ? [IN_MEMORY] : []),
      ],
    },
  ];
}

function row(name: string, plan: number, found: number, ratio: number | undefined): Cell[] {
  return [name, plan.toFixed(1), found.toFixed(1), ratio === undefined ? '–' : `${(ratio * 100).toFixed(1)} %`];
}
