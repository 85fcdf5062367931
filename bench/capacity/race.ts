/**
 * Requests that change one session at the same moment: each reads, and writes on the condition that nobody else has
 * written since. Who is late tries again on what the failure brought back, after a pause (src/session/committer.ts), and
 * AWS bills each failed condition as a write. How many there are depends on how close together the requests come and on
 * how long a call takes, so both are given, and the race is played out.
 */
import { pseudoRandom } from './sample.ts';

/** Milliseconds. */
export interface RaceTiming {
  /** In which the requests of a page reach the store: they come evenly spread over it. */
  readonly spreadMs: number;
  /** From sending a read or a write to its answer: medians. */
  readonly readMs: number;
  readonly writeMs: number;
  /** Between the answer to the read and sending the write, or the answer to a failed one and the pause. */
  readonly handlerMs: number;
  /** How much calls differ: the standard deviation of the logarithm of their times. 0.4: one in 40 takes 2.2 times as long. */
  readonly deviation: number;
}

/** The pause before a replay, at random up to this: JITTER_MS of src/session/committer.ts. */
export const REPLAY_JITTER_MS = 20;

/**
 * What AWS's own figures allow to assume of Lambda and DynamoDB in one region: single-digit milliseconds for a call. That
 * the requests of a page reach it within 10 ms of each other is a guess, on the costly side.
 */
export const ON_AWS: RaceTiming = { spreadMs: 10, readMs: 4, writeMs: 6, handlerMs: 1, deviation: 0.4 };

/** Failed conditions of one race. */
export function failuresOfRace(writers: number, timing: RaceTiming, random: () => number): number {
  const call = (median: number): number => median * Math.exp(timing.deviation * normal(random));
  let version = 0;
  let failures = 0;
  /** When the read reaches the store is when it sees a version; half a call each way. */
  const waiting = Array.from({ length: writers }, () => {
    const read = call(timing.readMs);
    return { at: random() * timing.spreadMs + read / 2, seen: undefined as number | undefined, back: read / 2 };
  });
  while (waiting.length > 0) {
    const next = waiting.reduce((first, one) => (one.at < first.at ? one : first));
    const isRead = next.seen === undefined;
    if (!isRead && next.seen === version) {
      version += 1;
      waiting.splice(waiting.indexOf(next), 1);
      continue;
    }
    if (!isRead) failures += 1;
    const pause = isRead ? 0 : random() * REPLAY_JITTER_MS;
    const write = call(timing.writeMs);
    next.seen = version;
    next.at += next.back + timing.handlerMs + pause + write / 2;
    next.back = write / 2;
  }
  return failures;
}

const known = new Map<string, number>();

/**
 * Expected failed conditions of so many requests that change one session at the same moment: the mean of many races, the
 * same ones each time.
 */
export function expectedFailures(writers: number, timing: RaceTiming, races = 2000): number {
  if (writers < 2) return 0;
  const key = JSON.stringify([writers, timing, races]);
  const expected = known.get(key) ?? meanOf(writers, timing, races);
  known.set(key, expected);
  return expected;
}

function meanOf(writers: number, timing: RaceTiming, races: number): number {
  const random = pseudoRandom(writers);
  let failures = 0;
  for (let race = 0; race < races; race += 1) failures += failuresOfRace(writers, timing, random);
  return failures / races;
}

/** Expected failed conditions of a page whose every request changes the session with this probability. */
export function failuresOfPage(parallel: number, share: number, timing: RaceTiming): number {
  let expected = 0;
  for (let writers = 2; writers <= parallel; writers += 1) {
    expected += binomial(parallel, writers, share) * expectedFailures(writers, timing);
  }
  return expected;
}

/** How likely it is that `hits` of `tries` come true. */
export function binomial(tries: number, hits: number, probability: number): number {
  let ways = 1;
  for (let n = 1; n <= hits; n += 1) ways = (ways * (tries - hits + n)) / n;
  return ways * probability ** hits * (1 - probability) ** (tries - hits);
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
