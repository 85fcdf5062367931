/** How many sessions there are. Numbers only, of all visitors together. */
import type { PassReport, RecordCounts } from '../cache/counter.ts';
import { HttpError } from '../middleware/http-error.ts';
import type { HttpResponse } from '../middleware/http-response.ts';
import { type Call, json } from './call.ts';

/**
 * Answers from one read.
 *
 * @throws HttpError 503 where nothing was counted
 */
export async function showStats({ counter }: Call): Promise<HttpResponse> {
  const counts = await counter.read();
  if (counts === undefined) {
    throw new HttpError(
      503,
      'NOTHING_COUNTED',
      'No session was counted yet. That takes one session, a stream on the table, and the function `count` on that ' +
        '(docs/live-count.md); dynalite has no streams.',
    );
  }
  const response = json(statsOf(counts));
  return { ...response, headers: { ...response.headers, 'Cache-Control': 'no-store' } };
}

/** In memory, only what is there is known. */
function statsOf({ count, asOf, sums, lastPass }: RecordCounts) {
  return {
    sessions: count,
    asOf: iso(asOf),
    ...(sums && {
      created: sums.created,
      loggedOut: sums.removed - sums.purged,
      expired: sums.expired,
      purged: sums.purged,
      corrected: sums.corrected,
    }),
    lastPurge: lastPass === undefined ? null : purgeOf(lastPass),
  };
}

function purgeOf({ at, living, expired, deleted, drift, changes }: PassReport) {
  return { at: iso(at), sessions: living + expired, expired, deleted, drift, changes };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
