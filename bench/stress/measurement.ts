/** Adds up samples: by kind of request, and by second. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { RequestKind } from '../traffic/traffic.ts';
import type { Generated, Sample } from './messages.ts';

export const KINDS = ['bot', 'first write', 'read-only', 'change', 'login', 'logout'] as const satisfies RequestKind[];

/** Sums over the answers that told what they consumed. */
export interface Consumption {
  /** Answers that told. */
  answers: number;
  requests: number;
  readUnits: number;
  writeUnits: number;
  failedConditions: number;
  failedConditionUnits: number;
  throttles: number;
  coldStarts: number;
}

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** A second from the start of the load, of the requests that ended in it. */
export interface Second {
  /** Those that were answered, with an error or not. */
  requests: number;
  /** Those without an answer included. */
  errors: number;
  readUnits: number;
  writeUnits: number;
  readonly tookMs: number[];
}

export interface KindFigures {
  readonly requests: number;
  /** Answers, good or not, that came while visits began: what came later is no throughput. */
  readonly inTime: number;
  readonly errors: number;
  /** Of these is the latency: a connection that fails at once is no fast answer. */
  readonly answers: number;
  /** Zeros where there was no answer. */
  readonly latency: Latency;
  readonly consumption: Readonly<Consumption>;
}

interface Counts {
  requests: number;
  inTime: number;
  errors: number;
  readonly histogram: RecordableHistogram;
  readonly consumption: Consumption;
}

export class Measurement {
  readonly seconds: Second[] = [];
  /** By `503 SESSION_UNAVAILABLE`, `no answer ECONNREFUSED`. */
  readonly errors = new Map<string, number>();
  generated: Generated | undefined;
  /** `performance.now()` when the generator was told to begin. */
  startedAt: number | undefined;
  readonly #durationMs: number;
  readonly #all = newCounts();
  readonly #kinds = new Map<RequestKind, Counts>(KINDS.map((kind) => [kind, newCounts()]));

  /** @param durationMs in which visits begin */
  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  add(sample: Sample): void {
    const { kind, atMs, tookMs, status, code, consumed } = sample;
    const isError = status === undefined || status < 200 || status > 299;
    if (isError) this.#fail([status ?? 'no answer', code].filter((part) => part !== undefined).join(' '), 1);
    const isAnswered = status !== undefined;
    const second = this.#secondOf(atMs);
    if (isAnswered) second.tookMs.push(tookMs);
    for (const counts of [this.#all, this.#kinds.get(kind), second]) {
      if (counts === undefined) continue;
      if (isError) counts.errors += 1;
      if (isAnswered || counts !== second) counts.requests += 1;
      if (isAnswered && 'histogram' in counts) {
        counts.histogram.record(Math.max(1, Math.round(tookMs * 1000)));
        if (atMs <= this.#durationMs) counts.inTime += 1;
      }
      if (consumed === undefined) continue;
      if ('consumption' in counts) addTo(counts.consumption, consumed);
      else {
        counts.readUnits += consumed.readUnits;
        counts.writeUnits += consumed.writeUnits + consumed.failedConditionUnits;
      }
    }
  }

  /** Requests that were still under way when the run ended. */
  addUnanswered(kinds: readonly RequestKind[]): void {
    for (const kind of kinds) {
      for (const counts of [this.#all, this.#kinds.get(kind)]) {
        if (counts === undefined) continue;
        counts.requests += 1;
        counts.errors += 1;
      }
      this.#fail('no answer until the end', 1);
    }
  }

  get all(): KindFigures {
    return figuresOf(this.#all);
  }

  kind(kind: RequestKind): KindFigures {
    return figuresOf(this.#kinds.get(kind) ?? newCounts());
  }

  #fail(name: string, by: number): void {
    this.errors.set(name, (this.errors.get(name) ?? 0) + by);
  }

  #secondOf(atMs: number): Second {
    const index = Math.max(0, Math.floor(atMs / 1000));
    while (this.seconds.length <= index) {
      this.seconds.push({ requests: 0, errors: 0, readUnits: 0, writeUnits: 0, tookMs: [] });
    }
    return this.seconds[index] ?? { requests: 0, errors: 0, readUnits: 0, writeUnits: 0, tookMs: [] };
  }
}

/** Of values in any order; null where there are none. */
export function percentileOf(values: readonly number[], part: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? null;
}

function newCounts(): Counts {
  return {
    requests: 0,
    inTime: 0,
    errors: 0,
    histogram: createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 }),
    consumption: {
      answers: 0,
      requests: 0,
      readUnits: 0,
      writeUnits: 0,
      failedConditions: 0,
      failedConditionUnits: 0,
      throttles: 0,
      coldStarts: 0,
    },
  };
}

function addTo(sums: Consumption, consumed: NonNullable<Sample['consumed']>): void {
  sums.answers += 1;
  sums.requests += consumed.requests;
  sums.readUnits += consumed.readUnits;
  sums.writeUnits += consumed.writeUnits;
  sums.failedConditions += consumed.failedConditions;
  sums.failedConditionUnits += consumed.failedConditionUnits;
  sums.throttles += consumed.throttles;
  if (consumed.isCold) sums.coldStarts += 1;
}

function figuresOf({ requests, inTime, errors, histogram, consumption }: Counts): KindFigures {
  const { count } = histogram;
  // The nearest rank, as in the charts: of few values, the histogram by itself would take the one below.
  const ms = (part: number): number =>
    count === 0 ? 0 : histogram.percentile(((Math.ceil(count * part) - 0.25) / count) * 100) / 1000;
  const latency = {
    p50: ms(0.5),
    p95: ms(0.95),
    p99: ms(0.99),
    max: count === 0 ? 0 : histogram.max / 1000,
  };
  return { requests, inTime, errors, answers: count, latency, consumption };
}
