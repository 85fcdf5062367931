/** The planner's command line. All that is wrong with it is said at once. */
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { bytesOf, hoursIn, sessionIn } from './input-files.ts';
import { mixOf } from './mix.ts';
import { readPrices } from './prices.ts';
import { sampleData } from './sample.ts';

const figure = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 9 });

const between = (kind: string, least: number, most: number) => {
  const says = `${kind} from ${figure(least)} to ${figure(most)}`;
  return v.pipe(
    v.string(says),
    v.check((text) => text.trim() !== '', says),
    v.transform(Number),
    v.number(says),
    v.minValue(least, says),
    v.maxValue(most, says),
    v.check((value) => kind === 'a number' || Number.isInteger(value), says),
  );
};

const number = (least: number, most: number) => between('a number', least, most);
const whole = (least: number, most: number) => between('a whole number', least, most);
const words = (says: string) => v.pipe(v.string(says), v.nonEmpty(says));
const file = words("a file's path");

const flag = v.optional(v.boolean('nothing after it'), false);

/** Each with what it is, as `--help` says it. */
const FIELDS = {
  rps: {
    schema: v.optional(number(0.001, 1_000_000), '100'),
    help: 'requests per second on average over the day, bots included',
  },
  peak: { schema: v.optional(number(1, 1000), '4'), help: 'the busiest minute, as a multiple of that average' },
  size: { schema: v.optional(whole(20, 100_000)), help: "bytes of a session's data, as JSON" },
  mix: {
    schema: v.optional(words('fields of the mix, as in read-only=0.7,parallel=3')),
    help: 'read-only=0.8,pages=10,parallel=1,logins=0.1,logouts=0.5,bots=0.2',
  },
  sample: {
    schema: v.optional(file),
    help: "a JSON file with a session's data: its size, and how it compresses",
  },
  'compresses-to': { schema: v.optional(number(0.01, 1)), help: 'compressed size over size, of data over 1 KB' },
  region: { schema: v.optional(words("a region's name"), 'us-east-1'), help: 'whose prices' },
  prices: { schema: v.optional(file), help: 'another file like bench/capacity/prices.json' },
  'price-read': { schema: v.optional(number(1e-9, 1000)), help: 'dollars for a million read units on demand' },
  'price-write': { schema: v.optional(number(1e-9, 1000)), help: 'the same for write units' },
  'price-read-hour': { schema: v.optional(number(1e-9, 1000)), help: 'dollars for a provisioned read unit and hour' },
  'price-write-hour': { schema: v.optional(number(1e-9, 1000)), help: 'the same for a write unit' },
  'price-storage': { schema: v.optional(number(1e-9, 1000)), help: 'dollars for a GB and month' },
  'free-tier': { schema: flag, help: "25 + 25 units and 25 GB are the account's free ones" },
  eventual: { schema: flag, help: 'DYNAMODB_CONSISTENT_READ=false' },
  locking: { schema: flag, help: 'SESSION_LOCKING=true' },
  encrypt: { schema: flag, help: 'SESSION_ENCRYPT=true' },
  lifetime: { schema: v.optional(whole(1, 525_600), '120'), help: 'SESSION_LIFETIME, in minutes' },
  think: { schema: v.optional(number(0, 86_400), '30'), help: 'seconds between two pages of a visit' },
  sessions: { schema: v.optional(whole(0, 1e10)), help: 'sessions in the table; otherwise from the visits' },
  'sessions-per-user': { schema: v.optional(whole(1, 1000), '2'), help: 'sessions of one user at the same time' },
  headroom: { schema: v.optional(number(0, 10), '0.3'), help: 'provisioned above the peak, as a share of it' },
  target: { schema: v.optional(whole(20, 90), '70'), help: 'percent that autoscaling aims to have consumed' },
  day: { schema: v.optional(file), help: 'a JSON file with 24 numbers: how busy each hour of the day is' },
  spread: {
    schema: v.optional(number(0, 1000), '10'),
    help: 'milliseconds within which the requests of a page arrive',
  },
  seed: { schema: v.optional(whole(0, 2 ** 32 - 1), '1'), help: 'of the simulated day' },
  html: { schema: v.optional(file), help: 'also write the plan with charts to this file' },
  json: { schema: flag, help: 'print figures for programs; null: without end' },
  check: { schema: flag, help: 'compare plans with runs on DynamoDB Local instead; takes two minutes' },
  help: { schema: flag, help: 'this' },
} as const;

