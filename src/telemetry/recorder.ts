import type { RequestReport } from '../cache/drivers/dynamodb/connection.ts';
import type { SessionEvent } from '../session/events.ts';
import type { MetricName, Metrics } from './metrics.ts';

export type Sums = { readonly [Name in MetricName]?: number };

/** Adds up what one request did. */
export class Recorder {
  readonly #sums: { -readonly [Name in keyof Sums]: Sums[Name] } = { StoreRequests: 0 };
  #bytes: number[] | undefined;
  #storeMs = 0;
  #conditionUnits = 0;

  get metrics(): Metrics {
    return { ...this.#sums, ...(this.#bytes !== undefined && { RecordBytes: this.#bytes }) };
  }

  /**
   * What the request did as a value of the header `Server-Timing`: for people, and every count for programs.
   *
   * @param totalMs from the event to the answer
   * @see https://www.w3.org/TR/server-timing/
   */
  serverTiming(totalMs: number, counts: Metrics): string {
    const { StoreRequests: requests, ReadUnits: read = 0, WriteUnits: written = 0 } = this.#sums;
    const all = { ...counts, ConditionUnits: this.#conditionUnits };
    return [
      `total;dur=${totalMs.toFixed(1)}`,
      `store;dur=${this.#storeMs};desc="${requests} requests, ${read} RCU, ${written} WCU"`,
      ...Object.entries(all).map(([name, value]) => `${name};desc="${String(value)}"`),
    ].join(', ');
  }

  /** Zeros too: who names a metric wants to see it. */
  add(metrics: Sums): void {
    for (const [name, value] of Object.entries(metrics) as [MetricName, number][]) {
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
    }
  }

  addRequest({ outcome, attempts, throttles, durationMs, conditionUnits = 0, ...units }: RequestReport): void {
    this.#storeMs += durationMs;
    this.#conditionUnits += conditionUnits;
    this.#add('StoreRequests', attempts);
    this.#add('StoreRetries', attempts - 1);
    this.#add('Throttles', throttles);
    this.#add('ReadUnits', units.readUnits);
    this.#add('WriteUnits', units.writeUnits);
    if (outcome === 'condition-failed') this.#add('ConditionsFailed', 1);
  }

  addEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'opened':
        return this.#add('SessionsOpened', 1);
      case 'created':
        return this.#add('SessionsCreated', 1);
      case 'regenerated':
        return this.#add('SessionsRegenerated', 1);
      case 'destroyed':
        return this.#add('SessionsDestroyed', event.sessions);
      case 'replayed':
        return this.#add('ConflictsReplayed', 1);
      case 'waited':
        this.#add('LockWaits', 1);
        return this.#add('LockWaitTime', event.milliseconds);
      case 'written':
        (this.#bytes ??= []).push(event.bytes);
    }
  }

  /** What did not happen takes no place in the line. */
  #add(name: MetricName, value: number): void {
    if (value !== 0) this.#sums[name] = (this.#sums[name] ?? 0) + value;
  }
}
