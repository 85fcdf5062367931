/** What each benchmark hands to the report: tables for people, claims with their figures, and numbers for programs. */

export type Cell = string | number;

export interface Table {
  readonly title: string;
  /** Names of the columns, that of the rows' names first. */
  readonly columns: readonly string[];
  /** As many cells as there are columns. Numbers are shown as they are: round them before. */
  readonly rows: readonly (readonly Cell[])[];
  /** How to read it, or where a constant is from. */
  readonly notes?: readonly string[];
}

/** Something that Cloakroom claims, next to what was measured. */
export interface Claim {
  /** `Read-only requests take at most 1.10 times a raw GetItem` */
  readonly claim: string;
  readonly measured: number;
  readonly limit: number;
  /** Which side of the limit is good. */
  readonly wanted: 'at most' | 'at least';
  readonly unit?: string;
}

export interface Section {
  readonly title: string;
  /** A sentence on what was measured, and how. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly claims?: readonly Claim[];
  /** Unrounded figures, for the JSON. */
  readonly data: unknown;
}

export interface BenchOptions {
  /** Few rounds, to see that everything runs: the figures mean nothing. */
  readonly isQuick: boolean;
  /** One line on what is under way. */
  readonly progress: (line: string) => void;
}

/** A file `bench/<name>/section.ts` exports one as `benchmark`. */
export interface Benchmark {
  /** For the command line: `npm run bench -- units`. */
  readonly name: string;
  readonly run: (options: BenchOptions) => Promise<Section>;
}

export function isMet({ measured, limit, wanted }: Claim): boolean {
  return wanted === 'at most' ? measured <= limit : measured >= limit;
}
