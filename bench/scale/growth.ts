/** What the table needs, and what it costs, from a handful of visitors to 100,000 requests a second. */
import * as v from 'valibot';
import { minutesOf } from '../capacity/day.ts';
import { loadOf } from '../capacity/load.ts';
import { cheapest, costsOf } from '../capacity/modes.ts';
import { readPrices } from '../capacity/prices.ts';
import { ON_AWS } from '../capacity/race.ts';
import { capacityFor, partitionsFor } from '../capacity/recommend.ts';
import { sampleData } from '../capacity/sample.ts';
import { recordSizes } from '../capacity/sizes.ts';
import { dollars, shown } from '../capacity/text.ts';
import type { Table } from '../report/section.ts';
import { TrafficSchema } from '../traffic/traffic.ts';

/** A visitor in use asks for something each 100 seconds, bots not counted. */
const REQUESTS_PER_SESSION = 0.01;
const PEAK = 3;
const HEADROOM = 0.3;
const TARGET = 70;

export function growthTable(): Table {
  const traffic = v.parse(TrafficSchema, {});
  const sizes = recordSizes(sampleData(traffic.size));
  const { 'us-east-1': prices } = readPrices().regions;
  if (prices === undefined) throw new Error('There are no prices of us-east-1.');
  const minutes = minutesOf(PEAK);
  const rows = [10, 1000, 100_000, 1_000_000, 10_000_000].map((sessions) => {
    const rps = sessions * REQUESTS_PER_SESSION;
    const { total } = loadOf({
      traffic,
      sizes,
      rps,
      timing: ON_AWS,
      lifetime: 7200,
      think: 100,
      provisionedFor: PEAK * (1 + HEADROOM),
    });
    const bytes = sessions * (sizes.session + 100);
    const capacity = capacityFor(total, PEAK, HEADROOM);
    const options = { minutes, peak: PEAK, headroom: HEADROOM, target: TARGET, prices, free: 'unused' as const };
    const costs = costsOf(total, options);
    return [
      sessions.toLocaleString('en-US'),
      shown(rps),
      `${capacity.reads.toLocaleString('en-US')} / ${capacity.writes.toLocaleString('en-US')}`,
      String(partitionsFor(capacity, bytes)),
      dollars(costs.provisioned),
      dollars(costs.autoscaling),
      dollars(costs['on-demand']),
      cheapest(costs),
      dollars((costs[cheapest(costs)] / (rps * 730 * 3600)) * 1e6),
    ];
  });
  return {
    title: 'Growth',
    columns: [
      'sessions in use',
      'requests/s',
      'RCU / WCU for the peak',
      'partitions',
      'provisioned',
      'autoscaling',
      'on-demand',
      'cheapest',
      'for a million requests',
    ],
    rows,
  };
}
