import type { Log } from '../middleware/problems.ts';

/** One warning in this time for each instance of a function, however many records are too large. */
const PAUSE_MS = 60_000;

/** Warns of sessions' records that take more than they should: every write of one costs more. */
export class SizeWarning {
  readonly #limit: number;
  readonly #log: Log;
  readonly #now: () => number;
  #nextAt = 0;
  #unsaid = 0;
  #largest = 0;

  /** @param limit bytes; 0: no warnings @param now milliseconds that only go forward */
  constructor(limit: number, log: Log, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#log = log;
    this.#now = now;
  }

  saw(bytes: number): void {
    if (this.#limit === 0 || bytes <= this.#limit) return;
    this.#largest = Math.max(this.#largest, bytes);
    const now = this.#now();
    if (now < this.#nextAt) {
      this.#unsaid += 1;
      return;
    }
    this.#log({
      level: 'WARN',
      code: 'RECORD_LARGE',
      message: `A session's record takes ${bytes} bytes: each of its writes costs ${Math.ceil(bytes / 1024)} write units.`,
      bytes,
      limit: this.#limit,
      ...(this.#unsaid > 0 && { othersSince: this.#unsaid, largest: this.#largest }),
    });
    this.#nextAt = now + PAUSE_MS;
    this.#unsaid = 0;
    this.#largest = 0;
  }
}
