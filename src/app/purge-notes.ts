/** What a purge tells the count of sessions, and what comes of it. */
import type { PassReport, PurgeNote, PurgeNotes } from '../cache/counter.ts';
import type { PurgeObserver } from '../cache/purge.ts';
import { describeError, type Log } from '../middleware/problems.ts';

export interface NoteOptions {
  readonly log: Log;
  readonly onPass?: ((report: PassReport) => void) | undefined;
}

/**
 * Notes what was deleted, and compares a whole pass with the count. A difference is reported and left as it is: a scan is
 * no snapshot. A count that can't be written to is not in the way of deleting; the log has what it was not told.
 */
export function noteSessions(notes: PurgeNotes, { log, onPass }: NoteOptions): PurgeObserver {
  const note = async ({ deleted, pass }: PurgeNote): Promise<void> => {
    if (deleted === 0 && pass === undefined) return;
    const report = await notes.notePurge({ deleted, ...(pass && { pass }) });
    if (report === undefined) return;
    compare(report, log);
    onPass?.(report);
  };
  return {
    namespace: 'session',
    begins: () => notes.beginPass().catch(failed(log, 'beginPass', {})),
    ends: (given) => note(given).catch(failed(log, 'notePurge', { deleted: given.deleted })),
  };
}

/**
 * No warning: a scan sees sessions that the stream has yet to bring, so that a difference of seconds' worth of logins is
 * usual. One that stays from pass to pass is worth a look.
 */
function compare({ living, expired, deleted, drift, changes }: PassReport, log: Log): void {
  const message = 'The count of sessions was compared with the table.';
  log({ level: 'INFO', message, operation: 'compare', sessions: living + expired, expired, deleted, drift, changes });
}

function failed(log: Log, operation: string, details: Readonly<Record<string, unknown>>) {
  return (error: unknown): void => log({ level: 'ERROR', operation, ...details, ...describeError(error) });
}
