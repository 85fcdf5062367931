/** Percentiles of measured values. */

/**
 * The smallest value that at least this share of the values does not exceed (nearest rank).
 *
 * @param share above 0, up to 1
 * @throws RangeError where there are no values
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('There are no values.');
  return value;
}

/** To so many digits after the point. */
export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
