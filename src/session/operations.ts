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
  readonly data: Map<string, unknown>;
  readonly flash: Map<string, FlashMessage>;
}

/** What a request saw of a key before it replaced it: the value, or only whether there was one. */
export type Seen = { readonly value: unknown } | { readonly exists: boolean };

export type Operation =
  | { readonly type: 'set'; readonly key: string; readonly value: unknown; readonly seen?: Seen }
  | { readonly type: 'delete'; readonly key: string; readonly seen?: Seen }
  | { readonly type: 'update'; readonly key: string; readonly change: (value: unknown) => unknown }
  | { readonly type: 'clear'; readonly seen: ReadonlyMap<string, Seen> }
  | { readonly type: 'flash'; readonly name: string; readonly message: FlashMessage }
  | { readonly type: 'unflash'; readonly name: string; readonly id: string };

export function emptyState(created: number): State {
  return { created, data: new Map(), flash: new Map() };
}

export function isEmpty(state: State): boolean {
  return state.data.size === 0 && state.flash.size === 0;
}

export function copyOf(state: State): State {
  return { created: state.created, data: new Map(state.data), flash: new Map(state.flash) };
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
  }
}

/**
 * The state after playing the operations on another one.
 *
 * @throws SessionConflictError where a value that an operation replaces is not what the request had seen
 */
export function replay(state: State, log: readonly Operation[]): State {
  for (const operation of log) {
    for (const [key, seen] of seenBy(operation)) if (!stillHolds(state, key, seen)) throw new SessionConflictError();
  }
  const next = copyOf(state);
  for (const operation of log) apply(next, operation);
  return next;
}

/** Whether playing the operations once more on a state that may have them already would count them twice. */
export function isRepeatable(log: readonly Operation[]): boolean {
  return log.every((operation) => operation.type !== 'update');
}

function seenBy(operation: Operation): Iterable<readonly [string, Seen]> {
  if (operation.type === 'clear') return operation.seen;
  if (operation.type !== 'set' && operation.type !== 'delete') return [];
  return operation.seen === undefined ? [] : [[operation.key, operation.seen]];
}

function stillHolds(state: State, key: string, seen: Seen): boolean {
  return 'exists' in seen ? state.data.has(key) === seen.exists : isSame(state.data.get(key), seen.value);
}
