/**
 * Many instances that miss the same key of the cache at the same moment, played out as src/cache/remember.ts does it: one
 * gets the lease and computes; the others look again, ever more rarely, and try for the lease at every fourth look.
 */
import { pseudoRandom } from '../capacity/sample.ts';
import type { Table } from '../report/section.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
const READS_PER_TRY = 4;
const CALL_MS = 5;

export interface Stampede {
  readonly reads: number;
  readonly writes: number;
  readonly computed: number;
  /** In the busiest second. */
  readonly mostReads: number;
  readonly mostWrites: number;
}

interface Waiter {
  at: number;
  reads: number;
  next: 'read' | 'lock' | 'write';
}

/** @param spreadMs within which the instances come @param computeMs that the value takes */
export function stampede(instances: number, spreadMs: number, computeMs: number, seed = 1): Stampede {
  const random = pseudoRandom(seed);
  const waiting = Array.from({ length: instances }, (): Waiter => ({
    at: random() * spreadMs,
    reads: 0,
    next: 'read',
  }));
  const reads: number[] = [];
  const writes: number[] = [];
  let isLocked = false;
  let isWritten = false;
  let computed = 0;
  while (waiting.length > 0) {
    const one = waiting.reduce((first, other) => (other.at < first.at ? other : first));
    const leave = (): void => void waiting.splice(waiting.indexOf(one), 1);
    if (one.next === 'read') {
      reads.push(one.at);
      if (isWritten) leave();
      else if (one.reads % READS_PER_TRY === 0) next(one, 'lock', CALL_MS);
      else next(one, 'read', CALL_MS + pauseMs(one.reads++, random));
    } else if (one.next === 'lock') {
      writes.push(one.at);
      if (!isLocked && !isWritten) {
        isLocked = true;
        computed += 1;
        next(one, 'write', CALL_MS + computeMs);
      } else if (isWritten && !isLocked) {
        // It got the lease, sees the value in the answer, and gives the lease back.
        writes.push(one.at + CALL_MS);
        leave();
      } else next(one, 'read', CALL_MS + pauseMs(one.reads++, random));
    } else {
      writes.push(one.at);
      isWritten = true;
      isLocked = false;
      leave();
    }
  }
  return {
    reads: reads.length,
    writes: writes.length,
    computed,
    mostReads: busiest(reads),
    mostWrites: busiest(writes),
  };
}

function next(one: Waiter, what: Waiter['next'], after: number): void {
  one.next = what;
  one.at += after;
}

function pauseMs(reads: number, random: () => number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** reads, LONGEST_PAUSE_MS) * (0.75 + random() / 2);
}

/** The most that lie within any 1,000 ms. */
function busiest(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  sorted.forEach((time, index) => {
    while (time - (sorted[from] ?? 0) > 1000) from += 1;
    most = Math.max(most, index - from + 1);
  });
  return most;
}

export function rememberTable(): Table {
  const cases = [
    [10, 0, 200],
    [100, 0, 200],
    [1000, 0, 200],
    [1000, 1000, 200],
    [1000, 0, 2000],
  ] as const;
  const rows = cases.map(([instances, spreadMs, computeMs]) => {
    const { reads, writes, computed, mostReads, mostWrites } = stampede(instances, spreadMs, computeMs);
    return [instances, spreadMs, computeMs, computed, reads, writes, mostReads, mostWrites].map((figure) =>
      figure.toLocaleString('en-US'),
    );
  });
  return {
    title: 'A missing value',
    columns: [
      'instances',
      'come within ms',
      'computing takes ms',
      'computed',
      'reads',
      'writes',
      'reads in the busiest second',
      'writes in the busiest second',
    ],
    rows,
  };
}
