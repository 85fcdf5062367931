import type { Context } from 'aws-lambda';
import type { PassReport, RecordCounter } from '../cache/counter.ts';
import type { DriverName } from '../cache/create.ts';
import { type PurgeOutcome, purgeUntil } from '../cache/purge.ts';
import type { CacheStore } from '../cache/store.ts';
import { describeError, type Log } from '../middleware/problems.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { noteSessions } from './purge-notes.ts';

export interface PurgeHandlerOptions {
  /** By the name of their driver. */
  readonly stores: ReadonlyMap<DriverName, CacheStore>;
  /** The count of sessions, which is told what was deleted of them, and the driver that has them. @default none */
  readonly sessions?: { readonly driver: DriverName; readonly counter: RecordCounter };
  /** Read plus write units in any second. @default unlimited */
  readonly capacityPerSecond?: number;
  /** Called where a pass over all records was compared with the count of sessions. What it throws is ignored. */
  readonly onPass?: (report: PassReport) => void;
  /** @default no metrics, and one line of JSON on standard error for each entry of the log */
  readonly telemetry?: Telemetry;
  /** @default the one of `telemetry` */
  readonly log?: Log;
}

/** Left of the function's time for the requests under way, for the note, and for saving the cursor. */
const MARGIN_MS = 6000;

/**
 * The garbage collection as a Lambda handler: each run goes on where the last one stopped, and logs one line for each store.
 *
 * @throws what made a run fail, after its progress was saved: Lambda counts it as an error
 * @example
 * export const handler = createPurge({ stores: new Map([['dynamodb', store]]), capacityPerSecond: 5 });
 */
export function createPurge({
  stores,
  sessions,
  telemetry = createTelemetry(),
  log = telemetry.log,
  onPass,
  ...options
}: PurgeHandlerOptions) {
  return telemetry.observe(async function purge(
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ) {
    const deadline = Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
    for (const [driver, store] of stores) {
      const started = Date.now();
      const common = { part: 'purge', requestId: context.awsRequestId, driver };
      const notes = sessions?.driver === driver ? sessions.counter.notes : undefined;
      const tally = notes && noteSessions(notes, { onPass, log: (entry) => log({ ...common, ...entry }) });
      const outcome = await purgeUntil(store, { ...options, deadline, ...(tally && { tally }) });
      telemetry.add(metricsOf(outcome), { state: outcome.state });
      const line = { ...common, milliseconds: Date.now() - started };
      if (outcome.state !== 'failed') {
        log({ level: 'INFO', message: SAID[outcome.state], ...line, ...outcome });
        continue;
      }
      const { error, ...totals } = outcome;
      log({ level: 'ERROR', ...line, ...totals, ...describeError(error) });
      throw error;
    }
  });
}

const SAID = {
  finished: 'Expired records were deleted.',
  stopped: 'Expired records were deleted; the next run goes on from here.',
  locked: 'Another run is at it.',
} as const;

/** Units are counted where requests are. */
function metricsOf(outcome: PurgeOutcome) {
  if (outcome.state === 'locked') return { Unfinished: 1 };
  const { scanned, expired, deleted, state } = outcome;
  return { Scanned: scanned, Expired: expired, Deleted: deleted, Unfinished: state === 'finished' ? 0 : 1 };
}
