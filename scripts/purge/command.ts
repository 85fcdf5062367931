/** What `npm run purge` was asked to do. */
import { type Help, parseCommand, type Refused, type TableCommand, type TableSettings } from '../table-command.ts';

export interface PurgeSettings extends TableSettings {
  readonly mode: 'delete' | 'count';
}

interface Purge {
  readonly kind: 'purge';
  readonly settings: PurgeSettings;
}

export type Command = Purge | Help | Refused;

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

const PURGE: TableCommand<Purge> = {
  usage: USAGE,
  help: HELP,
  options: { 'dry-run': { type: 'boolean' } },
  run: (settings, { 'dry-run': isDry }) => ({
    kind: 'purge',
    settings: { ...settings, mode: isDry === true ? 'count' : 'delete' },
  }),
};

export function commandOf(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  return parseCommand(PURGE, args, env);
}
