/** Subjects measured in turn, in many short rounds, so that what disturbs the machine disturbs all of them. */
import type { SentRequest } from '../functions/event.ts';
import { median } from '../subjects/median.ts';
import { percentile } from './percentiles.ts';
import type { Measured, Subject } from './subject.ts';

/** A kind of request, by its name. */
export type Kinds = Readonly<Record<string, Omit<SentRequest, 'cookie'>>>;

export interface Runner {
  readonly name: string;
  readonly subject: Pick<Subject, 'measure'>;
  readonly cookie: string;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Requests of one kind to one subject in a round. */
  readonly requests: number;
  /** The same before the first round. */
  readonly warmUp: number;
  readonly progress?: (line: string) => void;
}

/** Medians of the rounds. */
export interface Figures {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly perSecond: number;
  /** Processor time of one request. */
  readonly cpuUs: number;
  /** The p50 of each round, to compare subjects round by round. */
  readonly p50sMs: readonly number[];
}

/** By kind of request, then by subject. */
export type Results = Readonly<Record<string, Readonly<Record<string, Figures>>>>;

export async function measureInRounds(
  runners: readonly Runner[],
  kinds: Kinds,
  { rounds, requests, warmUp, progress }: RoundsOptions,
): Promise<Results> {
  const entries = Object.entries(kinds);
  for (const { subject, cookie } of runners) {
    for (const [, request] of entries) await subject.measure({ ...request, cookie }, warmUp);
  }
  const measured = new Map<string, Measured[]>();
  for (let round = 0; round < rounds; round++) {
    progress?.(`round ${round + 1} of ${rounds}`);
    for (const [kind, request] of entries) {
      // Another one begins each time: none is always the one after the same other.
      for (const { name, subject, cookie } of rotated(runners, round)) {
        const result = await subject.measure({ ...request, cookie }, requests);
        const place = placeOf(kind, name);
        measured.set(place, [...(measured.get(place) ?? []), result]);
      }
    }
  }
  return Object.fromEntries(
    entries.map(([kind]) => [
      kind,
      Object.fromEntries(runners.map(({ name }) => [name, figuresOf(measured.get(placeOf(kind, name)) ?? [])])),
    ]),
  );
}

/** How many times as long as another one's a subject's requests take: the median of the rounds' ratios. */
export function ratioOf({ p50sMs: own }: Figures, { p50sMs: others }: Figures): number {
  return median(own.map((p50, round) => p50 / (others[round] ?? NaN)));
}

function figuresOf(rounds: readonly Measured[]): Figures {
  const p50sMs = rounds.map(({ durationsMs }) => median(durationsMs));
  return {
    p50Ms: median(p50sMs),
    p95Ms: median(rounds.map(({ durationsMs }) => percentile(durationsMs, 0.95))),
    perSecond: median(rounds.map(({ durationsMs, elapsedMs }) => (durationsMs.length * 1000) / elapsedMs)),
    cpuUs: median(rounds.map(({ durationsMs, cpuUs }) => cpuUs / durationsMs.length)),
    p50sMs,
  };
}

/** The same values, beginning with another one: the first of them comes last after one turn. */
export function rotated<T>(values: readonly T[], by: number): readonly T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}

function placeOf(kind: string, name: string): string {
  return `${kind}\n${name}`;
}
