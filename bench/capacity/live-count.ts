/** What the live count of sessions writes: one record, once for each batch of each shard of the table's stream. */
import { writeUnits, type Units } from './units.ts';

/** One shard's batch waits up to 5 seconds, and holds up to 1,000 changes (resources/count.yml). */
const BATCH_SECONDS = 5;
const BATCH_CHANGES = 1000;

/** The record's own part, and its marks: about 75 bytes for each shard of 26 hours, which live 4 (docs/live-count.md). */
const OWN_BYTES = 400;
const MARK_BYTES = 75;
const MARKS_PER_PARTITION = 26 / 4 + 1;

/** Bytes of the count's record: a partition has one shard at a time. */
export function countBytes(partitions: number): number {
  return OWN_BYTES + partitions * MARKS_PER_PARTITION * MARK_BYTES;
}

/** Units per second. @param changes sessions that come or go in a second */
export function liveCount(changes: number, partitions: number): Units {
  const batches = Math.min(changes, Math.max(partitions / BATCH_SECONDS, changes / BATCH_CHANGES));
  return { requests: batches, reads: 0, writes: batches * writeUnits(countBytes(partitions)) };
}
