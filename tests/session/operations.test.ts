import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { SessionConflictError } from '../../src/session/errors.ts';
import {
  apply,
  checkSeen,
  copyOf,
  emptyState,
  isAssertive,
  isEmpty,
  isRepeatable,
  isTidying,
  replay,
  type FlashMessage,
  type Operation,
  type Seen,
  type State,
} from '../../src/session/operations.ts';

const MESSAGE: FlashMessage = { id: 'm1', value: 'Saved' };

function stateWith(data: Record<string, unknown>, flash: Record<string, FlashMessage> = {}): State {
  const state = emptyState(5);
  for (const [key, value] of Object.entries(data)) state.data.set(key, value);
  for (const [name, message] of Object.entries(flash)) state.flash.set(name, message);
  return state;
}

/** The state after one operation. */
function after(operation: Operation, state = stateWith({ a: 1 }, { notice: MESSAGE })) {
  apply(state, operation);
  return { data: Object.fromEntries(state.data), flash: Object.fromEntries(state.flash) };
}

const set: Operation = { type: 'set', key: 'b', value: 2 };
const remove: Operation = { type: 'delete', key: 'a' };
const count: Operation = { type: 'update', key: 'a', change: (value) => Number(value ?? 0) + 1 };
const clear: Operation = { type: 'clear', seen: new Map(), sawAll: false };
const flash: Operation = { type: 'flash', name: 'other', message: MESSAGE };
const unflash: Operation = { type: 'unflash', name: 'notice', id: 'm1' };

describe('A state', () => {
  it('is empty where it has neither data nor messages', () => {
    expect(isEmpty(emptyState(5))).toBe(true);
    expect(isEmpty(stateWith({ a: undefined }))).toBe(false);
    expect(isEmpty(stateWith({}, { notice: MESSAGE }))).toBe(false);
    expect(emptyState(5).created).toBe(5);
  });

  it('is copied with all that it has, and changes apart from its copy', () => {
    const state = stateWith({ a: 1 }, { notice: MESSAGE });
    const copy = copyOf(state);
    expect(copy).toStrictEqual(state);
    copy.data.clear();
    copy.flash.clear();
    expect(state).toStrictEqual(stateWith({ a: 1 }, { notice: MESSAGE }));
  });
});

describe('An operation', () => {
  const notice = MESSAGE;

  it.each<[string, Operation, object]>([
    ['sets', set, { data: { a: 1, b: 2 }, flash: { notice } }],
    ['deletes', remove, { data: {}, flash: { notice } }],
    ['updates', count, { data: { a: 2 }, flash: { notice } }],
    ['clears data alone', clear, { data: {}, flash: { notice } }],
    ['leaves a message', flash, { data: { a: 1 }, flash: { notice, other: notice } }],
    ['takes a message', unflash, { data: { a: 1 }, flash: {} }],
    ['leaves a newer message', { ...unflash, id: 'm0' }, { data: { a: 1 }, flash: { notice } }],
    ['takes no message that is not there', { ...unflash, name: 'none' }, { data: { a: 1 }, flash: { notice } }],
  ])('%s', (_, operation, expected) => {
    expect(after(operation)).toStrictEqual(expected);
  });

  it('updates what is not there from undefined', () => {
    expect(after(count, stateWith({}))).toMatchObject({ data: { a: 1 } });
  });

  it('removes what an update answers undefined for', () => {
    expect(after({ ...count, change: () => undefined }).data).toStrictEqual({});
  });

  it('keeps a frozen copy of what an update answers, and refuses what JSON does not have', () => {
    const answer = { list: [1] };
    const { data } = after({ ...count, change: () => answer });
    expect(data['a']).toStrictEqual(answer);
    expect(data['a']).not.toBe(answer);
    expect(Object.isFrozen(data['a'])).toBe(true);
    expect(() => after({ ...count, change: () => new Date() })).toThrow(InvalidArgumentError);
  });
});

