/** What a run has shown, as numbers: the JSON of the report, and what its tables and charts are made of. */
import type { RequestKind } from '../traffic/traffic.ts';
import type { Generated } from './messages.ts';
import { type KindFigures, KINDS, type Measurement, percentileOf } from './measurement.ts';
import type { StressOptions } from './options.ts';
import { requestsPerSecond, totalOf } from './plan.ts';

export interface Target {
  /** As given, or what was started. */
  readonly name: string;
  /** Whether answers said what they consumed, when they were looked at first. */
  readonly tellsUnits: boolean;
}

export interface Summary {
  readonly target: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly asked: Pick<StressOptions, 'visitors' | 'traffic' | 'duration' | 'seed'> & {
    readonly requestsPerSecond: number;
  };
  readonly isInterrupted: boolean;
  /** In which visits began. */
  readonly seconds: number;
  readonly all: KindFigures;
  readonly kinds: Readonly<Record<RequestKind, KindFigures & { readonly asked: number }>>;
  /** Answers with an error, and requests without an answer, by what was wrong. */
  readonly errors: Readonly<Record<string, number>>;
  /** Absent where no answer told what it consumed. */
  readonly unitsPerSecond?: UnitsPerSecond;
  /** Absent where the generator was lost. */
  readonly generated?: Generated;
  /** Sentences: why the load was not what was asked for. */
  readonly shortcomings: readonly string[];
  readonly series: Series;
}

export interface UnitsPerSecond {
  readonly reads: number;
  /** As DynamoDB reports them. */
  readonly writes: number;
  /** What failed conditions are billed, which it does not report. */
  readonly failedConditions: number;
}

/** By second from the start; of the requests that ended in it. */
export interface Series {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly readUnits: readonly number[];
  /** Those of failed conditions included. */
  readonly writeUnits: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export interface Run {
  readonly options: StressOptions;
  readonly target: Target;
  readonly startedAt: Date;
  readonly isInterrupted: boolean;
  /** Of the run, for when the generator did not tell. */
  readonly elapsedMs: number;
}

export function summaryOf(measurement: Measurement, run: Run): Summary {
  const { options, target, startedAt, isInterrupted } = run;
  const { visitors, traffic, duration, seed } = options;
  const { all, generated } = measurement;
  const isWhole = generated !== undefined && !isInterrupted;
  const seconds = isWhole ? duration : Math.min(duration, (generated?.elapsedMs ?? run.elapsedMs) / 1000);
  const asked = requestsPerSecond(traffic, visitors);
  const kinds = Object.fromEntries(
    KINDS.map((kind) => [kind, { ...measurement.kind(kind), asked: asked[kind] * seconds }]),
  ) as Summary['kinds'];
  const { answers, readUnits, writeUnits, failedConditionUnits } = all.consumption;
  return {
    target: target.name,
    startedAt: startedAt.toISOString(),
    asked: { visitors, traffic, duration, seed, requestsPerSecond: totalOf(asked) },
    isInterrupted,
    seconds,
    all,
    kinds,
    errors: Object.fromEntries([...measurement.errors].toSorted(([, a], [, b]) => b - a)),
    ...(answers > 0 && {
      unitsPerSecond: {
        reads: readUnits / seconds,
        writes: writeUnits / seconds,
        failedConditions: failedConditionUnits / seconds,
      },
    }),
    ...(generated && { generated }),
    shortcomings: shortcomingsOf(generated, { visitsAndBots: (visitors + asked.bot) * seconds, all }),
    series: seriesOf(measurement, seconds),
  };
}

/** Processor time of the generator from which on it measures itself. */
const BUSY = 0.9;
/** Of all answers, those that may come after the time: visits that have begun in the last second. */
const LATE_SHARE = 0.05;
/** Milliseconds by which visits may come late. */
const LATE_MS = 100;

function shortcomingsOf(
  generated: Generated | undefined,
  { visitsAndBots: expected, all }: { readonly visitsAndBots: number; readonly all: KindFigures },
): string[] {
  if (generated === undefined)
    return ['The load generator gave no account of itself: it was ended while it did not answer.'];
  const { visits, bots, skipped, abandoned, processor, lateP99Ms, lateMaxMs } = generated;
  const lacking: string[] = [];
  if (visits + bots < expected * 0.99 - 2) {
    lacking.push(
      `Of ${Math.round(expected)} visits and bots that were due, ${visits + bots} came: the load was less than asked for.`,
    );
  }
  if (skipped > 0) {
    lacking.push(`${skipped} visits and bots were left out, because thousands were still waiting for answers.`);
  }
  const late = `visits came up to ${Math.round(lateMaxMs)} ms late. Latencies are partly its own: use fewer visitors, or another machine.`;
  if (processor > BUSY) {
    lacking.push(
      `The generator itself could not keep up: it took ${Math.round(processor * 100)} % of a processor, and ${late}`,
    );
  } else if (lateP99Ms > LATE_MS) {
    lacking.push(`The generator itself could not keep up, since the machine was busy with others: ${late}`);
  }
  const tooLate = all.requests - all.inTime;
  if (tooLate > all.requests * LATE_SHARE) {
    lacking.push(
      `${tooLate} of ${all.requests} requests were not answered while visits began: the service did not keep up. Units a ` +
        'second have what it did for them afterwards.',
    );
  }
  const unanswered = all.requests - all.answers;
  if (unanswered > 0) {
    lacking.push(
      `${unanswered} of ${all.requests} requests had no answer at all: the latencies are those of the others, and what ` +
        'was still waiting at the end had waited longer than they say.',
    );
  }
  if (abandoned > 0) {
    lacking.push(
      `${abandoned} visits ended early, on a request without an answer or a first write that failed: what they would ` +
        'have asked after it is missing.',
    );
  }
  return lacking;
}

function seriesOf({ seconds }: Measurement, length: number): Series {
  // What came in the drain is not throughput.
  const shown = seconds.slice(0, Math.max(1, Math.floor(length)));
  const percentiles = (part: number): (number | null)[] => shown.map(({ tookMs }) => percentileOf(tookMs, part));
  return {
    requests: shown.map(({ requests }) => requests),
    errors: shown.map(({ errors }) => errors),
    readUnits: shown.map(({ readUnits }) => readUnits),
    writeUnits: shown.map(({ writeUnits }) => writeUnits),
    p50: percentiles(0.5),
    p95: percentiles(0.95),
    p99: percentiles(0.99),
  };
}

/** What a plan said that the same load would consume. */
export interface PlannedUnits {
  readonly reads: number;
  /** Those of failed conditions included. */
  readonly writes: number;
}

export interface Comparison {
  readonly planned: PlannedUnits;
  readonly measured: PlannedUnits;
  /** Measured by planned. 1: as planned; absent where nothing was planned. */
  readonly readRatio?: number;
  readonly writeRatio?: number;
}

/** Units a second, measured next to planned; `undefined` where no answer told what it consumed. */
export function compareUnits({ unitsPerSecond }: Summary, planned: PlannedUnits): Comparison | undefined {
  if (unitsPerSecond === undefined) return undefined;
  const { reads, writes, failedConditions } = unitsPerSecond;
  const measured = { reads, writes: writes + failedConditions };
  return {
    planned,
    measured,
    ...(planned.reads > 0 && { readRatio: measured.reads / planned.reads }),
    ...(planned.writes > 0 && { writeRatio: measured.writes / planned.writes }),
  };
}
