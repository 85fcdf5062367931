/** The rules of the CacheStore contract that are the same on every engine: plain functions that drivers call. */
import { InvalidArgumentError } from '../errors.ts';
import { InvalidKeyError } from './errors.ts';
import type {
  CacheValue,
  EpochMillis,
  Lease,
  Owner,
  Precondition,
  PurgeOptions,
  Seconds,
  SetOptions,
} from './store.ts';

/** DynamoDB's limit for a partition key. */
export const MAX_KEY_BYTES = 2048;

/** DynamoDB's limit for an item, names and values together. */
export const MAX_ENTRY_BYTES = 400 * 1024;

/** What of it is kept free for a lock: its names, owner and end. An entry that is there can always be locked. */
export const LEASE_BYTES = 128;

const MAX_NUMBER = 9.999999999999998e125;
const MIN_NUMBER = 1e-130;

/** `prefix` as namespaces are written: empty, or ending in `:`, so that clearing `a` never clears `ab`. */
export function normalizePrefix(prefix: string): string {
  return prefix === '' || prefix.endsWith(':') ? prefix : `${prefix}:`;
}

/** The engine's key for `key`. @throws InvalidKeyError */
export function fullKey(prefix: string, key: string): string {
  if (typeof key !== 'string' || key === '') throw new InvalidKeyError('A key must be text that is not empty.', key);
  const full = prefix + key;
  if (!full.isWellFormed()) throw new InvalidKeyError('A key must be well-formed Unicode.', key);
  // A character takes at most three bytes in UTF-8: most keys need not be measured.
  if (3 * full.length <= MAX_KEY_BYTES) return full;
  const bytes = Buffer.byteLength(full);
  if (bytes > MAX_KEY_BYTES) {
    throw new InvalidKeyError(`A key may take ${MAX_KEY_BYTES} bytes with its prefix; this one takes ${bytes}.`, key);
  }
  return full;
}

/** @throws InvalidArgumentError unless ttl is absent or a positive whole number of seconds */
export function checkTtl(ttl: Seconds | undefined): void {
  if (ttl === undefined) return;
  if (!Number.isSafeInteger(ttl) || ttl <= 0 || ttl > 1e11) {
    throw new InvalidArgumentError(`A ttl must be a positive whole number of seconds; got ${describe(ttl)}.`);
  }
}

/** The value as engines keep it: numbers in DynamoDB's range with -0 as 0, well-formed text, bytes. */
export function checkValue(value: CacheValue): CacheValue {
  if (typeof value === 'number') return checkNumber(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new InvalidArgumentError('Text must be well-formed Unicode.');
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new InvalidArgumentError(`A value must be text, a number or bytes; got ${describe(value)}.`);
}

function checkNumber(value: number): number {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value) || magnitude > MAX_NUMBER || (magnitude !== 0 && magnitude < MIN_NUMBER)) {
    throw new InvalidArgumentError(
      'A number must be finite and between 1e-130 and 9.999999999999998e125 in magnitude.',
    );
  }
  return value === 0 ? 0 : value;
}

/** @throws InvalidArgumentError unless `by` is a safe integer */
export function checkIncrement(by: number): void {
  if (!Number.isSafeInteger(by))
    throw new InvalidArgumentError(`An increment must be a safe integer; got ${describe(by)}.`);
}

/** @throws InvalidArgumentError where the number, or the sum, is beyond the safe integers */
export function checkSum(before: number, by: number): void {
  const low = Number.MIN_SAFE_INTEGER - Math.min(by, 0);
  const high = Number.MAX_SAFE_INTEGER - Math.max(by, 0);
  if (before < low || before > high) throw new InvalidArgumentError('The sum would not be a safe integer.');
}

