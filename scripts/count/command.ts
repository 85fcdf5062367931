/** What `npm run count` was asked to do. */
import {
  type Help,
  type OwnOptions,
  parseCommand,
  type Refused,
  refused,
  type TableCommand,
  type TableSettings,
} from '../table-command.ts';

export interface CountSettings extends TableSettings {
  /** `correct`: by a difference that is certain. `estimate`: also by one that is not. */
  readonly mode: 'show' | 'correct' | 'estimate';
  /** How long changes may take from the table to the count. */
  readonly waitMs: number;
}

interface Count {
  readonly kind: 'count';
  readonly settings: CountSettings;
}

export type Command = Count | Help | Refused;

const USAGE =
  'npm run count -- [--correct [--yes]] [--wait SECONDS] [--table NAME] [--endpoint URL] [--capacity UNITS]';

const HELP = `Shows the live count of sessions, scans the table for them, and shows by how much the count is off.

  ${USAGE}

  --correct         adds the difference to the count, where no session came or went meanwhile
  --yes             also where some did: by the middle of what it may be, unless it may be nothing
  --wait SECONDS    waits so long after the scan for changes on their way to the count, 0 to 3600. Default: 15
  --table NAME      the table's name or ARN. Default: DYNAMODB_CACHE_TABLE, else cache
  --endpoint URL    another DynamoDB than AWS's. Default: DYNAMODB_ENDPOINT
  --capacity UNITS  read units it may consume in any second. Default: PURGE_CAPACITY, else unlimited
  --help

Correct only while the function count keeps up with the stream (its IteratorAge is below SECONDS): what it has yet to
count would be counted twice. The variables are read from the environment and from .env.`;

const DEFAULT_WAIT = '15';

const COUNT: TableCommand<Count> = {
  usage: USAGE,
  help: HELP,
  options: { correct: { type: 'boolean' }, yes: { type: 'boolean' }, wait: { type: 'string' } },
  run: (settings, { correct, yes, wait = DEFAULT_WAIT }: OwnOptions) => {
    const seconds = /^\d{1,4}$/.test(String(wait)) ? Number(wait) : Infinity;
    if (seconds > 3600) return refused('--wait must be a whole number of seconds from 0 to 3600.');
    if (correct !== true && yes === true) return refused(`--yes goes with --correct. Usage: ${USAGE}`);
    const mode = correct !== true ? 'show' : yes === true ? 'estimate' : 'correct';
    return { kind: 'count', settings: { ...settings, mode, waitMs: seconds * 1000 } };
  },
};

export function commandOf(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  return parseCommand(COUNT, args, env);
}
