import { describe, expect, it } from 'vitest';
import { checkText, compare, isWithin, SHAPES } from '../../bench/capacity/check.ts';
import { requestsOfVisit } from '../../bench/traffic/traffic.ts';
import { ON_AWS } from '../../bench/capacity/race.ts';

describe('A comparison of planned and billed units', () => {
  const [shape] = SHAPES;
  if (shape === undefined) throw new Error('There is no shape.');
  const requests = requestsOfVisit(shape.traffic);
  const count = Object.values(requests).reduce((sum, one) => sum + one, 0);
  const reads = requests['read-only'] + requests.change + 2 * requests.login + requests.logout;
  const writes = requests['first write'] + requests.change + 3 * requests.login + 2 * requests.logout;
  const calls =
    requests['first write'] + requests['read-only'] + 2 * requests.change + 5 * requests.login + 3 * requests.logout;
  const billed = (factor: number) =>
    compare(shape, { requests, seconds: 2 }, { requests: calls, reads, writes: writes * factor, failures: 0 }, ON_AWS);

  it('holds where they are the same', () => {
    for (const row of billed(1)) expect(row.measured / row.planned).toBeCloseTo(1, 9);
    expect(billed(1).find(({ what }) => what === 'RCU per request')?.planned).toBeCloseTo(reads / count, 9);
    expect(billed(1).every(isWithin)).toBe(true);
  });

  it('fails where they are further apart than a twentieth', () => {
    expect(billed(1.04).every(isWithin)).toBe(true);
    const off = billed(1.06).filter((row) => !isWithin(row));
    expect(off.map(({ what }) => what)).toEqual(['WCU per request', 'WCU per second']);
    expect(checkText(off)).toContain('+6.0 %');
  });
});
