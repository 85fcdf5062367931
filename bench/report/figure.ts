import type { Cell, Claim } from './section.ts';

/** Numbers with as many decimals as they have, thousands apart. */
export function shown(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 20 }) : cell;
}

/** `1.06, at most 1.1` */
export function measuredAndLimit({ measured, limit, wanted, unit }: Claim): string {
  const end = unit === undefined ? '' : ` ${unit}`;
  return `${rounded(measured)}${end}, ${wanted} ${rounded(limit)}${end}`;
}

/** Three digits that count, so that what misses a limit narrowly does not look as if it met it. */
function rounded(number: number): string {
  return shown(Number(number.toPrecision(Math.max(3, String(Math.trunc(Math.abs(number))).length))));
}
