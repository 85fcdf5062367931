/** Between entries of the contract and items of the table. */
import { BROTLI, COMPRESS_FROM_BYTES, MAX_TEXT_BYTES, compress, decompress } from '../../codec.ts';
import { CorruptEntryError, EntryTooLargeError } from '../../errors.ts';
import { LEASE_BYTES, MAX_ENTRY_BYTES, isExpired } from '../../rules.ts';
import type { CacheEntry, CacheValue, EpochMillis, Owner } from '../../store.ts';

/** Bytes come back as base64 from DynamoDB, and as bytes from the AWS SDK. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: Uint8Array | string;
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** What the table's attributes are called. Defaults are Laravel's; AWS's session handler for PHP has `id`, `data`, `expires`. */
export interface AttributeNames {
  readonly key: string;
  readonly value: string;
  readonly expires: string;
}

export const VERSION = 'version';
export const ENCODING = 'encoding';
export const LOCK_OWNER = 'lock_owner';
export const LOCK_EXPIRES_AT = 'lock_expires_at';
/** The last place in the line for the lock that was taken, and the last that had the lock. */
export const LOCK_NEXT = 'lock_next';
export const LOCK_TURN = 'lock_turn';

/** Of a record that was written by somebody else, as by Laravel. */
export const NO_VERSION = -1;

/** Marks text that is kept as B without being compressed, so that bytes stay bytes. */
const UTF8 = 'utf-8';

export interface EncodedValue {
  readonly value: AttributeValue;
  readonly encoding?: string;
}

/** The parts of an item that decide what may be done with it. */
export interface RecordState {
  readonly expired: boolean;
  readonly valued: boolean;
  readonly locked: boolean;
  readonly owner: Owner | undefined;
  readonly leaseEndsAt: EpochMillis | undefined;
  /** Of the line for the lock; 0 where there is none. */
  readonly next: number;
  readonly turn: number;
}

/** The key of an item, as the table has it. */
export function keyOf(item: Item, names: AttributeNames): string {
  return item[names.key]?.S ?? '';
}

export function stateOf(item: Item, names: AttributeNames, now: EpochMillis): RecordState {
  const expiresAt = numberIn(item[names.expires]);
  const lease = numberIn(item[LOCK_EXPIRES_AT]);
  const leaseEndsAt =
    lease === undefined ? undefined : Math.min(lease, expiresAt === undefined ? lease : expiresAt * 1000);
  return {
    expired: isExpired(expiresAt, now),
    valued: item[names.value] !== undefined,
    // The end of a lease is never after that of its record: an expired record has no live one.
    locked: leaseEndsAt !== undefined && leaseEndsAt > now,
    owner: item[LOCK_OWNER]?.S,
    leaseEndsAt,
    next: numberIn(item[LOCK_NEXT]) ?? 0,
    turn: numberIn(item[LOCK_TURN]) ?? 0,
  };
}

/** The entry in an item; `undefined` where it has expired or has no value. */
export function entryOf(item: Item | undefined, names: AttributeNames, now: EpochMillis): CacheEntry | undefined {
  if (item === undefined) return undefined;
  const value = item[names.value];
  if (value === undefined) return undefined;
  const { expired, locked, leaseEndsAt, next, turn } = stateOf(item, names, now);
  if (expired) return undefined;
  const expiresAt = numberIn(item[names.expires]);
  return {
    value: decode(value, item[ENCODING]?.S),
    version: numberIn(item[VERSION]) ?? NO_VERSION,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(locked && leaseOf(leaseEndsAt)),
    ...(next > 0 && { turn }),
  };
}

/** The same, and `undefined` also for an entry that can't be read. */
export function readableEntryOf(
  item: Item | undefined,
  names: AttributeNames,
  now: EpochMillis,
): CacheEntry | undefined {
  try {
    return entryOf(item, names, now);
  } catch (error) {
    if (error instanceof CorruptEntryError) return undefined;
    throw error;
  }
}

/**
 * The value as the table keeps it: text is compressed where that saves a capacity unit of a write or a read.
 *
 * @param otherBytes what the item takes besides its value
 * @throws EntryTooLargeError
 */
