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
    claim(`Next to ${other}, the dearest kind of request, by the price of its units`, compared, prices, 1),
    claim(`Next to ${other}, the dearest of bots, reads, and carts of 10 KB and more`, half, prices, 0.5),
  ];
}

function isHalf({ family, bytes, isCart }: Kind): boolean {
  if (family === 'no session' || family === 'read-only') return true;
  return family === 'change' && bytes >= LARGE && isCart;
}

function claim(text: string, compared: readonly Compared[], prices: Prices, limit: number): Claim {
  const ratios = compared.map(({ own, other }) => onDemand(own, prices) / onDemand(other, prices));
  return { claim: text, measured: Math.max(...ratios), limit, wanted: 'at most', unit: 'times' };
}
