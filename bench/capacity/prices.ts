/** What AWS asks for a table, by region: dated, with sources, or as a user gives it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const price = v.pipe(v.number(), v.gtValue(0));

/** US dollars, table class Standard, before taxes, free units and discounts. */
const RegionSchema = v.strictObject({
  /** For a million read request units, on demand. */
  readPerMillion: price,
  writePerMillion: price,
  /** For one provisioned unit and hour. */
  readUnitHour: price,
  writeUnitHour: price,
  storageGbMonth: price,
  from: v.pipe(v.string(), v.nonEmpty()),
});

const PriceListSchema = v.strictObject({
  asOf: v.pipe(v.string(), v.isoDate()),
  currency: v.literal('USD'),
  tableClass: v.literal('Standard'),
  source: v.pipe(v.string(), v.url()),
  regions: v.record(v.string(), RegionSchema),
});

export type Prices = v.InferOutput<typeof RegionSchema>;
export type PriceList = v.InferOutput<typeof PriceListSchema>;

/** AWS bills months of 730 hours in its own examples. */
export const HOURS_PER_MONTH = 730;

/** What an account need not pay for, in any one region. @see https://aws.amazon.com/dynamodb/pricing/provisioned/ */
export const FREE_UNITS = 25;
export const FREE_GB = 25;

/** @throws Error where the file is none, or is no list of prices: it says what is wrong with it */
export function readPrices(path = join(import.meta.dirname, 'prices.json')): PriceList {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`${path} can not be read as JSON.`);
  }
  const parsed = v.safeParse(PriceListSchema, content);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  throw new Error(`${path} is no list of prices. ${problems.join(' ')}`);
}
