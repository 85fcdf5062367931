/**
 * A live count of the records under a namespace: told of every record that comes and goes by the engine's stream of
 * changes, and of what a purge deleted and saw by the purge. What is added up here is the same on every engine.
 */
import type { EpochMillis } from './store.ts';

/** A record that came or went. */
export interface Change {
  /** Where the change stands in its shard: digits, `SEQUENCE_DIGITS` of them, so that text compares as numbers do. */
  readonly sequence: string;
  /** `expired`: the engine deleted it by itself; `removed`: somebody did. */
  readonly kind: 'created' | 'expired' | 'removed';
  readonly at: EpochMillis;
}

/** A sequence number of DynamoDB Streams has 21 to 40 digits. */
export const SEQUENCE_DIGITS = 40;

export interface Sums {
  readonly created: number;
  readonly expired: number;
  readonly removed: number;
}

/** What a count holds. */
export interface RecordCounts {
  /** Records that are there, those included that have expired and were not deleted yet. */
  readonly count: number;
  /** When the newest change of the batch that was counted last was made. */
  readonly asOf: EpochMillis;
  /** What the count is made of; absent where the engine counts what is there. */
  readonly sums?: Sums & {
    /** Of the removed, those that purges have noted as theirs. */
    readonly purged: number;
    /** What an operator has added, or taken off. */
    readonly corrected: number;
    /** All that came and went. */
    readonly changes: number;
  };
  readonly lastPass?: PassReport;
}

/** What a purge saw of the namespace in a pass over all records. */
export interface PassTally {
  readonly living: number;
  /** Expired when it came by, deleted since or not. */
  readonly expired: number;
  /** Of these, deleted. */
  readonly deleted: number;
}

/** A whole pass, compared with the count at its beginning. */
export interface PassReport extends PassTally {
  /** When it ended. */
  readonly at: EpochMillis;
  /** The count less what the pass saw: also of `changes`, and of what the stream had yet to bring when it began. */
  readonly drift: number;
  /** Counted during the pass, its own deletions included. */
  readonly changes: number;
}

/** What a run of a purge did. */
export interface PurgeNote {
  /** Records of the namespace that it deleted. */
  readonly deleted: number;
  /** Where it ended a pass that began at the start, in this run or an earlier one. */
  readonly pass?: PassTally;
}

export interface RecordCounter {
  /** One request, and no exact point in time. `undefined`: nothing was counted yet. */
  read(): Promise<RecordCounts | undefined>;
  /** For purges; absent where the engine counts what is there. */
  readonly notes?: PurgeNotes;
}

/** What a purge tells the count. Where nothing is counted, nothing is written. */
export interface PurgeNotes {
  /** Remembers the count, to compare the pass with. */
  beginPass(): Promise<void>;
  /** @returns the whole pass, compared; `undefined` where there was none, or its beginning was not remembered */
  notePurge(note: PurgeNote): Promise<PassReport | undefined>;
}

export interface StreamCounter extends RecordCounter {
  /**
   * Counts a batch of a shard, once however often and in whichever parts it comes.
   *
   * @param changes of one shard, ascending, as `inOrder` has them
   * @throws StoreUnavailableError: the batch is to be delivered again
   */
  count(shard: string, changes: readonly Change[]): Promise<RecordCounts | undefined>;
}

/** Ascending, each once. */
export function inOrder(changes: Iterable<Change>): readonly Change[] {
  const bySequence = new Map([...changes].map((change) => [change.sequence, change]));
  return [...bySequence.values()].toSorted((one, other) => (one.sequence < other.sequence ? -1 : 1));
}

/** Those that come after what was counted last of their shard. */
export function uncounted(changes: readonly Change[], mark: string | undefined): readonly Change[] {
  return mark === undefined ? changes : changes.filter(({ sequence }) => sequence > mark);
}

export function sumsOf(changes: readonly Change[]): Sums {
  const sums = { created: 0, expired: 0, removed: 0 };
  for (const { kind } of changes) sums[kind]++;
  return sums;
}
