import type { RecordCounter, RecordCounts } from '../../counter.ts';
import { isExpired } from '../../rules.ts';
import type { MemoryEngine } from './engine.ts';

/** Counts the living records of a namespace when it is asked: memory keeps no account of those that came and went. */
export class MemoryCounter implements RecordCounter {
  readonly #engine: MemoryEngine;
  readonly #prefix: string;

  /** @param prefix of the records' keys */
  constructor(engine: MemoryEngine, prefix: string) {
    this.#engine = engine;
    this.#prefix = prefix;
  }

  async read(): Promise<RecordCounts> {
    const asOf = this.#engine.now();
    let count = 0;
    for (const [, { value, expiresAt }] of this.#engine.records(this.#prefix)) {
      if (value !== undefined && !isExpired(expiresAt, asOf)) count++;
    }
    return { count, asOf };
  }
}
