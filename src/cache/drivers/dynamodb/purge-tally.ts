/** What a purge sees of one namespace, so counted that a scan which is taken up again counts no record twice. */
import type { PassTally } from '../../counter.ts';
import { normalizePrefix } from '../../rules.ts';
import type { PurgeTally } from '../../store.ts';

/** As it is kept in the cursor, with the namespace it is of. */
export interface KeptTally extends PassTally {
  readonly of: string;
}

export class Tally {
  /** Keys of the namespace begin so. */
  readonly prefix: string;
  readonly #of: string;
  #deleted = 0;
  #pass: { living: number; expired: number; deleted: number } | undefined;

  /** @param earlier of the runs before this one; `undefined` where this one begins at the start, `null` for unknown */
  constructor(storePrefix: string, namespace: string, earlier: KeptTally | undefined | null) {
    this.#of = normalizePrefix(namespace);
    this.prefix = storePrefix + this.#of;
    if (earlier === undefined) this.#pass = { living: 0, expired: 0, deleted: 0 };
    else if (earlier?.of === this.#of) {
      const { living, expired, deleted } = earlier;
      this.#pass = { living, expired, deleted };
    }
  }

  has(key: string): boolean {
    return key.startsWith(this.prefix);
  }

  /** Deleted records won't be seen again: they count at once. */
  deleted(): void {
    this.#deleted++;
    if (this.#pass === undefined) return;
    this.#pass.deleted++;
    this.#pass.expired++;
  }

  /** The others of a page count at its end: a page that is left before is scanned again. */
  endPage(living: number, expiredAndKept: number): void {
    if (this.#pass === undefined) return;
    this.#pass.living += living;
    this.#pass.expired += expiredAndKept;
  }

  get progress(): PurgeTally {
    return { deleted: this.#deleted, ...(this.#pass && { pass: { ...this.#pass } }) };
  }

  get kept(): KeptTally | undefined {
    return this.#pass && { of: this.#of, ...this.#pass };
  }
}
