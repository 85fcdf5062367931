/** A plan as one HTML page with charts. */
import { type Chart, htmlReport } from '../report/html.ts';
import { MODES } from './cost.ts';
import { MINUTES } from './day.ts';
import { stageParameters } from './parameters.ts';
import type { Printed } from './print.ts';
import { reasonFor, trafficLine } from './print.ts';
import type { DayResult } from './simulate.ts';
import { dollars, shown } from './text.ts';

const PARAMETERS = [
  'capacityMode',
  'readCapacityUnits',
  'writeCapacityUnits',
  'readCapacityMax',
  'writeCapacityMax',
  'capacityTarget',
  'throttlingRate',
  'throttlingBurst',
] as const;

export function pageOf({ plan, input, curve, breakEvens, region, priceSource }: Printed): Promise<string> {
  const costs = [
    { name: 'Cloakroom', costs: plan.costs, storage: plan.storage.cost },
    ...plan.peers.map(({ peer, costs: own, storage }) => ({ name: peer, costs: own, storage })),
  ];
  return htmlReport({
    title: 'Capacity and cost',
    paragraphs: [
      `${trafficLine(input.traffic, input)}.`,
      `It asks for ${shown(plan.average.reads)} RCU and ${shown(plan.average.writes)} WCU on average; in the busiest minute ${shown(plan.peak.reads)} and ${shown(plan.peak.writes)}.`,
    ],
    facts: [
      {
        label: `a month, ${plan.recommended}, with storage`,
        value: dollars(plan.costs[plan.recommended] + plan.storage.cost),
      },
      { label: 'RCU for the peak', value: shown(plan.provisioned.reads) },
      { label: 'WCU for the peak', value: shown(plan.provisioned.writes) },
      { label: 'sessions in the table', value: shown(Math.round(plan.storage.sessions)) },
    ],
    parts: [
      {
        title: 'Cost in a month',
        paragraphs: [`${region}, ${priceSource}. Lambda, API Gateway, logs and the service's alarms are not in it.`],
        tables: [
          {
            title: 'Dollars a month for units, and for storage',
            columns: ['', ...MODES, 'storage'],
            rows: costs.map((one) => [
              one.name,
              ...MODES.map((mode) => dollars(one.costs[mode])),
              dollars(one.storage),
            ]),
          },
          {
            title: `For serverless.yml: ${reasonFor(plan)}`,
            columns: ['', ...MODES],
            rows: PARAMETERS.filter((name) => stageParameters(plan, 'autoscaling')[name] !== undefined).map((name) => [
              name,
              ...MODES.map((mode) => stageParameters(plan, mode)[name] ?? ''),
            ]),
          },
        ],
        charts: [
          {
            title: 'Cost against traffic',
            xLabel: 'requests per second',
            x: curve.map(({ rps }) => rps),
            series: MODES.map((mode) => ({
              label: mode,
              unit: '$', // What is free has no place on a logarithmic axis.
              values: curve.map(({ costs: at }) => (at[mode] > 0 ? at[mode] : null)),
            })),
            logarithmic: ['x', 'y'],
            notes: [
              `Cheapest: ${breakEvens.map(({ from, mode }) => `${mode} from ${shown(from)}`).join(', ')} requests a second on.`,
            ],
          },
        ],
      },
      {
        title: 'A day, second by second',
        charts: [
          dayChart('Provisioned: write units', plan.days.provisioned, 'write'),
          dayChart('Provisioned: read units', plan.days.provisioned, 'read'),
          dayChart('Provisioned for the average and its headroom: write units', plan.days.averageOnly, 'write'),
          dayChart('Autoscaling: write units', plan.days.autoscaling, 'write'),
          dayChart('Autoscaling: read units', plan.days.autoscaling, 'read'),
        ],
      },
    ],
  });
}

function dayChart(title: string, { minutes, throttled }: DayResult, side: 'read' | 'write'): Chart {
  const isRead = side === 'read';
  return {
    title,
    xLabel: 'hour of the day',
    x: Array.from({ length: MINUTES }, (_, minute) => minute / 60),
    series: [
      { label: 'asked for', unit: 'units/s', values: minutes.map((one) => (isRead ? one.reads : one.writes)) },
      {
        label: 'provisioned',
        unit: 'units/s',
        values: minutes.map((one) => (isRead ? one.readCapacity : one.writeCapacity)),
      },
      ...(throttled >= 1
        ? [{ label: 'throttled requests', unit: 'requests/min', values: minutes.map((one) => one.throttled) }]
        : []),
    ],
    notes: [`${shown(Math.round(throttled))} requests throttled in the day.`],
  };
}
