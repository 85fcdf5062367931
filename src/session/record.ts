/** Between a session's state and the text in its record. The application's data stands apart from what is Cloakroom's. */
import { SessionTooLargeError, SessionUnreadableError } from './errors.ts';
import { deepFreeze } from './json.ts';
import type { FlashMessage, State } from './operations.ts';

interface StoredState {
  readonly data: Readonly<Record<string, unknown>>;
  /** Absent where there is none: an id and a value for each name. */
  readonly flash?: Readonly<Record<string, readonly [id: string, value: unknown]>>;
  /** Epoch seconds. */
  readonly created: number;
}

/** @throws SessionTooLargeError where data, or flash messages, take more than `maxBytes` as JSON */
export function encodeState(state: State, maxBytes: number): string {
  const data = JSON.stringify(Object.fromEntries(state.data));
  checkSize(data, maxBytes);
  if (state.flash.size === 0) return `{"data":${data},"created":${state.created}}`;
  const messages = [...state.flash].map(([name, { id, value }]) => [name, [id, value]] as const);
  const flash = JSON.stringify(Object.fromEntries(messages));
  checkSize(flash, maxBytes);
  return `{"data":${data},"flash":${flash},"created":${state.created}}`;
}

/** @throws SessionUnreadableError where the record is not one of a session */
export function decodeState(text: string): State {
  const stored = parse(text);
  if (!isStoredState(stored)) throw new SessionUnreadableError();
  const flash = Object.entries(stored.flash ?? {}).map(([name, [id, message]]): [string, FlashMessage] => [
    name,
    { id, value: deepFreeze(message) },
  ]);
  return { created: stored.created, data: new Map(Object.entries(stored.data)), flash: new Map(flash) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not kept as the cause: a parser's message quotes what it could not read.
    throw new SessionUnreadableError();
  }
}

function isStoredState(value: unknown): value is StoredState {
  if (!isObject(value) || !isObject(value['data']) || typeof value['created'] !== 'number') return false;
  const { flash = {} } = value;
  return isObject(flash) && Object.values(flash).every((one) => Array.isArray(one) && typeof one[0] === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkSize(json: string, maxBytes: number): void {
  const size = Buffer.byteLength(json);
  if (size > maxBytes) throw new SessionTooLargeError(size, maxBytes);
}
