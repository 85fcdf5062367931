/** Log entries as lines: JSON for CloudWatch, text for people. */
import type { Log } from '../middleware/problems.ts';
import { STDERR, writeLine } from './output.ts';

const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

export type LogLevel = (typeof LEVELS)[number];

export interface LogOptions {
  /** Entries below it are dropped. @default 'INFO' */
  readonly level?: LogLevel;
  /** @default 'json' */
  readonly format?: 'json' | 'text';
  /** What is known of the request that an entry is about. @default nothing */
  readonly context?: () => Readonly<Record<string, unknown>>;
  /** @default standard error */
  readonly write?: (line: string) => void;
}

/** Errors of others quote what they failed on, as JSON's parser does. */
const WITHOUT_MESSAGE = 'The message of this error is left out, because it may quote a value.';

/**
 * Writes entries: `level`, `message` and what else they have. It never throws.
 *
 * @example
 * const log = createLog({ level: 'WARN' });
 * log({ level: 'WARN', message: 'The mail was not sent.', code: 'MAIL' });
 */
export function createLog({
  level: lowest = 'INFO',
  format = 'json',
  context,
  write = (line) => writeLine(STDERR, line),
}: LogOptions = {}): Log {
  const line = format === 'json' ? JSON.stringify : textOf;
  return ({ level = 'INFO', message, ...rest }) => {
    if (rankOf(level) < rankOf(lowest)) return;
    try {
      const said = message ?? (rest['error'] === undefined ? undefined : WITHOUT_MESSAGE);
      write(line({ level, message: said, ...context?.(), ...rest }));
    } catch {
      // Whatever it was about goes on.
    }
  };
}

/** What has a level of its own is never dropped. */
function rankOf(level: unknown): number {
  const rank = LEVELS.findIndex((name) => name === level);
  return rank < 0 ? LEVELS.length : rank;
}

/** `ERROR The session can not be read. error=SessionUnreadableError code=SESSION_UNREADABLE`, and the stack below it. */
function textOf({ level, message, stack, cause, ...rest }: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${plain(value)}`,
  );
  const head = [String(level).padEnd(5), ...(message === undefined ? [] : [plain(message)]), ...fields].join(' ');
  const frames = Array.isArray(stack) ? stack.map((frame) => `\n    ${plain(frame)}`).join('') : '';
  const below = typeof cause === 'object' && cause !== null ? `\n  ${textOf({ level: 'cause', ...cause })}` : '';
  return head + frames + below;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
