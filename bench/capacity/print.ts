/** A plan as text for a terminal. */
import type { Traffic } from '../traffic/traffic.ts';
import { type CapacityMode, MODES } from './cost.ts';
import { KINDS } from './load.ts';
import { type BreakEven, cheapest, type CostPoint } from './modes.ts';
import { stageParameters, yamlOf } from './parameters.ts';
import type { Plan, PlanInput } from './plan.ts';
import { daysText } from './print-day.ts';
import { PARTITION, TABLE_UNITS } from './recommend.ts';
import { dollars, duration, percent, shown, sparkline, tableText } from './text.ts';

export interface Printed {
  readonly plan: Plan;
  readonly input: PlanInput;
  readonly curve: readonly CostPoint[];
  readonly breakEvens: readonly BreakEven[];
  readonly region: string;
  readonly priceSource: string;
}

export function planText({ plan, input, curve, breakEvens, region, priceSource }: Printed): string {
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
    "  Not in it: Lambda, API Gateway, logs, the service's alarms, KMS, transfer, point-in-time recovery. Autoscaling's own eight alarms are.",
    input.locking === true
      ? '  The others have their own locks on the requests of pages; what waits for these is left out.'
      : '',
    input.free === 'used'
      ? ''
      : "  An account's 25 + 25 free provisioned units and 25 free GB are not taken off (--free-tier).",
    heading('From which traffic on', `the same mix and peak; cheapest here: ${plan.cheapest}`),
    chartLines(curve),
    breakEvenLines(breakEvens, plan),
    heading('A day, second by second', `seed ${input.seed}; against the capacity and five minutes of saved-up units`),
    daysText(plan, input),
    heading('In serverless.yml', reasonFor(plan)),
    WATCH[plan.recommended],
    yamlOf(stageParameters(plan, plan.recommended)),
    ...MODES.filter((mode) => mode !== plan.recommended).map(
      (mode) => `# or ${JSON.stringify(stageParameters(plan, mode))}`,
    ),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

/** Why this mode, in a sentence. */
export function reasonFor({ cheapest: cheap, recommended, days }: Plan): string {
  if (recommended === cheap || cheap === 'on-demand') return `the cheapest mode, ${recommended}`;
  const { throttled } = days[cheap];
  return `${recommended}; ${cheap} is cheaper, and throttles ${shown(Math.round(throttled))} requests on that day`;
}

/** What to know of a mode before it is relied on. */
const WATCH: Readonly<Record<CapacityMode, string>> = {
  provisioned: '# More traffic than planned is answered 503 once the burst is used up: watch the alarms.',
  autoscaling:
    '# It adds minutes after the load has come: raise readCapacityUnits and writeCapacityUnits for a faster rush than that of this day.',
  'on-demand':
    '# Bears double its earlier peak at once; a new table 4,000 writes and 12,000 reads a second (docs/scale.md).',
};

function heading(title: string, about: string): string {
  return `\n${title}: ${about}`;
}

function counted(count: number, name: string): string {
  return `${count.toLocaleString('en-US')} ${name}${count === 1 ? '' : 's'}`;
}

export function trafficLine(traffic: Traffic, { rps }: Pick<PlanInput, 'rps'>): string {
  const { size, readOnly, pages, parallel, logins, logouts, bots } = traffic;
  return (
    `${shown(rps)} ${rps === 1 ? 'request' : 'requests'} a second, ${percent(bots)} of them bots'; sessions of ${size.toLocaleString('en-US')} bytes; ` +
    `visits of ${counted(pages, 'page')} of ${counted(parallel, 'request')}, ${percent(readOnly)} read-only; ${percent(logins)} log in, ${percent(logouts)} of these log out`
  );
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
    `  A session's record takes ${sizes.session.toLocaleString('en-US')} bytes of the table, ` +
    `${sizes.loggedIn.toLocaleString('en-US')} after a login${input.locking === true ? `, and ${sizes.lease} more while it is locked` : ''}.`;
  const failed =
    load.failuresOfPage > 0
      ? `  Of a page's ${traffic.parallel} requests, ${shown(load.failuresOfPage)} writes meet another one on average: they are billed, and made again.`
      : '';
  const count =
    load.liveCountAsks > PARTITION.writes
      ? `  The live count would need ${shown(load.liveCountAsks)} WCU of its one key, which has 1,000: it falls behind (docs/scale.md says what to do).`
      : '';
  return [sealed, failed, count].filter((line) => line !== '').join('\n');
}

function capacityLines(
  { provisioned, scaling, average, burst, partitions, hottestKey, requestRate }: Plan,
  { peak }: PlanInput,
): string {
  const most = Math.max(provisioned.reads, provisioned.writes, scaling.reads.most, scaling.writes.most);
  return [
    `  ReadCapacityUnits ${shown(provisioned.reads)}, WriteCapacityUnits ${shown(provisioned.writes)}`,
    '  Burst: what was not used in the last 300 s is saved up, and not guaranteed. Were only the average provisioned',
    `  (${shown(Math.max(1, Math.ceil(average.reads)))} and ${shown(Math.max(1, Math.ceil(average.writes)))}), a full store would bear the busiest minute's load${peak === 1 ? '' : `, ${peak} times the average`}:` +
      ` reads for ${duration(burst.reads)}, writes for ${duration(burst.writes)}.`,
    `  Partitions: ${shown(partitions)}, of 3,000 RCU, 1,000 WCU and 10 GB each. The hottest key is one visitor's session: a page`,
    `  asks it for ${shown(hottestKey.reads)} RCU or ${shown(hottestKey.writes)} WCU at once.`,
    `  The API has to let ${shown(requestRate)} requests a second through: throttlingRate; an account has 10,000 in a region until AWS raises it.`,
    ...(most > TABLE_UNITS
      ? ['  A table has 40,000 RCU and 40,000 WCU at the most, in any mode, until AWS raises that: ask for it before.']
      : []),
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

function breakEvenLines(breakEvens: readonly BreakEven[], { peakRatioWhereEqual: ratio, days }: Plan): string {
  const from = breakEvens.map(({ from: rps, mode }) => `${mode} from ${shown(rps)}`).join(', ');
  return [
    `  Cheapest: ${from} requests a second on.`,
    ...(days.autoscaling.throttled >= 1
      ? ['  That is by price alone: at this peak autoscaling comes too late for some requests (below).']
      : []),
    ratio > 1
      ? `  Provisioned costs less than on-demand where the busiest minute is less than ${shown(ratio)} times the average, free units left out.`
      : '  Provisioned never costs less than on-demand with so much headroom, free units left out.',
  ].join('\n');
}
