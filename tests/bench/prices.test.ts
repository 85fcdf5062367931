import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPrices } from '../../bench/capacity/prices.ts';

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'prices-')), 'prices.json');
  writeFileSync(path, content);
  return path;
}

describe('The prices', () => {
  const { regions, asOf } = readPrices();

  it('are dated, and say for each region where they are from', () => {
    expect(asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
    for (const { from } of Object.values(regions)) expect(from.length).toBeGreaterThan(40);
  });

  it.each(Object.entries(regions))('of %s have the proportions that all of AWS have', (_region, prices) => {
    expect(prices.writePerMillion / prices.readPerMillion).toBeCloseTo(5, 1);
    expect(prices.writeUnitHour / prices.readUnitHour).toBeCloseTo(5, 5);
    // A unit used for a whole hour is 3,600 request units: on demand they cost about 3.5 times as much.
    expect((prices.writePerMillion * 3600) / 1e6 / prices.writeUnitHour).toBeCloseTo(3.46, 1);
  });

  it('can be given by a file of the same form, and nothing else', () => {
    const list = JSON.stringify(readPrices());
    expect(readPrices(file(list))).toEqual(readPrices());
    expect(() => readPrices(file(list.replace('0.125', '-1')))).toThrow('regions.us-east-1.readPerMillion');
    expect(() => readPrices(file('{'))).toThrow('can not be read as JSON');
    expect(() => readPrices('/nowhere/prices.json')).toThrow('/nowhere/prices.json');
  });
});
