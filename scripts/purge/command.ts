/** What `npm run purge` was asked to do. */
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { loadConfig, type DynamoDBConfig } from '../../src/config.ts';
import { shown, Variables } from '../../src/config/variables.ts';
import { ConfigError } from '../../src/errors.ts';

export interface PurgeSettings {
  readonly dynamodb: DynamoDBConfig;
  readonly prefix: string;
  /** Read plus write units in any second; absent: unlimited. */
  readonly capacityPerSecond?: number;
  readonly mode: 'delete' | 'count';
}

export type Command =
  | { readonly kind: 'purge'; readonly settings: PurgeSettings }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string };

const USAGE = 'npm run purge -- [--table NAME] [--endpoint URL] [--capacity UNITS] [--dry-run]';

const HELP = `Deletes the expired records of a DynamoDB table.

  ${USAGE}

  --table NAME      the table's name or ARN. Default: DYNAMODB_CACHE_TABLE, else cache
  --endpoint URL    another DynamoDB than AWS's. Default: DYNAMODB_ENDPOINT
  --capacity UNITS  read plus write units it may consume in any second. Default: PURGE_CAPACITY, else unlimited
  --dry-run         only scans and counts
  --help

Attribute names and the prefix of the keys are those of the service: see .env.example. The variables are read from the
environment and from .env.`;

/** The variable that has the same rule as the option. */
const VARIABLES = { table: 'DYNAMODB_CACHE_TABLE', endpoint: 'DYNAMODB_ENDPOINT', capacity: 'PURGE_CAPACITY' } as const;

export function commandOf(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  try {
    const { help = false, 'dry-run': isDry = false, ...given } = optionsIn(args);
    if (help) return { kind: 'help', text: HELP };
    const own: NodeJS.ProcessEnv = { ...env };
    for (const name of ['table', 'endpoint', 'capacity'] as const) {
      const value = given[name];
      if (value === undefined) continue;
      const variable = VARIABLES[name];
      const { issues } = v.safeParse(Variables.entries[variable], value);
      if (issues !== undefined) return refused(`--${name} ${shown(variable, value)}; allowed: ${issues[0].message}.`);
      own[variable] = value;
    }
    const { dynamodb, cachePrefix: prefix, purgeCapacity: capacityPerSecond } = loadConfig(own);
    const mode = isDry ? 'count' : 'delete';
    const capacity = capacityPerSecond === undefined ? {} : { capacityPerSecond };
    return { kind: 'purge', settings: { dynamodb, prefix, mode, ...capacity } };
  } catch (error) {
    if (error instanceof ConfigError) return refused(error.message);
    // Node's own say what is wrong in the first sentence, and what else there might be in others.
    if (error instanceof TypeError)
      return refused(`${error.message.split(/\.?(?: |\n)(?=[A-Z])/)[0]}. Usage: ${USAGE}`);
    throw error;
  }
}

function refused(message: string): Command {
  return { kind: 'refused', message };
}

function optionsIn(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      table: { type: 'string' },
      endpoint: { type: 'string' },
      capacity: { type: 'string' },
      'dry-run': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}
