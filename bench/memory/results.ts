/** What was measured, before it is put into tables. */
import type { Speeds } from './speed.ts';

export type Lifetime = 'forever' | 'ttl';

export const LIFETIMES: readonly Lifetime[] = ['forever', 'ttl'];

/** Of one subject, medians of the rounds. */
export interface Figures {
  readonly speed: Readonly<Record<Lifetime, Speeds>>;
  /** Bytes per entry, key and value included. */
  readonly bytes: Readonly<Record<Lifetime, number>>;
}

export interface Results {
  readonly entries: number;
  /** Bytes per entry of keys and values in two arrays. */
  readonly arrays: number;
  readonly figures: ReadonlyMap<string, Figures>;
  /** Share of the heap that came back once the entries had expired. */
  readonly givenBack: ReadonlyMap<string, number>;
}
