import { describeError, type Log } from '../middleware/problems.ts';

/** One line of JSON on standard error, which Lambda hands on to CloudWatch. */
export const writeLog: Log = (entry) => {
  process.stderr.write(`${JSON.stringify(entry)}\n`);
};

/** Logs failures that a part of the service got over. */
export function logOf(part: string): (error: Error, operation: string) => void {
  return (error, operation) => writeLog({ level: 'WARN', part, operation, ...describeError(error) });
}
