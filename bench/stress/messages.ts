/** What the process of the load generator is told, and what it tells. */
import type { RequestKind, Traffic } from '../traffic/traffic.ts';
import type { Consumed } from './server-timing.ts';

export interface Load {
  /** Without a slash at its end. */
  readonly target: string;
  readonly traffic: Traffic;
  /** Visits that begin in a second. */
  readonly visitors: number;
  readonly durationMs: number;
  /** What is under way at the end may take so long to finish. */
  readonly drainMs: number;
  readonly seed: number;
  readonly run: string;
}

/** One answer, or none. */
export interface Sample {
  readonly kind: RequestKind;
  /** From the start of the load to the end of the request. */
  readonly atMs: number;
  readonly tookMs: number;
  /** Absent: there was no answer. */
  readonly status?: number;
  /** Of a problem, or of what the connection failed on. */
  readonly code?: string;
  readonly consumed?: Consumed;
}

/** How well the generator did its part. */
export interface Generated {
  readonly visits: number;
  readonly bots: number;
  /** Requests that were sent. */
  readonly requests: number;
  /** Visits and bots that were due, and not begun because too many were under way. */
  readonly skipped: number;
  /** Visits that ended early, on a request without an answer or a first write that failed. */
  readonly abandoned: number;
  /** Milliseconds by which visits began late. */
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
  /** Of one processor, 0 to 1, while visits began. */
  readonly processor: number;
  /** From the first to the last beginning of a visit that was due: less than asked for where it was stopped. */
  readonly elapsedMs: number;
}

export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'samples'; readonly samples: readonly Sample[] }
  | { readonly type: 'done'; readonly generated: Generated; readonly unanswered: readonly RequestKind[] };

export type ToGenerator = { readonly type: 'start'; readonly load: Load } | { readonly type: 'stop' };
