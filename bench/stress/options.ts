/** What `npm run stress` was asked to do. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import * as v from 'valibot';
import { type Traffic, TrafficSchema } from '../traffic/traffic.ts';
import { requestsPerSecond, totalOf } from './plan.ts';
import { isLoopback, targetOf } from './target.ts';

export interface StressOptions {
  /** Visits that begin in a second. */
  readonly visitors: number;
  readonly traffic: Traffic;
  /** Seconds in which visits begin. */
  readonly duration: number;
  /** Absent: a packaged function of this machine. */
  readonly url?: URL;
  readonly seed: number;
  /** The HTML file. */
  readonly report: string;
  readonly json?: string;
}

export type Command =
  | { readonly kind: 'stress'; readonly options: StressOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string };

const HELP = `Drives a running service with visitors, and reports how fast it was and what it consumed.

  npm run stress -- [options]

  --visitors N      visits that begin in a second, 0.1 to 1000. Default: 5
  --duration S      seconds, 1 to 3600. Default: 60
  --url URL         what to drive. Default: a packaged function that it starts on this machine, with a local DynamoDB
  --yes             also where the URL is not this machine's
  --seed N          the same seed gives the same visits. Default: 1
  --report FILE     the report as HTML. Default: bench/results/stress.html
  --json FILE       the report as JSON. Default: none
  --help

What a visit is:

  --size BYTES      of a session's data, as JSON, 20 to 100000. Default: 300
  --read-only SHARE of the requests of pages that only read, 0 to 1. Default: 0.8
  --pages N         after the first write, 1 to 1000. Default: 10
  --parallel N      requests that a page sends at the same moment, 1 to 20. Default: 1
  --logins SHARE    of the visits, 0 to 1. Default: 0.1
  --logouts SHARE   of the visits with a login, 0 to 1. Default: 0.5
  --bots SHARE      of all requests, 0 to 0.99. Default: 0.2
  --mix NAME=VALUE,...  several of these at once: size=900,readOnly=0.7

Start the service with SERVER_TIMING=true and DEMO=true. Units consumed are known only with the first.`;

