/** From traffic to capacity, costs and the parameters of a stage. Plain functions: the same plan for the same input. */
import type { Traffic } from '../traffic/traffic.ts';
import type { ScalingOptions } from './autoscaling.ts';
import { burstLasts } from './bucket.ts';
import { storageCost, STORAGE_OVERHEAD_BYTES, type CapacityMode, type FreeTier } from './cost.ts';
import { minutesOf } from './day.ts';
import { type Load, loadOf } from './load.ts';
import { cheapest, costsOf, peakRatioWhereEqual, recommended, type ModeCosts } from './modes.ts';
import { capacityFor, partitionsFor, scalingFor } from './recommend.ts';
import { PEERS, type Peer, peerLoad, peerRecord } from './peers.ts';
import type { Prices } from './prices.ts';
import type { RaceTiming } from './race.ts';
import { type DayResult, type Demand, simulateDay } from './simulate.ts';
import type { RecordSizes } from './sizes.ts';
import type { Mode, Units } from './units.ts';

export interface PlanInput extends Mode {
  readonly traffic: Traffic;
  readonly sizes: RecordSizes;
  /** Requests per second on average over the day, bots' included. */
  readonly rps: number;
  /** The busiest minute over the average. */
  readonly peak: number;
  /** What is provisioned above the peak, as a share of it. */
  readonly headroom: number;
  /** Percent that autoscaling aims at. */
  readonly target: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly think: number;
  /** Records of sessions in the table; absent: from visits, lifetime and how late TTL deletes. */
  readonly sessions?: number;
  readonly prices: Prices;
  readonly free: FreeTier;
  /** 24 hours, relative to each other. */
  readonly hours?: readonly number[];
  readonly timing: RaceTiming;
  readonly seed: number;
}

export interface PeerPlan {
  readonly peer: Peer;
  /** Units per second on average. */
  readonly load: Units;
  readonly costs: ModeCosts;
  readonly storage: number;
}

export interface Plan {
  readonly load: Load;
  /** Requests per second for which the API has to have room: the busiest minute's, and the headroom. */
  readonly requestRate: number;
  /** Units per second. */
  readonly average: Units;
  readonly peak: Units;
  readonly provisioned: { readonly reads: number; readonly writes: number };
  readonly scaling: { readonly reads: ScalingOptions; readonly writes: ScalingOptions };
  readonly costs: ModeCosts;
  readonly cheapest: CapacityMode;
  /** The cheapest that throttles nobody on the simulated day. */
  readonly recommended: CapacityMode;
  readonly storage: { readonly sessions: number; readonly bytes: number; readonly cost: number };
  readonly peers: readonly PeerPlan[];
  /** The busiest minute over the average up to which provisioned capacity is cheaper than on-demand. */
  readonly peakRatioWhereEqual: number;
  /** Partitions that the units and the bytes need. */
  readonly partitions: number;
  /** What one visitor's page asks of one key, in a second at the most. */
  readonly hottestKey: { readonly reads: number; readonly writes: number };
  /** Seconds that saved-up capacity bears the peak, were only the average provisioned. */
  readonly burst: { readonly reads: number; readonly writes: number };
  /** The same day against what is recommended, against no more than the average and the headroom, and with autoscaling. */
  readonly days: Readonly<Record<'provisioned' | 'averageOnly' | 'autoscaling', DayResult>>;
}

/** TTL deletes "within a few days": two are assumed. */
const DELETION_SECONDS = 2 * 24 * 3600;

/** SESSION_ABSOLUTE_LIFETIME's default: as long a user's record stays after a login. */
const USER_SECONDS = 30 * 24 * 3600;

export function planOf(input: PlanInput): Plan {
  const { traffic, sizes, rps, peak, headroom, target, prices, free } = input;
  const load = loadOf({ ...input, provisionedFor: peak * (1 + headroom) });
  const average = load.total;
  const highest = { requests: average.requests * peak, reads: average.reads * peak, writes: average.writes * peak };
  const minutes = minutesOf(peak, input.hours);
  const provisioned = capacityFor(average, peak, headroom);
  const scaling = scalingFor(average, minutes, target, provisioned);
  const sessions = input.sessions ?? load.visits * (input.lifetime * 1.1 + DELETION_SECONDS);
  const users = load.visits * traffic.logins * USER_SECONDS;
  const bytes =
    sessions * (sizes.session + STORAGE_OVERHEAD_BYTES) + users * (sizes.registryWith + STORAGE_OVERHEAD_BYTES);
  const modes = { minutes, peak, headroom, target, prices, free };
  const demand = demandOf(input, load, minutes);
  const costs = costsOf(average, modes);
  const days = {
    provisioned: simulateDay(demand, provisioned),
    averageOnly: simulateDay(demand, capacityFor(average, 1, headroom)),
    autoscaling: simulateDay(demand, scaling),
  };
  return {
    load,
    requestRate: Math.ceil(rps * peak * (1 + headroom)),
    average,
    peak: highest,
    provisioned,
    scaling,
    costs,
    cheapest: cheapest(costs),
    recommended: recommended(costs, {
      provisioned: days.provisioned.throttled,
      autoscaling: days.autoscaling.throttled,
    }),
    storage: { sessions, bytes, cost: storageCost(bytes, prices, free) },
    peers: PEERS.map((peer) => {
      const units = peerLoad(peer, traffic, rps, input);
      // Every bot leaves a record, too: one without data.
      const bots = (load.requests.bot * sessions) / load.visits;
      const record = (data: number): number => peerRecord(peer, data) + STORAGE_OVERHEAD_BYTES;
      const storage = storageCost(sessions * record(traffic.size) + bots * record(0), prices, free);
      return { peer, load: units, costs: costsOf(units, modes), storage };
    }),
    peakRatioWhereEqual: peakRatioWhereEqual(average, headroom, prices),
    partitions: partitionsFor(provisioned, bytes),
    hottestKey: {
      reads: traffic.parallel * load.each['read-only'].reads,
      writes: (traffic.parallel + load.failuresOfPage) * load.each.change.writes,
    },
    burst: {
      reads: burstLasts(Math.max(1, Math.ceil(average.reads)), highest.reads),
      writes: burstLasts(Math.max(1, Math.ceil(average.writes)), highest.writes),
    },
    days,
  };
}

function demandOf({ rps, seed }: PlanInput, load: Load, minutes: readonly number[]): Demand {
  const share = (units: 'reads' | 'writes'): number => {
    const kinds = Object.entries(load.each).filter(([, each]) => each[units] > 0);
    const requests: Readonly<Record<string, number>> = load.requests;
    return kinds.reduce((sum, [kind]) => sum + (requests[kind] ?? 0), 0) / rps;
  };
  const { reads, writes } = load.total;
  return {
    rps,
    reads: reads / rps,
    writes: writes / rps,
    reading: share('reads'),
    writing: share('writes'),
    minutes,
    seed,
  };
}
