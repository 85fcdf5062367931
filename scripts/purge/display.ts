/** Shows how far the scan of a purge is: a bar on a terminal, a line a second elsewhere. It knows counts only, no keys. */
import type { PurgeProgress } from '../../src/cache/store.ts';

export interface Output {
  readonly isTTY?: boolean;
  /** Characters in a line. */
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_WIDTH = 24;
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 1000;
const CLEAR_LINE = '\r\u001b[K';

export class Display {
  readonly #output: Output;
  /** Records in the table, by and large. */
  readonly #estimate: number | undefined;
  readonly #now: () => number;
  readonly #counts: (progress: PurgeProgress) => string;
  #shownAt: number;

  /** @param counts what stands at the end of a line */
  constructor(
    output: Output,
    estimate: number | undefined,
    now: () => number = () => performance.now(),
    counts = expiredAndDeleted,
  ) {
    this.#output = output;
    this.#estimate = estimate;
    this.#now = now;
    this.#counts = counts;
    this.#shownAt = output.isTTY === true ? -Infinity : now();
  }

  show(progress: PurgeProgress): void {
    const isTerminal = this.#output.isTTY === true;
    if (this.#now() - this.#shownAt < (isTerminal ? BAR_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    this.#shownAt = this.#now();
    const line = progressLine(progress, this.#counts(progress), this.#estimate, isTerminal);
    const { columns = 80 } = this.#output;
    this.#output.write(isTerminal ? `${CLEAR_LINE}${line.slice(0, columns - 1)}` : `${line}\n`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write(CLEAR_LINE);
  }
}

function expiredAndDeleted({ expired, deleted }: PurgeProgress): string {
  return `${figure(expired)} expired, ${figure(deleted)} deleted`;
}

/** The table's count of its records is hours old: once it is passed, there is nothing to compare with. */
function progressLine(
  { scanned, expired, deleted, skipped }: PurgeProgress,
  counts: string,
  estimate: number | undefined,
  withBar: boolean,
): string {
  if (estimate === undefined || estimate < scanned) return `${figure(scanned)} scanned, ${counts}`;
  const waiting = expired - deleted - skipped;
  const part = (scanned - waiting) / estimate;
  const filled = Math.floor(part * BAR_WIDTH);
  const bar = withBar ? `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ` : '';
  return `${bar}${Math.floor(part * 100)} % of about ${figure(estimate)}, ${counts}`;
}

export interface Usage {
  /** Tries included. */
  readonly requests: number;
  readonly milliseconds: number;
}

/** The last line. */
export function summary(progress: PurgeProgress, { requests, milliseconds }: Usage): string {
  const { scanned, expired, deleted, readUnits, writeUnits } = progress;
  const counts = `${figure(scanned)} scanned, ${figure(expired)} expired, ${figure(deleted)} deleted`;
  const units = `${figure(readUnits)} read units, ${figure(writeUnits)} write units`;
  return `${counts} in ${(milliseconds / 1000).toFixed(1)} s: ${figure(requests)} requests, ${units}`;
}

export function figure(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