export function encode(
  key: string,
  value: CacheValue,
  otherBytes: number,
  valueType: 'string' | 'binary',
): EncodedValue {
  const encoded = encodeValue(key, value, otherBytes, valueType);
  const size = otherBytes + sizeOf(encoded.value) + LEASE_BYTES;
  if (size > MAX_ENTRY_BYTES) throw new EntryTooLargeError(key, size, MAX_ENTRY_BYTES);
  return encoded;
}

function encodeValue(key: string, value: CacheValue, otherBytes: number, valueType: 'string' | 'binary'): EncodedValue {
  if (typeof value === 'number') return { value: { N: String(value) } };
  if (value instanceof Uint8Array) return { value: { B: new Uint8Array(value) } };
  const plain: EncodedValue =
    valueType === 'binary' ? { value: { B: bytesOf(value) }, encoding: UTF8 } : { value: { S: value } };
  const bytes = Buffer.byteLength(value);
  if (bytes < COMPRESS_FROM_BYTES) return plain;
  if (bytes > MAX_TEXT_BYTES) throw new EntryTooLargeError(key, bytes, MAX_TEXT_BYTES);
  const small = compress(bytesOf(value));
  return savesUnits(otherBytes + small.length, otherBytes + bytes) ? { value: { B: small }, encoding: BROTLI } : plain;
}

/** Not a Buffer: that turns itself into something else on its way to JSON. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Writes are billed by the started KB, reads by the started 4 KB: whatever saves a read saves writes as well. */
function savesUnits(size: number, plainSize: number): boolean {
  return Math.ceil(size / 1024) < Math.ceil(plainSize / 1024);
}

function decode(value: AttributeValue, encoding: string | undefined): CacheValue {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.B === undefined) throw new CorruptEntryError('A record of the table holds a value of a foreign type.');
  const bytes = typeof value.B === 'string' ? Buffer.from(value.B, 'base64') : Buffer.from(value.B);
  if (encoding === undefined) return new Uint8Array(bytes);
  if (encoding === UTF8) return bytes.toString('utf8');
  if (encoding !== BROTLI) throw new CorruptEntryError('A record of the table has an unknown encoding.');
  try {
    return decompress(bytes);
  } catch {
    throw new CorruptEntryError('A record of the table can not be decompressed.');
  }
}

/** Bytes of a key, its names, version, expiry, encoding and lease: the part of an item that is not its value. */
export function overheadOf(fullKey: string, names: AttributeNames): number {
  const named = names.key.length + names.value.length + names.expires.length + VERSION.length + ENCODING.length;
  return Buffer.byteLength(fullKey) + named + VERSION_BYTES + EXPIRY_BYTES + UTF8.length;
}

/** A 16-digit version and a 10-digit expiry: a byte for two digits and one more. */
const VERSION_BYTES = 9;
const EXPIRY_BYTES = 6;

/** Bytes of an item that holds this value and no lock: by the started KB of them a write is billed. */
export function bytesOfItem(
  fullKey: string,
  { value, encoding }: EncodedValue,
  names: AttributeNames,
  expiresAt: number | undefined,
): number {
  const withoutExpiry = expiresAt === undefined ? names.expires.length + EXPIRY_BYTES : 0;
  const otherEncoding = encoding === undefined ? ENCODING.length + UTF8.length : UTF8.length - encoding.length;
  return overheadOf(fullKey, names) + sizeOf(value) - withoutExpiry - otherEncoding;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return Buffer.byteLength(value.B, 'base64');
  return Math.ceil((value.N ?? '').length / 2) + 1;
}

/**
 * Write units that a failed condition is billed, by the record that it failed on; at least one.
 *
 * @param item none, or `null` as some engines say it, where the condition failed on nothing
 */
export function unitsOfFailedCondition(item: Item | null | undefined): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item ?? {})) bytes += Buffer.byteLength(name) + sizeOf(value);
  return Math.max(1, Math.ceil(bytes / 1024));
}

function numberIn(value: AttributeValue | undefined): number | undefined {
  return value?.N === undefined ? undefined : Number(value.N);
}

/** An end of a lease as results carry it. */
export function leaseOf(leaseEndsAt: EpochMillis | undefined): { leaseEndsAt?: EpochMillis } {
  return leaseEndsAt === undefined ? {} : { leaseEndsAt };
}
