import { type Cell, type Claim, isMet } from './section.ts';

/** Digits that count of a figure in a claim. */
const DIGITS = 3;
const MOST_DIGITS = 15;

/** Numbers with as many decimals as they have, thousands apart. */
export function shown(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 20 }) : cell;
}

/** `1.06 times, at most 1.1 times`, with enough digits that what misses a limit narrowly does not look as if it met it. */
export function measuredAndLimit(claim: Claim): string {
  const { measured, limit, wanted, unit } = claim;
  const end = unit === undefined ? '' : ` ${unit}`;
  let digits = DIGITS;
  while (digits < MOST_DIGITS && isMet({ ...claim, measured: rounded(measured, digits) }) !== isMet(claim)) digits += 1;
  return `${shown(rounded(measured, digits))}${end}, ${wanted} ${shown(limit)}${end}`;
}

/** Whole numbers stay as they are. */
function rounded(number: number, digits: number): number {
  const whole = String(Math.trunc(Math.abs(number))).length;
  return Number(number.toPrecision(Math.min(MOST_DIGITS, Math.max(digits, whole))));
}
