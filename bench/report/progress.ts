/** What is under way, in one line of a terminal that the next one replaces. Elsewhere nothing. */
export interface Output {
  readonly isTTY?: boolean;
  /** Characters in a line. */
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\u001b[K';

export class Progress {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  show(line: string): void {
    // Some terminals say that they have no columns.
    const columns = this.#output.columns || 80;
    if (this.#output.isTTY === true) this.#output.write(`${CLEAR_LINE}${line.slice(0, columns - 1)}`);
  }

  end(): void {
    if (this.#output.isTTY === true) this.#output.write(CLEAR_LINE);
  }
}
