import { setTimeout as delay } from 'node:timers/promises';
import type { EpochMillis } from './store.ts';

/** Longer timers go off at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** When a run of the garbage collection ends early: at its deadline, or when it is told to. */
export class Stop {
  readonly #deadline: EpochMillis;
  readonly #signal: AbortSignal | undefined;

  constructor({
    deadline = Infinity,
    signal,
  }: {
    readonly deadline?: EpochMillis | undefined;
    readonly signal?: AbortSignal | undefined;
  }) {
    this.#deadline = deadline;
    this.#signal = signal;
  }

  get isDue(): boolean {
    return this.#signal?.aborted === true || Date.now() >= this.#deadline;
  }

  /** Waits so many milliseconds at the most, and not beyond the stop. */
  async pause(milliseconds: number): Promise<void> {
    if (this.isDue) return;
    const most = Math.min(milliseconds, this.#deadline - Date.now(), MAX_TIMER_MS);
    await delay(Math.ceil(most), undefined, this.#signal && { signal: this.#signal }).catch(() => {});
  }
}
