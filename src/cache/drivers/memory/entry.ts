/** What callers are told of a record. */
import type { CacheEntry, CacheValue, EpochMillis, Precondition } from '../../store.ts';
import type { MemoryRecord } from './table.ts';

/** Bytes are copied on their way in and out, so that what a caller does with its own changes nothing here. */
export function copyOf(value: CacheValue): CacheValue {
  return typeof value === 'object' ? new Uint8Array(value) : value;
}

/** The lease on a living record, if it is live as well. */
export function leaseOf(record: Pick<MemoryRecord, 'lease'> | undefined, now: EpochMillis): MemoryRecord['lease'] {
  return record?.lease !== undefined && record.lease.endsAt > now ? record.lease : undefined;
}

/** A lease never outlives its record. */
export function endOf(lease: NonNullable<MemoryRecord['lease']>, record: MemoryRecord): EpochMillis {
  return record.expiresAt === undefined ? lease.endsAt : Math.min(lease.endsAt, record.expiresAt * 1000);
}

export function holds(
  precondition: Precondition | undefined,
  record: MemoryRecord | undefined,
  now: EpochMillis,
): boolean {
  if (precondition === undefined) return true;
  const { absent, version, owner } = precondition;
  if (absent === true) return record?.value === undefined;
  if (version !== undefined && (record?.value === undefined || record.version !== version)) return false;
  return owner === undefined || leaseOf(record, now)?.owner === owner;
}

export function currentOf(record: MemoryRecord | undefined, now: EpochMillis): { current?: CacheEntry } {
  const current = entryOf(record, now);
  return current ? { current } : {};
}

/** The entry of a living record; none of one that only holds a lock. */
export function entryOf(record: MemoryRecord | undefined, now: EpochMillis): CacheEntry | undefined {
  return record?.value === undefined ? undefined : entryWith(record, record.value, now);
}

export function entryWith(record: MemoryRecord, value: CacheValue, now: EpochMillis): CacheEntry {
  const lease = leaseOf(record, now);
  const { version, expiresAt, line } = record;
  if (lease || line) {
    return {
      value: copyOf(value),
      version,
      ...(expiresAt !== undefined && { expiresAt }),
      ...(lease && { leaseEndsAt: endOf(lease, record) }),
      ...(line && { turn: line.turn }),
    };
  }
  return plainEntry(value, version, expiresAt);
}

/** Spelled out, since a spread here takes as long as all the rest of a read. */
export function plainEntry(value: CacheValue, version: number, expiresAt: number | undefined): CacheEntry {
  const copy = copyOf(value);
  return expiresAt === undefined ? { value: copy, version } : { value: copy, version, expiresAt };
}