/** @throws InvalidArgumentError for a precondition that asks for nothing, or for two things that exclude each other */
export function checkPrecondition(condition: Precondition | undefined): void {
  if (condition === undefined) return;
  const { absent, version, owner } = condition;
  if (absent === true && version === undefined && owner === undefined) return;
  if (absent !== undefined || (version === undefined && owner === undefined)) {
    throw new InvalidArgumentError('A precondition is { absent: true }, or has a version, an owner, or both.');
  }
  if (version !== undefined && !Number.isSafeInteger(version)) {
    throw new InvalidArgumentError(`A version must be one that an entry carried; got ${describe(version)}.`);
  }
  if (owner !== undefined) checkOwner(owner);
}

/** @throws InvalidArgumentError */
export function checkSetOptions(options: SetOptions): void {
  checkTtl(options.ttl);
  checkPrecondition(options.if);
  if (options.release === true && options.if?.owner === undefined) {
    throw new InvalidArgumentError('release goes with a precondition on the owner.');
  }
}

/** @throws InvalidArgumentError */
export function checkOwner(owner: Owner): void {
  if (typeof owner !== 'string' || owner === '' || owner.length > 256 || !owner.isWellFormed()) {
    throw new InvalidArgumentError('An owner must be text of 1 to 256 characters.');
  }
}

/** @throws InvalidArgumentError */
export function checkLease(lease: Lease): void {
  checkOwner(lease.owner);
  if (!Number.isSafeInteger(lease.milliseconds) || lease.milliseconds <= 0 || lease.milliseconds > 1e14) {
    throw new InvalidArgumentError(
      `A lease must be a positive whole number of milliseconds; got ${describe(lease.milliseconds)}.`,
    );
  }
  const { turn, existing } = lease;
  if (turn === undefined) return;
  if (existing !== true) throw new InvalidArgumentError('A turn goes with existing: true.');
  if (turn !== 'take' && (!Number.isSafeInteger(turn) || turn < 1)) {
    throw new InvalidArgumentError(`A turn must be "take" or one that was taken; got ${describe(turn)}.`);
  }
}

/** Records that a purge deletes in one go at the most: what DynamoDB takes in one request. */
export const MAX_PURGE_BATCH = 25;

/** @throws InvalidArgumentError */
export function checkPurgeOptions(options: PurgeOptions): void {
  const { segments = 1, capacityPerSecond = 1, batchSize = 1 } = options;
  if (!Number.isSafeInteger(segments) || segments < 1 || segments > 1000) {
    throw new InvalidArgumentError(`A scan has 1 to 1000 segments; got ${describe(segments)}.`);
  }
  if (!Number.isSafeInteger(batchSize) || batchSize < 1 || batchSize > MAX_PURGE_BATCH) {
    throw new InvalidArgumentError(
      `A batch has 1 to ${MAX_PURGE_BATCH} records, a whole number; got ${describe(batchSize)}.`,
    );
  }
  if (typeof capacityPerSecond !== 'number' || !(capacityPerSecond > 0)) {
    throw new InvalidArgumentError(
      `The capacity in a second must be more than 0 units; got ${describe(capacityPerSecond)}.`,
    );
  }
}

/** The expiry for a ttl: the next whole second, so that an entry lives its ttl and less than a second more. */
export function expiryOf(now: EpochMillis, ttl: Seconds): number {
  return Math.ceil(now / 1000 + ttl);
}

/** Whether an expiry (epoch seconds) has come. */
export function isExpired(expiresAt: number | undefined, now: EpochMillis): boolean {
  return expiresAt !== undefined && expiresAt * 1000 <= now;
}

const randoms = new Uint32Array(1024);
let randomsLeft = 0;

/** A fresh random 52-bit version. Drawn from a supply: asking the system each time would take half the time of a write in memory. */
export function newVersion(): number {
  if (randomsLeft === 0) {
    crypto.getRandomValues(randoms);
    randomsLeft = randoms.length;
  }
  randomsLeft -= 2;
  return ((randoms[randomsLeft] ?? 0) & 0xfffff) * 2 ** 32 + (randoms[randomsLeft + 1] ?? 0);
}

/** The kind of a wrong argument; numbers as they are, anything else by its type alone, since it may be a secret. */
function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a ${typeof value}`;
}
