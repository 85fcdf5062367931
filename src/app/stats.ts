/** How many sessions there are. Numbers only, of all visitors together. */
import type { PassReport, RecordCounts } from '../cache/counter.ts';
import type { HttpResponse } from '../middleware/http-response.ts';
import { type Call, json } from './call.ts';

/** Answers from one read. */
export async function showStats({ counter }: Call): Promise<HttpResponse> {
  const counts = await counter.read();
  const response = json(counts === undefined ? NOTHING_COUNTED : statsOf(counts));
  return { ...response, headers: { ...response.headers, 'Cache-Control': 'no-store' } };
}

/** So it is until the first session, and stays where no stream feeds the function `count`. */
const NOTHING_COUNTED = {
  sessions: 0,
  asOf: null,
  lastPurge: null,
  detail:
    'No session was counted yet. That takes one session, a stream on the table, and the function `count` on it ' +
    '(docs/live-count.md); dynalite has no streams.',
};

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
