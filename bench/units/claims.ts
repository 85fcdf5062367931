/** What the figures have to show: the dearest kind of request next to PHP and Laravel, and the kinds that cost half. */
import type { Prices } from '../capacity/prices.ts';
import type { Claim } from '../report/section.ts';
import { onDemand } from './dollars.ts';
import type { Kind } from './kinds.ts';
import type { Cost } from './php.ts';

/** A kind of request with what it costs here and there. */
export interface Compared {
  readonly kind: Kind;
  readonly own: Cost;
  readonly other: Cost;
}

/** From here on a session is large. */
const LARGE = 10_240;

/**
 * Bots, reads, and large sessions that compress are to cost half or less, everything else no more.
 *
 * @param other `AWS's PHP handler`
 */
export function claimsAgainst(other: string, compared: readonly Compared[], prices: Prices): Claim[] {
  const half = compared.filter(({ kind }) => isHalf(kind));
  return [
    claim(
      `Next to ${other}, the most requests, read units or write units of any kind of request`,
      compared.map(most),
      1,
    ),
    claim(
      `Next to ${other}, the dearest of bots, reads, and carts of 10 KB and more, by the price of the units`,
      half.map(({ own, other: theirs }) => onDemand(own, prices) / onDemand(theirs, prices)),
      0.5,
    ),
  ];
}

function isHalf({ family, bytes, isCart }: Kind): boolean {
  if (family === 'no session' || family === 'read-only') return true;
  return family === 'change' && bytes >= LARGE && isCart;
}

/** The largest of the three ratios. */
function most({ own, other }: Compared): number {
  const pairs = [
    [own.requests, other.requests],
    [own.readUnits, other.readUnits],
    [own.writeUnits, other.writeUnits],
  ] as const;
  return Math.max(...pairs.map(([mine, theirs]) => (mine === 0 ? 0 : mine / theirs)));
}

function claim(text: string, ratios: readonly number[], limit: number): Claim {
  return { claim: text, measured: Math.max(...ratios), limit, wanted: 'at most', unit: 'times' };
}
