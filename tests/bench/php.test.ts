import { describe, expect, it } from 'vitest';
import { bytesOf, readUnitsOf, writeUnitsOf } from '../../bench/subjects/item.ts';
import type { Family } from '../../bench/units/kinds.ts';
import { costOfLaravel, costOfPhp } from '../../bench/units/php.ts';

const triple = ({ requests, readUnits, writeUnits }: ReturnType<typeof costOfPhp>) => [requests, readUnits, writeUnits];

describe('The size of an item', () => {
  it('is that of its names and values, numbers by two digits a byte', () => {
    expect(bytesOf({ key: { S: 'ä' }, n: { N: '1790000000' }, b: { B: 'AAAA' } })).toBe(3 + 2 + (1 + 6) + (1 + 3));
    expect(bytesOf({ n: { N: '-1.5' } })).toBe(1 + 2);
    expect(bytesOf({})).toBe(0);
  });

  it('is billed by the started KB of a write, and the started 4 KB of a read', () => {
    expect([0, 1, 1024, 1025, 51_200].map(writeUnitsOf)).toEqual([1, 1, 1, 2, 50]);
    expect([0, 4096, 4097].map((bytes) => readUnitsOf(bytes, 'consistent'))).toEqual([1, 1, 2]);
    expect([0, 4096, 4097].map((bytes) => readUnitsOf(bytes, 'eventual'))).toEqual([0.5, 0.5, 1]);
  });
});

// As both were measured on DynamoDB Local.
describe.each<[kind: Family, bytes: number, php: number[], laravel: number[]]>([
  ['no session', 0, [2, 1, 1], [2, 0.5, 1]],
  ['first write', 12, [2, 1, 1], [2, 0.5, 1]],
  ['read-only', 300, [2, 1, 1], [2, 0.5, 1]],
  ['read-only', 10_240, [2, 3, 11], [2, 1.5, 11]],
  ['change', 300, [2, 1, 1], [2, 0.5, 1]],
  ['destroy', 300, [2, 1, 1], [3, 0.5, 2]],
  ['regenerate', 300, [4, 2, 2], [3, 0.5, 2]],
  ['locked', 300, [2, 0, 2], [5, 1, 3]],
])('The cost of %s, %i bytes', (family, bytes, php, laravel) => {
  it("for AWS's PHP handler is the measured one", () => {
    expect(triple(costOfPhp(family, bytes))).toEqual(php);
  });

  it('for Laravel is the measured one', () => {
    expect(triple(costOfLaravel(family, bytes))).toEqual(laravel);
  });
});