describe('Operations on a state that another request has changed', () => {
  it('are played in their order, on a copy', () => {
    const state = stateWith({ a: 1 });
    expect(Object.fromEntries(replay(state, [count, count, set, { ...set, value: 3 }]).data)).toEqual({ a: 3, b: 3 });
    expect(state).toStrictEqual(stateWith({ a: 1 }));
  });

  const seen = (value: unknown): Seen => ({ value });
  const exists: Seen = { exists: true };
  const missing: Seen = { exists: false };

  it.each<[string, Record<string, unknown>, Operation]>([
    ['set what they had not looked at', { b: 'other' }, set],
    ['set what is as it was', { b: { c: 1 } }, { ...set, seen: seen({ c: 1 }) }],
    ['set what is missing as it was', {}, { ...set, seen: seen(undefined) }],
    ['set what is there as it was', { b: 'other' }, { ...set, seen: exists }],
    ['set what is still missing', {}, { ...set, seen: missing }],
    ['delete what they had not looked at', { a: 'other' }, remove],
    ['delete what is as it was', { a: 1 }, { ...remove, seen: seen(1) }],
    ['update anything', { a: 5 }, count],
    ['leave a message', { a: 'other' }, flash],
    ['take a message', { a: 'other' }, unflash],
    ['clear what they had not looked at', { a: 'other' }, clear],
    ['clear what is as it was', { a: 1, b: 2 }, { ...clear, seen: new Map([['a', seen(1)]]) }],
    ['clear all as it was', { a: 1 }, { ...clear, seen: new Map([['a', seen(1)]]), sawAll: true }],
    ['clear all as it was, of which a key is gone', {}, { ...clear, seen: new Map([['a', missing]]), sawAll: true }],
  ])('may %s', (_, data, operation) => {
    expect(() => checkSeen(stateWith(data), [operation])).not.toThrow();
    expect(() => replay(stateWith(data), [operation])).not.toThrow();
  });

  it.each<[string, Record<string, unknown>, Operation]>([
    ['set what has changed', { b: 3 }, { ...set, seen: seen(2) }],
    ['set what came', { b: 3 }, { ...set, seen: seen(undefined) }],
    ['set what went', {}, { ...set, seen: exists }],
    ['set what was missing', { b: 3 }, { ...set, seen: missing }],
    ['delete what has changed', { a: 2 }, { ...remove, seen: seen(1) }],
    ['clear what has changed', { a: 2 }, { ...clear, seen: new Map([['a', seen(1)]]) }],
    ['clear of which one has changed', { a: 1, b: 3 }, { ...clear, seen: new Map([['a', seen(1)], ['b', seen(2)]]) }], // prettier-ignore
    ['clear all, to which something came', { a: 1, b: 2 }, { ...clear, seen: new Map([['a', seen(1)]]), sawAll: true }],
    ['clear nothing, to which something came', { a: 1 }, { ...clear, sawAll: true }],
  ])('may not %s', (_, data, operation) => {
    expect(() => checkSeen(stateWith(data), [set, operation])).toThrow(SessionConflictError);
    expect(() => replay(stateWith(data), [operation])).toThrow(SessionConflictError);
  });
});

describe('A list of operations', () => {
  it('only tidies up where all it does is to take messages', () => {
    expect(isTidying([])).toBe(true);
    expect(isTidying([unflash, unflash])).toBe(true);
    for (const other of [set, remove, count, clear, flash]) expect(isTidying([unflash, other])).toBe(false);
  });

  it('says what a value is to be where it sets one', () => {
    expect(isAssertive([])).toBe(false);
    expect(isAssertive([remove, set])).toBe(true);
    for (const other of [remove, count, clear, flash, unflash]) expect(isAssertive([other])).toBe(false);
  });

  it('can be played twice unless it updates', () => {
    expect(isRepeatable([])).toBe(true);
    expect(isRepeatable([set, remove, clear, flash, unflash])).toBe(true);
    expect(isRepeatable([set, count])).toBe(false);
  });
});
