/**
 * How many bytes the table's items take for a session's data: by the code that writes them, so that JSON's wrapper,
 * compression, encryption and the names of attributes are what they are.
 */
import { COMPRESS_FROM_BYTES, compress } from '../../src/cache/codec.ts';
import {
  LOCK_EXPIRES_AT,
  LOCK_OWNER,
  bytesOfItem,
  overheadOf,
  type AttributeNames,
} from '../../src/cache/drivers/dynamodb/item.ts';
import { normalizePrefix } from '../../src/cache/rules.ts';
import { keyOf, userKeyOf } from '../../src/session/ids.ts';
import type { State } from '../../src/session/operations.ts';
import { encodeSnapshot, encodeState } from '../../src/session/record.ts';
import type { Entry } from '../../src/session/registry.ts';

export interface StorageOptions {
  /** `SESSION_ENCRYPT`. */
  readonly encrypt?: boolean;
  /** Compressed size over size of a text of 1 KB or more. @default as Brotli does it, for the data that were given */
  readonly compressesTo?: number;
  /** `CACHE_PREFIX`. */
  readonly prefix?: string;
  readonly names?: AttributeNames;
  /** Sessions in a user's record beside the one of the request. @default 1 */
  readonly otherSessions?: number;
  /** A user's id. @default ten characters */
  readonly user?: string;
  /** What a login calls the session. @default `Firefox on Linux` */
  readonly label?: string;
}

/** Bytes of the items that requests read and write. */
export interface RecordSizes {
  readonly session: number;
  /** With one flash message of 20 characters. */
  readonly flashed: number;
  readonly loggedIn: number;
  /** What an old id's record holds after a new id. */
  readonly snapshot: number;
  readonly snapshotLoggedIn: number;
  /** The user's record without the session of the request; 0: there is none. */
  readonly registryBefore: number;
  readonly registryWith: number;
  /** The same when the session has got a second id. */
  readonly registryMoved: number;
  /** What a lock adds to a session's record. */
  readonly lease: number;
}

const NAMES: AttributeNames = { key: 'key', value: 'value', expires: 'expires_at' };
const CREATED = 1_800_000_000;

/** What encryption adds: the format's byte, the nonce and the tag. */
const SEAL_BYTES = 29;

/** The same for an owner of 16 characters and an end in milliseconds, a byte for two digits and one more. */
const LEASE_ATTRIBUTES = LOCK_OWNER.length + 16 + LOCK_EXPIRES_AT.length + 8;

/** @param data a session's, as JSON would have it */
export function recordSizes(data: Readonly<Record<string, unknown>>, options: StorageOptions = {}): RecordSizes {
  const { user = 'ada.lovela', otherSessions = 1, label = 'Firefox on Linux' } = options;
  const key = keyOf('session');
  const state: State = { created: CREATED, data: new Map(Object.entries(data)), flash: new Map() };
  // As the example does it: the user stands in the data too.
  const known: State = { ...state, user, data: new Map([...state.data, ['user', user]]) };
  const flashed: State = { ...state, flash: new Map([['notice', { id: 'x'.repeat(8), value: 'x'.repeat(20) }]]) };
  const superseded = { by: key, until: CREATED };
  const others = Array.from({ length: otherSessions }, (_, number) => entryOf(number + 1, label));
  const entry = entryOf(0, label);
  const session = (text: string): number => itemBytes('session', key, text, options);
  const registry = (entries: readonly unknown[]): number =>
    entries.length === 0 ? 0 : itemBytes('user', userKeyOf(user), JSON.stringify(entries), options);
  return {
    session: session(encodeState(state, Infinity)),
    flashed: session(encodeState(flashed, Infinity)),
    loggedIn: session(encodeState(known, Infinity)),
    snapshot: session(encodeSnapshot(state, superseded)),
    snapshotLoggedIn: session(encodeSnapshot(known, superseded)),
    registryBefore: registry(others),
    registryWith: registry([...others, entry]),
    registryMoved: registry([...others, { ...entry, keys: [...entry.keys, key] }]),
    lease: LEASE_ATTRIBUTES,
  };
}

/** As newEntry makes it, with an id and a key of its own for each number: they hardly compress. */
function entryOf(number: number, label: string): Entry {
  const key = keyOf(`session ${number}`);
  return { id: keyOf(`entry ${number}`).slice(0, 12), keys: [key], created: CREATED + number * 1000, label };
}

function itemBytes(namespace: string, key: string, text: string, options: StorageOptions): number {
  const { prefix = '', names = NAMES, encrypt = false } = options;
  const full = `${normalizePrefix(prefix)}${namespace}:${key}`;
  const bytes = Buffer.byteLength(text);
  const small = bytes < COMPRESS_FROM_BYTES ? bytes : compressedBytes(text, bytes, options.compressesTo);
  const asBytes = (length: number, encoding?: string): number =>
    bytesOfItem(full, { value: { B: new Uint8Array(length) }, ...(encoding && { encoding }) }, names, CREATED);
  if (encrypt) return asBytes(SEAL_BYTES + Math.min(bytes, small));
  // The driver's own rule (encode in item.ts): whole KB of what would be written, before encoding is known.
  const overhead = overheadOf(full, names);
  return Math.ceil((overhead + small) / 1024) < Math.ceil((overhead + bytes) / 1024)
    ? asBytes(small, 'br')
    : bytesOfItem(full, { value: { S: text } }, names, CREATED);
}

function compressedBytes(text: string, bytes: number, ratio: number | undefined): number {
  return ratio === undefined ? compress(new TextEncoder().encode(text)).length : Math.ceil(bytes * ratio);
}
