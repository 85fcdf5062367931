/** A plan as text for a terminal. */
import type { Traffic } from '../traffic/traffic.ts';
import { type CapacityMode, MODES } from './cost.ts';
import { KINDS } from './load.ts';
import { type BreakEven, cheapest, type CostPoint } from './modes.ts';
import { stageParameters, yamlOf } from './parameters.ts';
import type { Plan, PlanInput } from './plan.ts';
import { PARTITION } from './recommend.ts';
import type { DayResult } from './simulate.ts';
import { condensed, dollars, duration, shown, sparkline, tableText } from './text.ts';

export interface Printed {
  readonly plan: Plan;
  readonly input: PlanInput;
  readonly curve: readonly CostPoint[];
  readonly breakEvens: readonly BreakEven[];
  readonly region: string;
  readonly priceSource: string;
}

export function planText({ plan, input, curve, breakEvens, region, priceSource }: Printed): string {
  const best = cheapest(plan.costs);
  return [
    heading('Traffic', trafficLine(input.traffic, input)),
    unitsTable(plan),
    notesOnUnits(plan, input),
    heading(
      'Capacity',
      `for the busiest minute, ${input.peak} times the average, and ${percent(input.headroom)} above it`,
    ),
    capacityLines(plan, input),
    heading('Cost in a month', `${region}, ${priceSource}; table class Standard, without taxes`),
    costTable(plan),
    '  Not in it: Lambda, API Gateway, logs, alarms (autoscaling makes eight), KMS, transfer, point-in-time recovery.',
    input.free === 'used'
      ? ''
      : "  An account's 25 + 25 free provisioned units and 25 free GB are not taken off (--free-tier).",
    heading('From which traffic on', `the same mix and peak; cheapest here: ${best}`),
    chartLines(curve),
    breakEvenLines(breakEvens, plan),
    heading('A day, second by second', `seed ${input.seed}; against the capacity and five minutes of saved-up units`),
    dayLines('provisioned', plan.days.provisioned),
    dayLines(`provisioned for the average and ${percent(input.headroom)} above it`, plan.days.averageOnly),
    dayLines('autoscaling', plan.days.autoscaling),
    '  Throttled requests count once, as 503: while nothing is saved up, the tries of the driver find no more room.',
    heading('In serverless.yml', `the cheapest mode, ${best}`),
    yamlOf(stageParameters(plan, best)),
    ...MODES.filter((mode) => mode !== best).map((mode) => `# or ${JSON.stringify(stageParameters(plan, mode))}`),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function heading(title: string, about: string): string {
  return `\n${title}: ${about}`;
}

export function trafficLine(traffic: Traffic, { rps }: Pick<PlanInput, 'rps'>): string {
  const { size, readOnly, pages, parallel, logins, logouts, bots } = traffic;
  return (
    `${shown(rps)} requests a second, ${percent(bots)} of them bots'; sessions of ${size} bytes; visits of ${pages} pages of ` +
    `${parallel} requests, ${percent(readOnly)} read-only; ${percent(logins)} log in, ${percent(logouts)} of these log out`
  );
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

function unitsTable({ load, average, peak }: Plan): string {
  const extras = ['failed conditions', 'moved expiries', 'waiting for locks', 'live count'] as const;
  const rows = [
    ...KINDS.map((kind) => {
      const [each, all] = [load.each[kind], load.perSecond[kind]];
      return [
        kind,
        shown(load.requests[kind]),
        shown(each.requests),
        shown(each.reads),
        shown(each.writes),
        shown(all.reads),
        shown(all.writes),
      ];
    }),
    ...extras
      .filter((extra) => load.perSecond[extra].requests > 0)
      .map((extra) => [
        `+ ${extra}`,
        '',
        '',
        '',
        '',
        shown(load.perSecond[extra].reads),
        shown(load.perSecond[extra].writes),
      ]),
    ['average', '', '', '', '', shown(average.reads), shown(average.writes)],
    ['busiest minute', '', '', '', '', shown(peak.reads), shown(peak.writes)],
  ];
  return tableText(['', 'requests/s', 'calls each', 'RCU each', 'WCU each', 'RCU/s', 'WCU/s'], rows);
}

function notesOnUnits({ load }: Plan, input: PlanInput): string {
  const { sizes, traffic } = input;
  const sealed =
    `  A session's record takes ${sizes.session.toLocaleString('en-US')} bytes of the table${input.locking === true ? ' and a lock' : ''},` +
    ` and ${sizes.loggedIn.toLocaleString('en-US')} after a login.`;
  const failed =
    load.failuresOfPage > 0
      ? `  A page of ${traffic.parallel} requests fails ${shown(load.failuresOfPage)} conditions on average, each billed as a write.`
      : '';
  return [sealed, failed].filter((line) => line !== '').join('\n');
}

function capacityLines({ provisioned, average, burst, partitions, hottestKey }: Plan, { peak }: PlanInput): string {
  return [
    `  ReadCapacityUnits ${provisioned.reads}, WriteCapacityUnits ${provisioned.writes}`,
    '  Burst: what was not used in the last 300 s is saved up, and not guaranteed. Were only the average provisioned',
    `  (${shown(Math.max(1, Math.ceil(average.reads)))} and ${shown(Math.max(1, Math.ceil(average.writes)))}), a full store would bear ${peak} times the average for` +
      ` ${duration(burst.reads)} of reads and ${duration(burst.writes)} of writes.`,
    `  Partitions: ${partitions}, of ${PARTITION.reads} RCU, ${PARTITION.writes} WCU and 10 GB each. The hottest key is one visitor's session: a page`,
    `  asks it for ${shown(hottestKey.reads)} RCU or ${shown(hottestKey.writes)} WCU at once.`,
  ].join('\n');
}

function costTable({ costs, storage, peers }: Plan): string {
  const rows = [{ peer: 'Cloakroom', costs, storage: storage.cost }, ...peers].map((one) => [
    one.peer,
    ...MODES.map((mode) => dollars(one.costs[mode])),
    dollars(one.storage),
  ]);
  return tableText(['', ...MODES, '+ storage'], rows);
}

const COLUMNS = 49;

/** A curve for each mode, both axes logarithmic, and the cheapest below. */
function chartLines(curve: readonly CostPoint[]): string {
  const logs = (mode: CapacityMode): number[] => curve.map(({ costs }) => Math.log10(costs[mode]) + 2);
  const top = Math.max(...MODES.flatMap(logs));
  const letters = curve.map(({ costs }) => cheapest(costs)[0] ?? '').join('');
  const axis = ['0.1', '1', '10', '100', '1,000', '10,000', '100,000'].map((text) => text.padEnd(COLUMNS / 6)).join('');
  return [
    `  ${'requests/s'.padEnd(12)}${axis}`,
    ...MODES.map(
      (mode) => `  ${mode.padEnd(12)}${sparkline(logs(mode), top)}  ${dollars(curve.at(-1)?.costs[mode] ?? 0)}`,
    ),
    `  ${'cheapest'.padEnd(12)}${letters}`,
  ].join('\n');
}

function breakEvenLines(breakEvens: readonly BreakEven[], { peakRatioWhereEqual }: Plan): string {
  const from = breakEvens.map(({ from: rps, mode }) => `${mode} from ${shown(rps)}`).join(', ');
  return [
    `  Cheapest: ${from} requests a second on.`,
    `  Provisioned costs less than on-demand where the busiest minute is less than ${shown(peakRatioWhereEqual)} times the average.`,
  ].join('\n');
}

function dayLines(name: string, { minutes, requests, throttled }: DayResult): string {
  const lost = minutes.map((minute) => minute.throttled);
  const hit = lost.flatMap((count, minute) => (count >= 1 ? [minute] : []));
  const [first, last] = [hit[0], hit.at(-1)];
  const when = first === undefined || last === undefined ? '' : `, between ${clock(first)} and ${clock(last)}`;
  return [
    `  ${name}: ${shown(Math.round(throttled))} of ${shown(requests)} requests throttled${when}`,
    dayLine(
      'WCU asked',
      minutes.map((minute) => minute.writes),
    ),
    dayLine(
      'WCU there',
      minutes.map((minute) => minute.writeCapacity),
    ),
    ...(throttled >= 1 ? [dayLine('throttled', lost)] : []),
  ].join('\n');
}

function dayLine(label: string, values: readonly number[]): string {
  return `    ${label.padEnd(12)}${sparkline(condensed(values, 72))}`;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
