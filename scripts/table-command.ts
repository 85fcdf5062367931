/** What the commands that work on a table have in common: table, endpoint and capacity, from options, environment and .env. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import * as v from 'valibot';
import { loadConfig, type DynamoDBConfig } from '../src/config.ts';
import { shown, Variables } from '../src/config/variables.ts';
import { ConfigError } from '../src/errors.ts';

export interface TableSettings {
  readonly dynamodb: DynamoDBConfig;
  readonly prefix: string;
  /** Read plus write units in any second; absent: unlimited. */
  readonly capacityPerSecond?: number;
}

export interface Help {
  readonly kind: 'help';
  readonly text: string;
}

export interface Refused {
  readonly kind: 'refused';
  readonly message: string;
}

/** The options that a command was given beside those of all commands. */
export type OwnOptions = Readonly<Record<string, string | boolean | undefined>>;

export interface TableCommand<Run> {
  /** One line. */
  readonly usage: string;
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  /** What is to be done. */
  readonly run: (settings: TableSettings, own: OwnOptions) => Run | Refused;
}

/** The variable that has the same rule as the option. */
const VARIABLES = { table: 'DYNAMODB_CACHE_TABLE', endpoint: 'DYNAMODB_ENDPOINT', capacity: 'PURGE_CAPACITY' } as const;

const COMMON: ParseArgsOptionsConfig = {
  table: { type: 'string' },
  endpoint: { type: 'string' },
  capacity: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

export function parseCommand<Run>(
  { usage, help, options, run }: TableCommand<Run>,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Run | Help | Refused {
  try {
    const given = parseArgs({ args: [...args], options: { ...options, ...COMMON } }).values as OwnOptions;
    if (given['help'] === true) return { kind: 'help', text: help };
    const own: NodeJS.ProcessEnv = { ...env };
    for (const name of ['table', 'endpoint', 'capacity'] as const) {
      const value = given[name];
      if (value === undefined) continue;
      const text = String(value);
      const variable = VARIABLES[name];
      const { issues } = v.safeParse(Variables.entries[variable], text);
      if (issues !== undefined) return refused(`--${name} ${shown(variable, text)}; allowed: ${issues[0].message}.`);
      own[variable] = text;
    }
    const { dynamodb, cachePrefix: prefix, purgeCapacity: capacityPerSecond } = loadConfig(own);
    return run({ dynamodb, prefix, ...(capacityPerSecond !== undefined && { capacityPerSecond }) }, given);
  } catch (error) {
    if (error instanceof ConfigError) return refused(error.message);
    // Node's own say what is wrong in the first sentence, and what else there might be in others.
    if (error instanceof TypeError)
      return refused(`${error.message.split(/\.?(?: |\n)(?=[A-Z])/)[0]}. Usage: ${usage}`);
    throw error;
  }
}

export function refused(message: string): Refused {
  return { kind: 'refused', message };
}
