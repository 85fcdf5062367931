/** What traffic asks of the table in a second: requests by kind, calls to DynamoDB, and units. */
import { requestsOfVisit, type RequestKind, type Traffic } from '../traffic/traffic.ts';
import { liveCount } from './live-count.ts';
import { PARTITION, partitionsFor } from './recommend.ts';
import { failuresOfPage, type RaceTiming } from './race.ts';
import type { RecordSizes } from './sizes.ts';
import { type Mode, plus, readUnits, times, type Units, unitsOf, writeUnits } from './units.ts';

export interface LoadOptions extends Mode {
  readonly traffic: Traffic;
  readonly sizes: RecordSizes;
  /** Requests per second, bots' included. */
  readonly rps: number;
  readonly timing: RaceTiming;
  /** `SESSION_LIFETIME` in seconds. */
  readonly lifetime: number;
  /** Seconds between two pages of a visit. */
  readonly think: number;
  /** What is provisioned, as a multiple of the average: it decides on the partitions, and so on the stream's shards. @default 1 */
  readonly provisionedFor?: number;
}

/** What comes on top of requests that have their session to themselves. */
export type Extra = 'failed conditions' | 'moved expiries' | 'waiting for locks' | 'live count';

export interface Load {
  /** Requests per second. */
  readonly requests: Readonly<Record<RequestKind, number>>;
  /** Visits that begin in a second. */
  readonly visits: number;
  /** Units of one request of a kind. */
  readonly each: Readonly<Record<RequestKind, Units>>;
  /** Units per second by kind, and what comes on top. */
  readonly perSecond: Readonly<Record<RequestKind | Extra, Units>>;
  readonly total: Units;
  /** Failed conditions of one page. */
  readonly failuresOfPage: number;
  /** Write units per second that the record of the live count would need; above 1,000, the count falls behind. */
  readonly liveCountAsks: number;
}

export const KINDS: readonly RequestKind[] = ['bot', 'first write', 'read-only', 'change', 'login', 'logout'];

/** The share of a lifetime after which an expiry moves (SessionRecords). */
const INTERVAL = 0.1;

export function loadOf(options: LoadOptions): Load {
  const { traffic, sizes, rps, locking = false } = options;
  const ofVisit = requestsOfVisit(traffic);
  const visits = rps / Object.values(ofVisit).reduce((sum, count) => sum + count, 0);
  const each = byKind((kind) => unitsIn(kind, options));
  const failures = locking ? 0 : failuresOfPage(traffic.parallel, 1 - traffic.readOnly, options.timing);
  const pages = visits * traffic.pages;
  const writes = mean(traffic.logins, writeUnits(sizes.session), writeUnits(sizes.loggedIn));
  const perWrite: Units = { requests: 1, reads: 0, writes };
  const ofRequests = {
    ...byKind((kind) => times(each[kind], ofVisit[kind] * visits)),
    'failed conditions': times(perWrite, pages * failures),
    // With locking, the write that gives the lock back moves the expiry too.
    'moved expiries': times(perWrite, locking ? 0 : visits * movedExpiries(options)),
    'waiting for locks': locking ? times(waiting(sizes), pages * (traffic.parallel - 1)) : times(perWrite, 0),
  };
  // A visit's session begins and ends, and a login replaces it.
  const changes = visits * (2 + traffic.logins);
  const { reads, writes: written } = times(plus(...Object.values(ofRequests)), options.provisionedFor ?? 1);
  const partitions = partitionsFor({ reads, writes: written }, 0);
  const count = liveCount(changes, partitions);
  // One key takes no more than that: what is beyond it is throttled, and not billed.
  const counted = Math.min(1, PARTITION.writes / count.writes);
  const perSecond = { ...ofRequests, 'live count': times(count, counted) };
  const requests = byKind((kind) => ofVisit[kind] * visits);
  return {
    requests,
    visits,
    each,
    perSecond,
    total: plus(...Object.values(perSecond)),
    failuresOfPage: failures,
    liveCountAsks: count.writes,
  };
}

/** Who has logged in has a larger record from then on, and all pages of a visit come after its login. */
function unitsIn(kind: RequestKind, { sizes, traffic, ...mode }: LoadOptions): Units {
  const units = unitsOf(kind, sizes, mode);
  if (kind !== 'read-only' && kind !== 'change') return units;
  const known = unitsOf(kind, { ...sizes, session: sizes.loggedIn }, mode);
  return plus(times(units, 1 - traffic.logins), times(known, traffic.logins));
}

function mean(share: number, without: number, withIt: number): number {
  return without * (1 - share) + withIt * share;
}

function byKind<T>(work: (kind: RequestKind) => T): Record<RequestKind, T> {
  return {
    bot: work('bot'),
    'first write': work('first write'),
    'read-only': work('read-only'),
    change: work('change'),
    login: work('login'),
    logout: work('logout'),
  };
}

/**
 * Writes of a visit that only move the expiry: by each read-only request of a page that comes a tenth of the lifetime or
 * more after the last write, in whichever page that was.
 */
export function movedExpiries({
  traffic,
  lifetime,
  think,
}: Pick<LoadOptions, 'traffic' | 'lifetime' | 'think'>): number {
  const { pages, parallel, readOnly } = traffic;
  const pagesOfInterval = Math.floor((lifetime * INTERVAL) / Math.max(think, 1e-9)) + 1;
  const untouched = readOnly ** parallel;
  /** How likely the last write lies so many pages back; the first write is page 0. */
  let since = new Map<number, number>([[0, 1]]);
  let expected = 0;
  for (let page = 1; page <= pages; page += 1) {
    const next = new Map<number, number>();
    const add = (back: number, probability: number): void => void next.set(back, (next.get(back) ?? 0) + probability);
    for (const [back, probability] of since) {
      if (back + 1 >= pagesOfInterval) {
        expected += probability * parallel * readOnly;
        add(0, probability);
      } else {
        add(0, probability * (1 - untouched));
        add(back + 1, probability * untouched);
      }
    }
    since = next;
  }
  return expected;
}

/** Of a request that finds its session locked: it fails once, takes a place in line, and looks about twice (lock.ts). */
function waiting({ session, lease }: RecordSizes): Units {
  const bytes = session + lease;
  return { requests: 4, reads: 2 * readUnits(bytes, 'eventual'), writes: 2 * writeUnits(bytes) };
}