const OPTIONS = {
  visitors: { type: 'string' },
  duration: { type: 'string' },
  url: { type: 'string' },
  yes: { type: 'boolean' },
  seed: { type: 'string' },
  report: { type: 'string' },
  json: { type: 'string' },
  mix: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  size: { type: 'string' },
  'read-only': { type: 'string' },
  pages: { type: 'string' },
  parallel: { type: 'string' },
  logins: { type: 'string' },
  logouts: { type: 'string' },
  bots: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

const TRAFFIC = Object.keys(TrafficSchema.entries) as readonly (keyof Traffic)[];

const ALLOWED: Readonly<Record<keyof Traffic, string>> = {
  size: 'a whole number of bytes from 20 to 100000',
  readOnly: 'a share from 0 to 1',
  pages: 'a whole number from 1 to 1000',
  parallel: 'a whole number from 1 to 20',
  logins: 'a share from 0 to 1',
  logouts: 'a share from 0 to 1',
  bots: 'a share from 0 to 0.99',
};

const NUMBER = /^\d{1,12}(?:\.\d{1,9})?$|^\.\d{1,9}$/;

type Given = Readonly<Record<string, string | boolean | undefined>>;

/** Every wrong option is named in one message. */
export function commandOf(args: readonly string[]): Command {
  const problems: string[] = [];
  const given = read(args, problems);
  if (given['help'] === true) return { kind: 'help', text: HELP };
  const number = (name: string, byDefault: number, allowed: string, isAllowed: (value: number) => boolean): number => {
    const text = given[name];
    if (text === undefined) return byDefault;
    const value = NUMBER.test(String(text)) ? Number(text) : NaN;
    if (!isAllowed(value)) problems.push(`--${name} ${String(text)}: allowed is ${allowed}`);
    return value;
  };
  const file = (name: string): string | undefined => {
    const text = given[name];
    if (text === '') problems.push(`--${name}: allowed is the name of a file`);
    return text === undefined ? undefined : String(text);
  };
  const visitors = number('visitors', 5, 'a number from 0.1 to 1000', (value) => value >= 0.1 && value <= 1000);
  const duration = number('duration', 60, 'a whole number of seconds from 1 to 3600', isWhole(1, 3600));
  const seed = number('seed', 1, 'a whole number from 0 to 4294967295', isWhole(0, 2 ** 32 - 1));
  const traffic = trafficOf(given, problems);
  const report = file('report') ?? 'bench/results/stress.html';
  const json = file('json');
  const url = urlOf(given, problems);
  if (problems.length > 0) return refused(['These options are wrong:', ...problems.map((line) => `  ${line}`), SEE]);
  if (url !== undefined && !isLoopback(url) && given['yes'] !== true) {
    return refused(warning(url, totalOf(requestsPerSecond(traffic, visitors)), duration));
  }
  const options = { visitors, traffic, duration, seed, report, ...(url && { url }), ...(json && { json }) };
  return { kind: 'stress', options };
}

const SEE = 'npm run stress -- --help tells them all.';

function refused(lines: readonly string[]): Command {
  return { kind: 'refused', message: lines.join('\n') };
}

function warning(url: URL, rate: number, duration: number): readonly string[] {
  const all = Math.round(rate * duration);
  return [
    `${url.host} is not this machine (127.0.0.0/8, ::1 or localhost).`,
    `This would send about ${rate.toFixed(1)} requests a second for ${duration} seconds there, ${all} in all, and store a`,
    'session for each visitor. If it is yours, and may be put under load, say so with --yes.',
  ];
}

function read(args: readonly string[], problems: string[]): Given {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const given: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`${token.value}: allowed are only options`);
    if (token.kind !== 'option') continue;
    const { name, rawName, inlineValue } = token;
    // Without strict rules, the next option would pass for a value.
    const value = inlineValue === false && token.value.startsWith('--') ? undefined : token.value;
    if (!Object.hasOwn(OPTIONS, name)) problems.push(`${rawName}: there is no such option`);
    else if (Object.hasOwn(given, name)) problems.push(`${rawName}: allowed once`);
    else if (OPTIONS[name as keyof typeof OPTIONS].type === 'boolean') {
      if (value !== undefined) problems.push(`${rawName}: takes no value`);
      given[name] = true;
    } else if (value === undefined) problems.push(`${rawName}: needs a value`);
    else given[name] = value;
  }
  return given;
}

function trafficOf(given: Given, problems: string[]): Traffic {
  const values: Partial<Record<keyof Traffic, number>> = {};
  const set = (name: keyof Traffic, shown: string, text: string): void => {
    if (values[name] !== undefined) problems.push(`${shown}: allowed once, by itself or in --mix`);
    const value = NUMBER.test(text) ? Number(text) : NaN;
    const { success } = v.safeParse(TrafficSchema.entries[name], value);
    if (!success) problems.push(`${shown} ${text}: allowed is ${ALLOWED[name]}`);
    values[name] = value;
  };
  for (const name of TRAFFIC) {
    const option = name === 'readOnly' ? 'read-only' : name;
    const text = given[option];
    if (text !== undefined) set(name, `--${option}`, String(text));
  }
  const { mix } = given;
  for (const part of mix === undefined ? [] : String(mix).split(',')) {
    const [name = '', text = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const known = TRAFFIC.find((each) => each === name);
    if (known === undefined || rest.length > 0) {
      problems.push(`--mix ${part}: allowed are ${TRAFFIC.join(', ')}, each with = and a value, and commas between`);
    } else set(known, `--mix ${name}`, text);
  }
  const parsed = v.safeParse(TrafficSchema, values);
  return parsed.success ? parsed.output : v.parse(TrafficSchema, {});
}

function urlOf({ url: text, yes }: Given, problems: string[]): URL | undefined {
  if (text === undefined) {
    if (yes === true) problems.push('--yes: allowed only with --url');
    return undefined;
  }
  const url = targetOf(String(text));
  if (url === undefined)
    problems.push('--url: allowed is an http or https URL without user, password, query or fragment');
  return url;
}

function isWhole(minimum: number, maximum: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= minimum && value <= maximum;
}
