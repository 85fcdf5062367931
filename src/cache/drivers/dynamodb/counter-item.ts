/** The one record that holds a count: how its attributes are called, and what they say. */
import type { EpochMillis } from '../../store.ts';
import type { PassReport, RecordCounts } from '../../counter.ts';
import type { Item } from './item.ts';

/** Short, since the record is written with every batch, and unlike what a table's own attributes are called. */
export const ATTRIBUTES = {
  '#n': 'c_n',
  '#asOf': 'c_as_of',
  '#created': 'c_created',
  '#expired': 'c_expired',
  '#removed': 'c_removed',
  '#changes': 'c_changes',
  '#purged': 'c_purged',
  '#corrected': 'c_corrected',
  /** When marks are looked through the next time. */
  '#sweep': 'c_sweep_at',
  /** The note or correction that was written last: one whose answer got lost recognises itself. */
  '#note': 'c_note',
  /** The count, and the changes so far, when the pass of a purge began. */
  '#passN': 'p_n',
  '#passFrom': 'p_from',
  /** The last whole pass. */
  '#passAt': 'p_at',
  '#passLiving': 'p_living',
  '#passExpired': 'p_expired',
  '#passDeleted': 'p_deleted',
  '#passDrift': 'p_drift',
  '#passChanges': 'p_changes',
} as const;

type Placeholder = keyof typeof ATTRIBUTES;

const MARK = 'm_';

/**
 * Records live in a stream for 24 hours: what a mark keeps from being counted twice is gone that long after it was set.
 * Milliseconds, with some time for deliveries under way.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
const MARK_LIFETIME_MS = 26 * 60 * 60 * 1000;

/** Attributes that one update removes at the most: an expression may have 4 KB. */
export const MAX_SWEPT = 250;

/** The attribute that holds how far a shard was counted. A shard's id is long, and most of it the same for all. */
export function markName(shard: string): string {
  return MARK + (/^shardId-0*([1-9]\d*-[\da-f]+)$/.exec(shard)?.[1] ?? shard);
}

/** The mark of a sequence number; it compares as that does, and is beyond it. */
export function markOf(sequence: string, now: EpochMillis): string {
  return `${sequence}@${Math.floor(now / 1000)}`;
}

/** The sequence number in a shard's mark; `undefined`: nothing of it was counted. */
export function markedIn(item: Item, name: string): string | undefined {
  return item[name]?.S?.split('@')[0];
}

/** Attributes of marks that no delivery can come up to any more. */
export function staleMarks(item: Item, now: EpochMillis): readonly string[] {
  const isStale = ([name, value]: readonly [string, { readonly S?: string }]): boolean =>
    name.startsWith(MARK) && now - 1000 * Number(value.S?.split('@')[1]) > MARK_LIFETIME_MS;
  return Object.entries(item)
    .filter(isStale)
    .map(([name]) => name)
    .slice(0, MAX_SWEPT);
}

export function numberOf(item: Item, placeholder: Placeholder): number | undefined {
  const number = item[ATTRIBUTES[placeholder]]?.N;
  return number === undefined ? undefined : Number(number);
}

/** `undefined`: nothing was counted. */
export function countsOf(item: Item | undefined): RecordCounts | undefined {
  const asOf = item && numberOf(item, '#asOf');
  if (item === undefined || asOf === undefined) return undefined;
  const lastPass = passOf(item);
  return {
    count: numberOf(item, '#n') ?? 0,
    asOf,
    sums: {
      created: numberOf(item, '#created') ?? 0,
      expired: numberOf(item, '#expired') ?? 0,
      removed: numberOf(item, '#removed') ?? 0,
      purged: numberOf(item, '#purged') ?? 0,
      corrected: numberOf(item, '#corrected') ?? 0,
      changes: numberOf(item, '#changes') ?? 0,
    },
    ...(lastPass && { lastPass }),
  };
}

function passOf(item: Item): PassReport | undefined {
  const at = numberOf(item, '#passAt');
  if (at === undefined) return undefined;
  return {
    at,
    living: numberOf(item, '#passLiving') ?? 0,
    expired: numberOf(item, '#passExpired') ?? 0,
    deleted: numberOf(item, '#passDeleted') ?? 0,
    drift: numberOf(item, '#passDrift') ?? 0,
    changes: numberOf(item, '#passChanges') ?? 0,
  };
}
