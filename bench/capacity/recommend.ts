/** How much capacity to provision. */
import type { ScalingOptions } from './autoscaling.ts';
import type { UnitsPerSecond } from './cost.ts';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
export const PARTITION = { reads: 3000, writes: 1000, bytes: 10 * 1024 ** 3 } as const;

/** Of each kind, in any mode, until AWS raises it. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
export const TABLE_UNITS = 40_000;

/** Whole units for the busiest minute and some room above it; a table has at least one of each. */
export function capacityFor(average: UnitsPerSecond, peak: number, headroom: number): UnitsPerSecond {
  const units = (perSecond: number): number => Math.max(1, Math.ceil(perSecond * peak * (1 + headroom) - 1e-9));
  return { reads: units(average.reads), writes: units(average.writes) };
}

/** The least is for the quietest minute at the target; the most for the peak at the target, and what is provisioned otherwise. */
export function scalingFor(
  average: UnitsPerSecond,
  minutes: readonly number[],
  target: number,
  provisioned: UnitsPerSecond,
): { readonly reads: ScalingOptions; readonly writes: ScalingOptions } {
  const [quietest, busiest] = [Math.min(...minutes), Math.max(...minutes)];
  const of = (perSecond: number, fixed: number): ScalingOptions => ({
    least: Math.max(1, Math.ceil((perSecond * quietest * 100) / target)),
    most: Math.max(fixed, Math.ceil((perSecond * busiest * 100) / target)),
    target,
  });
  return { reads: of(average.reads, provisioned.reads), writes: of(average.writes, provisioned.writes) };
}

/** Partitions for so many units per second, and so many bytes. */
export function partitionsFor({ reads, writes }: UnitsPerSecond, bytes: number): number {
  const byUnits = Math.ceil(reads / PARTITION.reads + writes / PARTITION.writes);
  return Math.max(1, byUnits, Math.ceil(bytes / PARTITION.bytes));
}
