/** One run: finds or starts the service, drives it, stops what it has started, and sums up. */
import { randomUUID } from 'node:crypto';
import { generate } from './generator.ts';
import { look } from './guard.ts';
import { startLocalService } from './local.ts';
import { Measurement } from './measurement.ts';
import type { StressOptions } from './options.ts';
import { requestsPerSecond, totalOf } from './plan.ts';
import { type Output, showProgress } from './progress.ts';
import { type Summary, summaryOf } from './summary.ts';

/** What is under way at the end may take so long to finish. */
export const DRAIN_MS = 10_000;

export interface StressRun {
  /** Where to say what is going on. */
  readonly output: Output;
  /** Ends the run early, with what was measured so far. */
  readonly signal: AbortSignal;
  /** @default 10 seconds */
  readonly drainMs?: number;
}

/**
 * @returns undefined where it was ended before anything was measured
 * @throws Error that says why the service can't be driven
 */
export async function stress(
  options: StressOptions,
  { output, signal, drainMs = DRAIN_MS }: StressRun,
): Promise<Summary | undefined> {
  if (options.url === undefined) output.write('Starting the packaged function and a DynamoDB …\n');
  await using service = options.url === undefined ? await startLocalService() : undefined;
  const target = (service?.url ?? options.url?.href ?? '').replace(/\/+$/, '');
  const { tellsUnits } = await look(target);
  if (signal.aborted) return undefined;
  const name = service === undefined ? target : `The packaged function on ${service.engine}`;
  const { traffic, visitors, duration, seed } = options;
  const rate = totalOf(requestsPerSecond(traffic, visitors));
  output.write(`${name}: about ${rate.toFixed(1)} requests a second for ${duration} s.\n`);
  if (!tellsUnits) output.write('Its answers do not say what they consume: that takes SERVER_TIMING=true.\n');
  const measurement = new Measurement(duration * 1000);
  const startedAt = new Date();
  const started = performance.now();
  const endProgress = showProgress(measurement, duration, output);
  const run = randomUUID().slice(0, 8);
  try {
    const load = { target, traffic, visitors, durationMs: duration * 1000, drainMs, seed, run };
    await generate(load, measurement, signal);
  } finally {
    endProgress();
  }
  return summaryOf(measurement, {
    options,
    target: { name, tellsUnits },
    startedAt,
    isInterrupted: signal.aborted,
    elapsedMs: performance.now() - started,
  });
}
