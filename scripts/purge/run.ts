import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { transportFor } from '../../src/cache/drivers/dynamodb/endpoint.ts';
import type { PurgeProgress } from '../../src/cache/store.ts';
import type { DynamoDBConfig } from '../../src/config.ts';
import type { PurgeSettings } from './command.ts';
import { Display, summary, type Output } from './display.ts';
import { explain } from './failure.ts';

/** Parallel parts of the scan, so that the way to AWS is not what takes the time. */
const SEGMENTS = 4;
const DESCRIBE_MS = 5000;
/** A page of keys takes a while on a slow line, and nobody waits for an answer as a request's visitor does. */
const PATIENCE = { requestTimeoutMs: 5000, timeoutMs: 15_000 } as const;

const INTERRUPTED = 130;

/**
 * Purges the table, shows it, and answers the exit code: 0; 1 where it failed; 130 where it was interrupted.
 *
 * @param interruption ends the purge after the requests under way
 */
export async function runPurge(
  { dynamodb, prefix, capacityPerSecond, mode }: PurgeSettings,
  interruption: AbortSignal,
  output: Output,
  errors: Pick<Output, 'write'>,
): Promise<number> {
  let requests = 0;
  let last: PurgeProgress = { scanned: 0, expired: 0, deleted: 0, skipped: 0, readUnits: 0, writeUnits: 0 };
  const onRequest = ({ attempts }: { readonly attempts: number }): void => void (requests += attempts);
  try {
    const display = new Display(output, await estimatedRecords(dynamodb));
    const started = performance.now();
    const store = new DynamoDBStore({ ...dynamodb, ...PATIENCE, prefix, onRequest });
    try {
      for await (const progress of store.deleteExpired({
        signal: interruption,
        segments: SEGMENTS,
        ...(capacityPerSecond !== undefined && { capacityPerSecond }),
        ...(mode === 'count' && { before: () => false }),
      })) {
        last = progress;
        display.show(progress);
      }
    } finally {
      display.end();
      output.write(`${summary(last, { requests, milliseconds: performance.now() - started })}\n`);
    }
    if (mode === 'count') output.write('Nothing was deleted: --dry-run.\n');
    if (last.cursor === undefined) return 0;
    output.write('Interrupted. Run it again for the rest: what is deleted is not scanned a second time.\n');
    return INTERRUPTED;
  } catch (error) {
    errors.write(`${explain(error, dynamodb)}\n`);
    return 1;
  }
}

/**
 * As DynamoDB counts them every six hours; `undefined` where it may not be asked.
 *
 * @throws where there is no such table, no way to it, or nobody to ask as
 */
async function estimatedRecords({ table, ...dynamodb }: DynamoDBConfig): Promise<number | undefined> {
  const transport = await transportFor(dynamodb);
  try {
    const { Table } = await transport.send('DescribeTable', { TableName: table }, AbortSignal.timeout(DESCRIBE_MS));
    return Table?.ItemCount;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') return undefined;
    throw error;
  }
}
