/**
 * What requests cost in DynamoDB: how many calls, read units and write units, from the sizes of the records.
 *
 * A read is billed by the started 4 KB, half where it is eventually consistent; a write by the started KB of the item
 * before or after it, whichever is larger.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
import type { RequestKind } from '../traffic/traffic.ts';
import type { RecordSizes } from './sizes.ts';

export interface Units {
  readonly requests: number;
  readonly reads: number;
  readonly writes: number;
}

export type Kind =
  | RequestKind
  | 'login, new visitor'
  | 'logout, not logged in'
  | 'regenerate'
  | 'regenerate, logged in'
  | 'sets a flash message'
  | 'shows a flash message';

export interface Mode {
  /** `DYNAMODB_CONSISTENT_READ=false`. */
  readonly eventual?: boolean;
  /** `SESSION_LOCKING=true`, with nobody else in line. */
  readonly locking?: boolean;
}

export const NOTHING: Units = { requests: 0, reads: 0, writes: 0 };

/** Read units of a GetItem of so many bytes; of none, where there is no item. */
export function readUnits(bytes: number, consistency: 'consistent' | 'eventual' = 'consistent'): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (consistency === 'eventual' ? 0.5 : 1);
}

/** Write units of a change, or of a condition that failed on what is there. */
export function writeUnits(before: number, after = before): number {
  return Math.max(1, Math.ceil(Math.max(before, after) / 1024));
}

export function plus(...all: readonly Units[]): Units {
  return all.reduce(
    (sum, { requests, reads, writes }) => ({
      requests: sum.requests + requests,
      reads: sum.reads + reads,
      writes: sum.writes + writes,
    }),
    NOTHING,
  );
}

export function times(units: Units, factor: number): Units {
  return { requests: units.requests * factor, reads: units.reads * factor, writes: units.writes * factor };
}

const read = (bytes: number, consistency?: 'consistent' | 'eventual'): Units => ({
  requests: 1,
  reads: readUnits(bytes, consistency),
  writes: 0,
});

const write = (before: number, after?: number): Units => ({ requests: 1, reads: 0, writes: writeUnits(before, after) });

const register = (before: number, after: number): Units => plus(read(before), write(before, after));

/** Of one request, when no other request of the same session is under way. */
export function unitsOf(kind: Kind, sizes: RecordSizes, { eventual = false, locking = false }: Mode = {}): Units {
  const { session, flashed, loggedIn, snapshot, snapshotLoggedIn } = sizes;
  const { registryBefore, registryWith, registryMoved } = sizes;
  /** Reading a session, which with locking is a write that takes the lock. */
  const open = (bytes: number): Units =>
    locking ? write(bytes, bytes + sizes.lease) : read(bytes, eventual ? 'eventual' : 'consistent');
  /** Leaving its record as another one, which with locking gives the lock back. */
  const close = (before: number, after: number): Units => write(locking ? before + sizes.lease : before, after);
  const unlock = locking ? (bytes: number) => write(bytes + sizes.lease) : () => NOTHING;
  const costs: Readonly<Record<Kind, () => Units>> = {
    bot: () => NOTHING,
    'first write': () => write(0, session),
    'read-only': () => plus(open(session), unlock(session)),
    change: () => plus(open(session), close(session, session)),
    login: () =>
      plus(open(session), write(0, loggedIn), register(registryBefore, registryWith), close(session, snapshot)),
    'login, new visitor': () => plus(write(0, loggedIn), register(registryBefore, registryWith)),
    logout: () => plus(write(loggedIn), register(registryWith, registryBefore)),
    'logout, not logged in': () => write(session),
    regenerate: () => plus(open(session), write(0, session), close(session, snapshot)),
    'regenerate, logged in': () =>
      plus(
        open(loggedIn),
        write(0, loggedIn),
        register(registryWith, registryMoved),
        close(loggedIn, snapshotLoggedIn),
      ),
    'sets a flash message': () => plus(open(session), close(session, flashed)),
    'shows a flash message': () => plus(open(flashed), close(flashed, session)),
  };
  return costs[kind]();
}
