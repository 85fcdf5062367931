/** Between a session's state and the text in its record. The application's data stands apart from what is Cloakroom's. */
import { SessionTooLargeError, SessionUnreadableError } from './errors.ts';
import { deepFreeze } from './json.ts';
import type { FlashMessage, State } from './operations.ts';

/** That a session got another id: its old record only answers requests that were on their way by then. */
export interface Superseded {
  /** The key of its new record. */
  readonly by: string;
  /** Epoch seconds. */
  readonly until: number;
}

/** What a record holds. */
export interface StoredState extends State {
  readonly superseded?: Superseded;
}

interface Stored {
  readonly data: Readonly<Record<string, unknown>>;
  /** Absent where there is none: an id and a value for each name. */
  readonly flash?: Readonly<Record<string, readonly [id: string, value: unknown]>>;
  readonly user?: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly superseded?: readonly [by: string, until: number];
}

/** @throws SessionTooLargeError where data, or flash messages, take more than `maxBytes` as JSON */
export function encodeState(state: State, maxBytes: number): string {
  const data = JSON.stringify(Object.fromEntries(state.data));
  checkSize(data, maxBytes);
  return `{"data":${data},${flashOf(state, maxBytes)}${userOf(state)}"created":${state.created}}`;
}

/** What the old record says from then on. Messages are left out: they wait for the new id, to be shown once. */
export function encodeSnapshot(state: State, { by, until }: Superseded): string {
  const data = JSON.stringify(Object.fromEntries(state.data));
  return `{"data":${data},${userOf(state)}"created":${state.created},"superseded":["${by}",${until}]}`;
}

/** @throws SessionUnreadableError where the record is not one of a session */
export function decodeState(text: string): StoredState {
  const stored = parseRecord(text);
  if (!isStored(stored)) throw new SessionUnreadableError();
  const flash = Object.entries(stored.flash ?? {}).map(([name, [id, message]]): [string, FlashMessage] => [
    name,
    { id, value: deepFreeze(message) },
  ]);
  return {
    created: stored.created,
    data: new Map(Object.entries(stored.data)),
    flash: new Map(flash),
    ...(stored.user !== undefined && { user: stored.user }),
    ...(stored.superseded && { superseded: { by: stored.superseded[0], until: stored.superseded[1] } }),
  };
}

function flashOf({ flash }: State, maxBytes: number): string {
  if (flash.size === 0) return '';
  const messages = [...flash].map(([name, { id, value }]) => [name, [id, value]] as const);
  const json = JSON.stringify(Object.fromEntries(messages));
  checkSize(json, maxBytes);
  return `"flash":${json},`;
}

function userOf({ user }: State): string {
  return user === undefined ? '' : `"user":${JSON.stringify(user)},`;
}

/** @throws SessionUnreadableError for what is not JSON */
export function parseRecord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not kept as the cause: a parser's message quotes what it could not read.
    throw new SessionUnreadableError();
  }
}

function isStored(value: unknown): value is Stored {
  if (!isObject(value) || !isObject(value['data']) || typeof value['created'] !== 'number') return false;
  const { flash = {}, user = '', superseded = ['', 0] } = value;
  return (
    isObject(flash) &&
    Object.values(flash).every((one) => Array.isArray(one) && typeof one[0] === 'string') &&
    typeof user === 'string' &&
    Array.isArray(superseded) &&
    typeof superseded[0] === 'string' &&
    typeof superseded[1] === 'number'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkSize(json: string, maxBytes: number): void {
  const size = Buffer.byteLength(json);
  if (size > maxBytes) throw new SessionTooLargeError(size, maxBytes);
}
