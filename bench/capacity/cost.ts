/** What units cost in a month, in each of the three modes of a table. */
import { FREE_GB, FREE_UNITS, HOURS_PER_MONTH, type Prices } from './prices.ts';

export type CapacityMode = 'provisioned' | 'autoscaling' | 'on-demand';

export const MODES: readonly CapacityMode[] = ['provisioned', 'autoscaling', 'on-demand'];

export interface UnitsPerSecond {
  readonly reads: number;
  readonly writes: number;
}

/** An account's free units and GB go to this table, or not. */
export type FreeTier = 'unused' | 'used';

/** Dollars a month for units per second on average. Free units are not for this mode. */
export function onDemandCost({ reads, writes }: UnitsPerSecond, prices: Prices): number {
  const seconds = HOURS_PER_MONTH * 3600;
  return (seconds / 1e6) * (reads * prices.readPerMillion + writes * prices.writePerMillion);
}

/** Dollars a month for units that are provisioned all the time. */
export function provisionedCost({ reads, writes }: UnitsPerSecond, prices: Prices, free: FreeTier = 'unused'): number {
  const paid = (units: number): number => Math.max(0, units - (free === 'used' ? FREE_UNITS : 0));
  return HOURS_PER_MONTH * (paid(reads) * prices.readUnitHour + paid(writes) * prices.writeUnitHour);
}

/**
 * Dollars a month for the alarms by which autoscaling works: four of reads, four of writes.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 */
export const SCALING_ALARMS = 8 * 0.1;

/** Dollars a month, for the GB that are there on average. */
export function storageCost(bytes: number, prices: Prices, free: FreeTier = 'unused'): number {
  return Math.max(0, bytes / 1024 ** 3 - (free === 'used' ? FREE_GB : 0)) * prices.storageGbMonth;
}

/** What DynamoDB bills for an item beyond its size. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export const STORAGE_OVERHEAD_BYTES = 100;
