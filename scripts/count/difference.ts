/**
 * By how much a count is off, as far as a scan can tell. A scan is no snapshot: of the sessions that came and went while
 * it ran, it may have seen any. So the difference is a range, and a single number only where nothing came or went.
 */
import type { RecordCounts } from '../../src/cache/counter.ts';

export interface Difference {
  /** The count at the beginning less what was scanned. */
  readonly drift: number;
  /** Counted from the beginning to the end. */
  readonly came: number;
  readonly went: number;
  /** What the count is off by is no less, and no more. */
  readonly least: number;
  readonly most: number;
  /** Somebody corrected the count meanwhile, or began a new one. */
  readonly isDisturbed: boolean;
}

export type Verdict =
  | { readonly kind: 'right' | 'uncertain' | 'explained' | 'disturbed' }
  | { readonly kind: 'wrong'; readonly by: number };

/**
 * With T sessions at the beginning, the scan saw T + a − r, where a is 0 to `came`, and r is 0 to `went`.
 *
 * @param before the count before the scan, `undefined` where there is none
 * @param after the same once all changes made until the end of the scan were counted
 */
export function differenceOf(
  before: RecordCounts | undefined,
  after: RecordCounts | undefined,
  scanned: number,
): Difference {
  const [first, last] = [sumsIn(before), sumsIn(after)];
  const drift = (before?.count ?? 0) - scanned;
  const came = last.created - first.created;
  const went = last.gone - first.gone;
  const isDisturbed = last.corrected !== first.corrected || came < 0 || went < 0;
  return { drift, came, went, least: drift - went, most: drift + came, isDisturbed };
}

/**
 * What to correct the count by. An estimate is the middle of the range: who came and went evenly was seen half the time.
 * Where the range has 0 in it, there may be nothing to correct, and an estimate might do harm.
 */
export function verdictOn({ least, most, isDisturbed }: Difference, mode: 'correct' | 'estimate'): Verdict {
  if (isDisturbed) return { kind: 'disturbed' };
  if (least === most) return least === 0 ? { kind: 'right' } : { kind: 'wrong', by: -least };
  if (mode === 'correct') return { kind: 'uncertain' };
  if (least <= 0 && most >= 0) return { kind: 'explained' };
  return { kind: 'wrong', by: -Math.round((least + most) / 2) };
}

function sumsIn(counts: RecordCounts | undefined) {
  const { created = 0, expired = 0, removed = 0, corrected = 0 } = counts?.sums ?? {};
  return { created, gone: expired + removed, corrected };
}
