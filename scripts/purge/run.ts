import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import type { PurgeProgress } from '../../src/cache/store.ts';
import type { PurgeSettings } from './command.ts';
import { Display, summary, type Output } from './display.ts';
import { explain } from './failure.ts';
import { estimatedRecords, INTERRUPTED, PATIENCE, SEGMENTS } from './scan.ts';

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
