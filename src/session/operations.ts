/**
 * What a request does to a session, as a list that can be played again on a state that another request has changed
 * meanwhile. Plain functions on plain data.
 */
import { SessionConflictError } from './errors.ts';
import { frozenCopy, isSame } from './json.ts';

export interface FlashMessage {
  /** Tells a message that was read from a newer one of the same name. */
  readonly id: string;
  readonly value: unknown;
}

/** A session's state. Its values are frozen JSON; its maps belong to whoever made them. */
export interface State {
  /** Epoch seconds. */
  readonly created: number;
  /** Who is logged in. */
  user?: string | undefined;
  readonly data: Map<string, unknown>;
  readonly flash: Map<string, FlashMessage>;
}

/** What a request saw of a key before it replaced it: the value, or only whether there was one. */
export type Seen = { readonly value: unknown } | { readonly exists: boolean };

export type Operation =
  | { readonly type: 'set'; readonly key: string; readonly value: unknown; readonly seen?: Seen }
  | { readonly type: 'delete'; readonly key: string; readonly seen?: Seen }
  | { readonly type: 'update'; readonly key: string; readonly change: (value: unknown) => unknown }
  /** `sawAll`: also that there was nothing else. */
  | { readonly type: 'clear'; readonly seen: ReadonlyMap<string, Seen>; readonly sawAll: boolean }
  | { readonly type: 'flash'; readonly name: string; readonly message: FlashMessage }
  | { readonly type: 'unflash'; readonly name: string; readonly id: string }
  | { readonly type: 'login'; readonly user: string };

export function emptyState(created: number): State {
  return { created, data: new Map(), flash: new Map() };
}

export function isEmpty(state: State): boolean {
  return state.data.size === 0 && state.flash.size === 0 && state.user === undefined;
}

export function copyOf(state: State): State {
  return { ...state, data: new Map(state.data), flash: new Map(state.flash) };
}

/** Changes `state` as the operation says. */
export function apply(state: State, operation: Operation): void {
  switch (operation.type) {
    case 'set':
      state.data.set(operation.key, operation.value);
      break;
    case 'delete':
      state.data.delete(operation.key);
      break;
    case 'update': {
      const value = operation.change(state.data.get(operation.key));
      if (value === undefined) state.data.delete(operation.key);
      else state.data.set(operation.key, frozenCopy(value));
      break;
    }
    case 'clear':
      state.data.clear();
      break;
    case 'flash':
      state.flash.set(operation.name, operation.message);
      break;
    case 'unflash':
      if (state.flash.get(operation.name)?.id === operation.id) state.flash.delete(operation.name);
      break;
    case 'login':
      state.user = operation.user;
      break;
  }
}

/**
 * Checks that what operations replace is still what the request had seen.
 *
 * @throws SessionConflictError
 */
export function checkSeen(state: State, log: readonly Operation[]): void {
  for (const operation of log) if (!isAsSeen(state, operation)) throw new SessionConflictError();
}

/** The state after playing the operations on another one. @throws SessionConflictError */
export function replay(state: State, log: readonly Operation[]): State {
  checkSeen(state, log);
  const next = copyOf(state);
  for (const operation of log) apply(next, operation);
  return next;
}

/** Whether the operations only tidy up: they are void where there is nothing left. */
export function isTidying(log: readonly Operation[]): boolean {
  return log.every((operation) => operation.type === 'unflash');
}

/** Whether the operations say what a value is to be, even where it is that already. */
export function isAssertive(log: readonly Operation[]): boolean {
  return log.some((operation) => operation.type === 'set');
}

/** Whether playing the operations once more on a state that may have them already would count them twice. */
export function isRepeatable(log: readonly Operation[]): boolean {
  return log.every((operation) => operation.type !== 'update');
}

function isAsSeen(state: State, operation: Operation): boolean {
  if (operation.type === 'clear') {
    const { seen, sawAll } = operation;
    return (
      [...seen].every((one) => holds(state, ...one)) &&
      !(sawAll && [...state.data.keys()].some((key) => !seen.has(key)))
    );
  }
  if (operation.type !== 'set' && operation.type !== 'delete') return true;
  return operation.seen === undefined || holds(state, operation.key, operation.seen);
}

function holds(state: State, key: string, seen: Seen): boolean {
  return 'exists' in seen ? state.data.has(key) === seen.exists : isSame(state.data.get(key), seen.value);
}
