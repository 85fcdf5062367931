import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { DynamoDBCounter } from '../../src/cache/drivers/dynamodb/counter.ts';
import type { PurgeProgress } from '../../src/cache/store.ts';
import { Display, figure, type Output } from '../purge/display.ts';
import { explain } from '../purge/failure.ts';
import { estimatedRecords, INTERRUPTED, PATIENCE, SEGMENTS } from '../purge/scan.ts';
import type { CountSettings } from './command.ts';
import { type Difference, differenceOf, verdictOn } from './difference.ts';
import { correctionLine, driftLine, recordLines, SAID, scanLine, type ScanResult } from './report.ts';

/** What was counted is in every copy of the table by then, also in the one that an eventually consistent scan reads. */
const REPLICATION_MS = 2000;

/**
 * Compares the count of sessions with the table, shows it, corrects it where that is asked for, and answers the exit
 * code: 0; 1 where it failed, or was to correct and refused to; 130 where it was interrupted.
 *
 * @param interruption ends the scan after the requests under way, and the wait; then nothing is corrected
 */
export async function runCount(
  settings: CountSettings,
  interruption: AbortSignal,
  output: Output,
  errors: Pick<Output, 'write'>,
): Promise<number> {
  const { dynamodb, prefix, mode, waitMs } = settings;
  try {
    const counter = new DynamoDBCounter({ ...dynamodb, ...PATIENCE, prefix, name: 'sessions' });
    const display = new Display(output, await estimatedRecords(dynamodb), undefined, sessionsSeen);
    const before = await counter.read();
    output.write(recordLines(before));
    const pause = (ms: number) => delay(ms, undefined, { signal: interruption }).catch(() => {});
    await pause(Math.min(waitMs, REPLICATION_MS));
    const scanned = await scan(settings, interruption, output, display);
    if (waitMs > 0 && !interruption.aborted) {
      output.write(`Waiting ${waitMs / 1000} s for changes on their way to the count.\n`);
    }
    await pause(waitMs);
    if (scanned === undefined || interruption.aborted) {
      output.write('Interrupted. Nothing was corrected.\n');
      return INTERRUPTED;
    }
    const difference = differenceOf(before, await counter.read(), scanned.sessions);
    output.write(driftLine(difference));
    return mode === 'show' ? 0 : await correct(counter, difference, mode, output, errors);
  } catch (error) {
    errors.write(`${explain(error, dynamodb)}\n`);
    return 1;
  }
}

async function correct(
  counter: DynamoDBCounter,
  difference: Difference,
  mode: 'correct' | 'estimate',
  output: Output,
  errors: Pick<Output, 'write'>,
): Promise<number> {
  const verdict = verdictOn(difference, mode);
  if (verdict.kind === 'wrong') {
    output.write(correctionLine(verdict.by, await counter.correct(verdict.by)));
    return 0;
  }
  const isDone = verdict.kind === 'right' || verdict.kind === 'explained';
  (isDone ? output : errors).write(SAID[verdict.kind]);
  return isDone ? 0 : 1;
}

/** A purge that deletes nothing: `undefined` where it was interrupted. */
async function scan(
  { dynamodb, prefix, capacityPerSecond }: CountSettings,
  signal: AbortSignal,
  output: Output,
  display: Display,
): Promise<ScanResult | undefined> {
  let requests = 0;
  const onRequest = ({ attempts }: { readonly attempts: number }): void => void (requests += attempts);
  const store = new DynamoDBStore({ ...dynamodb, ...PATIENCE, prefix, onRequest });
  const started = performance.now();
  const capacity = capacityPerSecond === undefined ? {} : { capacityPerSecond };
  let last: PurgeProgress | undefined;
  try {
    const options = { ...capacity, signal, segments: SEGMENTS, tally: 'session', before: () => false };
    for await (const progress of store.deleteExpired(options)) {
      last = progress;
      display.show(progress);
    }
  } finally {
    display.end();
  }
  const pass = last?.tally?.pass;
  if (last === undefined || last.cursor !== undefined || pass === undefined) return undefined;
  const { scanned: records, readUnits } = last;
  const result = { records, readUnits, sessions: pass.living + pass.expired, expired: pass.expired };
  output.write(scanLine(result, { requests, milliseconds: performance.now() - started }));
  return result;
}

function sessionsSeen({ tally }: PurgeProgress): string {
  const { living = 0, expired = 0 } = tally?.pass ?? {};
  return `${figure(living + expired)} sessions`;
}
