/** One line on how a run goes: over itself on a terminal, and every ten seconds elsewhere. */
import { type Measurement, percentileOf } from './measurement.ts';

export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @returns what ends it */
export function showProgress(measurement: Measurement, duration: number, output: Output): () => void {
  const show = (): void => {
    const now = performance.now();
    const line = progressLine(measurement, (now - (measurement.startedAt ?? now)) / 1000, duration);
    output.write(output.isTTY === true ? `\r\u001B[K${line}` : `${line}\n`);
  };
  const timer = setInterval(show, output.isTTY === true ? 500 : 10_000);
  return () => {
    clearInterval(timer);
    if (output.isTTY === true) output.write('\r\u001B[K');
  };
}

/** Of the last five seconds of which all samples have come. */
export function progressLine({ seconds, all }: Measurement, elapsed: number, duration: number): string {
  const end = Math.max(1, Math.floor(elapsed - 0.5));
  const last = seconds.slice(Math.max(0, end - 5), end);
  const requests = last.reduce((sum, second) => sum + second.requests, 0) / Math.max(1, last.length);
  const p95 = percentileOf(
    last.flatMap(({ tookMs }) => tookMs),
    0.95,
  );
  const time = elapsed <= duration ? `${Math.floor(elapsed)} of ${duration} s` : 'waiting for the last answers';
  const parts = [time, `${requests.toFixed(1)} requests/s`, `p95 ${p95 === null ? '–' : `${p95.toFixed(1)} ms`}`];
  return [...parts, `${all.errors} errors`].join('   ');
}
