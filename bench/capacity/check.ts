/**
 * The planner's figures next to runs: traffic of shapes on which nothing was fitted, as visits at the packaged function on
 * DynamoDB Local. What is fitted is the timing of this machine, on races of other sizes than those that the shapes have.
 */
import * as v from 'valibot';
import { type Traffic, TrafficSchema } from '../traffic/traffic.ts';
import { loadOf } from './load.ts';
import { PackagedService, type Bill } from './packaged-service.ts';
import { playVisits, type Played } from './play.ts';
import type { RaceTiming } from './race.ts';
import { fittingTiming, measuredFailures } from './races.ts';
import { sampleData } from './sample.ts';
import { recordSizes } from './sizes.ts';
import { shown, tableText } from './text.ts';
import { type Units, NOTHING } from './units.ts';

export interface Shape {
  readonly name: string;
  readonly traffic: Traffic;
  readonly visits: number;
  /** Visits under way at the same moment. */
  readonly atOnce: number;
}

const traffic = (given: v.InferInput<typeof TrafficSchema>): Traffic => v.parse(TrafficSchema, given);

export const SHAPES: readonly Shape[] = [
  {
    name: 'small, read-heavy, with bots',
    traffic: traffic({ size: 400, readOnly: 0.9, pages: 12, parallel: 1, logins: 0.2, logouts: 0.5, bots: 0.4 }),
    visits: 60,
    atOnce: 4,
  },
  {
    name: '10 KB, half of the requests change',
    traffic: traffic({ size: 10_240, readOnly: 0.5, pages: 10, parallel: 2, logins: 0.1, logouts: 1, bots: 0.1 }),
    visits: 60,
    atOnce: 2,
  },
  {
    name: 'pages of 4 requests, all of which change the session',
    traffic: traffic({ size: 700, readOnly: 0, pages: 10, parallel: 4, logins: 0, logouts: 0, bots: 0 }),
    visits: 30,
    atOnce: 1,
  },
];

/** How many requests race when the machine's timing is taken: none of the shapes' pages has as many. */
const CALIBRATION: readonly (readonly [writers: number, races: number])[] = [
  [3, 40],
  [5, 25],
  [8, 12],
];

const INSTANCES = 10;
const WITHIN = 0.05;

/** No visit is so long that its expiry moves, and there is no stream. */
const LIFETIME = 7200;

export async function runCheck(say: (line: string) => void): Promise<boolean> {
  say(`Starting ${INSTANCES} instances of the packaged function on DynamoDB Local`);
  await using service = await PackagedService.start(INSTANCES);
  // Before and after, since a machine that others work on changes its pace.
  const before = await calibrate(service, say);
  const runs: { shape: Shape; played: Played; bill: Bill }[] = [];
  for (const shape of SHAPES) {
    say(`Playing ${shape.visits} visits: ${shape.name}`);
    const played = await playVisits(service, shape.traffic, { ...shape, seed: 1 });
    runs.push({ shape, played, bill: service.bill() });
  }
  const after = await calibrate(service, say);
  const timing = fittingTiming(
    new Map(before.map(([writers, mean], index) => [writers, (mean + (after[index]?.[1] ?? mean)) / 2])),
  );
  say(`A call takes ${timing.writeMs} ms, and a page's requests come within ${timing.spreadMs} ms of each other`);
  const rows = runs.flatMap(({ shape, played, bill }) => compare(shape, played, bill, timing));
  console.log(checkText(rows));
  return rows.every(isWithin);
}

async function calibrate(
  service: PackagedService,
  say: (line: string) => void,
): Promise<[writers: number, mean: number][]> {
  const means: [number, number][] = [];
  for (const [writers, races] of CALIBRATION) {
    say(`Timing: ${races} races of ${writers}`);
    means.push([writers, await measuredFailures(service, writers, races)]);
  }
  return means;
}

export interface Compared {
  readonly shape: string;
  readonly what: string;
  readonly planned: number;
  readonly measured: number;
  /** Whether it must be within 5 %. */
  readonly isLimited: boolean;
}

export function isWithin({ planned, measured, isLimited }: Compared): boolean {
  return !isLimited || Math.abs(measured - planned) <= WITHIN * planned;
}

/** Planned for as many requests a second as were played, next to what these were billed. */
export function compare(
  { name, traffic: shape }: Pick<Shape, 'name' | 'traffic'>,
  { requests, seconds }: Played,
  bill: Bill,
  timing: RaceTiming,
): Compared[] {
  const count = Object.values(requests).reduce((sum, one) => sum + one, 0);
  const rps = count / seconds;
  const sizes = recordSizes(sampleData(shape.size), { otherSessions: 0 });
  const load = loadOf({ traffic: shape, sizes, rps, timing, lifetime: LIFETIME, think: 0 });
  const { 'live count': streamed } = load.perSecond;
  const planned = subtract(load.total, streamed);
  const row = (what: string, figure: number, billed: number): Compared => ({
    shape: name,
    what,
    planned: figure,
    measured: billed,
    isLimited: true,
  });
  const failures = load.perSecond['failed conditions'].requests * seconds;
  return [
    row('calls per request', planned.requests / rps, bill.requests / count),
    row('RCU per request', planned.reads / rps, bill.reads / count),
    row('WCU per request', planned.writes / rps, bill.writes / count),
    row('RCU per second', planned.reads, bill.reads / seconds),
    row('WCU per second', planned.writes, bill.writes / seconds),
    // A part of the write units: the fewer there are, the more they scatter.
    ...(failures > 1 ? [{ ...row('failed conditions', failures, bill.failures), isLimited: false }] : []),
  ];
}

function subtract(all: Units, part: Units): Units {
  return {
    ...NOTHING,
    requests: all.requests - part.requests,
    reads: all.reads - part.reads,
    writes: all.writes - part.writes,
  };
}

export function checkText(rows: readonly Compared[]): string {
  let last = '';
  const lines = rows.map((row) => {
    const shape = row.shape === last ? '' : row.shape;
    last = row.shape;
    const off = row.planned === 0 ? 0 : Math.round((1000 * (row.measured - row.planned)) / row.planned) / 10;
    return [
      shape,
      row.what,
      shown(row.planned),
      shown(row.measured),
      `${off > 0 ? '+' : ''}${off.toFixed(1)} %`,
      isWithin(row) ? '' : 'off',
    ];
  });
  return tableText(['traffic', '', 'planned', 'measured', 'off by', ''], lines);
}