const entries = Object.fromEntries(Object.entries(FIELDS).map(([name, { schema }]) => [name, schema])) as {
  readonly [Name in keyof typeof FIELDS]: (typeof FIELDS)[Name]['schema'];
};

const OptionsSchema = v.strictObject(entries);
export type Options = ReturnType<typeof readOptions>;

/** @throws Error that names every wrong option, with what is allowed */
export function readOptions(args: readonly string[]) {
  const problems: string[] = [];
  const given = valuesOf(args, problems);
  const parsed = v.safeParse(OptionsSchema, given);
  for (const issue of parsed.issues ?? []) {
    const name = v.getDotPath(issue) ?? '';
    problems.push(
      Object.hasOwn(FIELDS, name) ? `--${name}: allowed is ${issue.message}.` : `--${name}: there is no such option.`,
    );
  }
  const options = parsed.success ? parsed.output : undefined;
  const mix = mixOf(stringIn(given, 'mix'), problems);
  if (given['check'] === true && Object.keys(given).length > 1) {
    problems.push('--check: plans its own traffic, so it takes no other option.');
  }
  const sample = stringIn(given, 'sample');
  if (sample !== undefined && (given['size'] !== undefined || given['compresses-to'] !== undefined)) {
    problems.push('--sample: says the size and how it compresses, so --size and --compresses-to are not for it.');
  }
  const data = sample === undefined ? undefined : sessionIn(sample, problems);
  const day = stringIn(given, 'day');
  const hours = day === undefined ? undefined : hoursIn(day, problems);
  const prices = pricesOf(given, problems);
  if (problems.length > 0 || options === undefined || mix === undefined || prices === undefined) {
    throw new Error([...new Set(problems)].join('\n'));
  }
  const size = data === undefined ? (options.size ?? 300) : bytesOf(data);
  return { ...options, ...prices, traffic: { ...mix, size }, data: data ?? sampleData(size), hours };
}

function valuesOf(args: readonly string[], problems: string[]): Record<string, string | boolean | undefined> {
  const flags = Object.fromEntries(
    Object.entries(FIELDS).map(([name, { schema }]) => [
      name,
      { type: schema === flag ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: flags,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const text of positionals) problems.push(`${text}: options begin with --.`);
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (seen.has(token.name)) problems.push(`--${token.name}: is there twice.`);
    seen.add(token.name);
  }
  return values;
}

function stringIn(given: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const { [name]: value } = given;
  return typeof value === 'string' ? value : undefined;
}

const OWN_PRICES = {
  'price-read': 'readPerMillion',
  'price-write': 'writePerMillion',
  'price-read-hour': 'readUnitHour',
  'price-write-hour': 'writeUnitHour',
  'price-storage': 'storageGbMonth',
} as const;

function pricesOf(given: Readonly<Record<string, string | boolean | undefined>>, problems: string[]) {
  const own = Object.entries(OWN_PRICES).flatMap(([option, field]) => {
    const { [option]: value } = given;
    return value === undefined ? [] : [[field, Number(value)] as const];
  });
  try {
    const { asOf, source, regions } = readPrices(stringIn(given, 'prices'));
    const region = stringIn(given, 'region') ?? 'us-east-1';
    const isOwn = own.length === Object.keys(OWN_PRICES).length;
    const known = Object.keys(regions);
    const prices =
      (known.includes(region) ? regions[region] : undefined) ?? (isOwn ? { ...regions['us-east-1'] } : undefined);
    if (prices === undefined) {
      problems.push(
        `--region: there are prices of ${known.join(', ')}; for another one give --prices, or all five of --price-…`,
      );
      return undefined;
    }
    return {
      price: { from: 'own figures', ...prices, ...Object.fromEntries(own) } as (typeof regions)[string],
      priceSource: own.length > 0 ? 'with prices from the command line' : `prices of ${asOf}, ${source}`,
    };
  } catch (error) {
    problems.push(`--prices: ${error instanceof Error ? error.message : ''}`);
    return undefined;
  }
}

/** What `--help` prints. */
export function helpText(): string {
  const lines = Object.entries(FIELDS).map(([name, { schema, help }]) => {
    const { default: standard } = schema as { default?: unknown };
    const text = typeof standard === 'string' ? `${help} [${standard}]` : help;
    return `  ${`--${name}`.padEnd(20)}${text}`;
  });
  return [
    'From traffic to capacity and costs: what a table needs, in which mode, and what it costs in a month.',
    '',
    '  npm run capacity -- --rps 300 --peak 4 --size 900 --mix read-only=0.7,parallel=3',
    '',
    ...lines,
  ].join('\n');
}
