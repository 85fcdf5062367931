import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { keyOf } from '../../src/session/ids.ts';
import { visits } from './visits.ts';

const JSON_VALUES = {
  text: 'ä\u0000"',
  empty: '',
  zero: 0,
  negative: -1.5,
  yes: true,
  no: false,
  nothing: null,
  list: [1, [2]],
  object: { a: { b: [] } },
};
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'toJSON',
  'hasOwnProperty',
  '',
  ' ',
  'a.b',
  '😀',
  'k'.repeat(2048),
];

describe('A session', () => {
  it('keeps every JSON value under every kind of key for later requests', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin(JSON_VALUES);
    const { session, commit } = await open(id);
    for (const key of ODD_KEYS) session.set(key, { key });
    await commit();
    const data = await dataOf(id);
    expect(Object.keys(data)).toHaveLength(Object.keys(JSON_VALUES).length + ODD_KEYS.length);
    for (const [key, value] of Object.entries(JSON_VALUES)) expect(data[key]).toEqual(value);
    const later = (await open(id)).session;
    for (const key of ODD_KEYS) expect(later.get(key)).toEqual({ key });
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  });

  it('knows nothing of keys that only objects have', async () => {
    const { session } = await visits().open();
    for (const key of ODD_KEYS) {
      expect(session.get(key)).toBeUndefined();
      expect(session.has(key)).toBe(false);
    }
  });

  it.each([
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a number that is not finite', Number.NaN],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a class instance', new (class Cart {})()],
    ['undefined in a list', [undefined]],
    ['a date deep inside', { a: [{ b: new Date(0) }] }],
    ['what is nested too deep', JSON.parse('['.repeat(200) + ']'.repeat(200))],
  ])('refuses %s and stays as it was', async (_name, value) => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ key: 'before' });
    const { session, commit } = await open(id);
    expect(() => session.set('key', value)).toThrow(InvalidArgumentError);
    expect(() => session.flash('key', value)).toThrow(InvalidArgumentError);
    if (value !== undefined) expect(() => session.update('key', () => value)).toThrow(InvalidArgumentError);
    await commit();
    expect(await dataOf(id)).toEqual({ key: 'before' });
  });

  it('refuses a cycle', async () => {
    const { session } = await visits().open();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => session.set('key', cycle)).toThrow(InvalidArgumentError);
  });

  it('refuses an update that answers a promise', async () => {
    const { session } = await visits().open();
    expect(() => session.update('key', () => Promise.resolve(1))).toThrow(InvalidArgumentError);
  });

  it('takes a copy of what it is given', async () => {
    const { open, dataOf } = visits();
    const { session, draft, commit } = await open();
    const lines = [{ sku: 'a' }];
    session.set('cart', lines);
    lines.push({ sku: 'b' });
    await commit();
    expect(await dataOf(draft.id)).toEqual({ cart: [{ sku: 'a' }] });
  });

  it('answers frozen values, of its own and of earlier requests', async () => {
    const { open, begin } = visits();
    const { session } = await open(await begin({ cart: [{ sku: 'a' }] }));
    session.set('own', { list: [] });
    session.flash('notice', { lines: [] });
    for (const value of [
      session.get('cart'),
      session.get('own'),
      session.all()['cart'],
      session.messages()['notice'],
    ]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
    expect(() => (session.get('cart') as unknown[]).push('x')).toThrow(TypeError);
    expect(() => Object.assign(session.all(), { more: 1 })).toThrow(TypeError);
    expect(() => Object.assign((session.get('cart') as object[])[0] ?? {}, { more: 1 })).toThrow(TypeError);
  });

  it('reads its own changes before they are committed', async () => {
    const { open, begin } = visits();
    const { session } = await open(await begin({ a: 1, b: 2 }));
    session.set('a', 3);
    session.update('b', (b) => Number(b) + 1);
    session.delete('missing');
    expect([session.get('a'), session.get('b')]).toEqual([3, 3]);
    expect(session.pull('a')).toBe(3);
    expect(session.has('a')).toBe(false);
    expect(session.all()).toEqual({ b: 3 });
  });

  it('empties its data with clear, and keeps flash messages and creation time', async () => {
    const { open, begin, records } = visits();
    const id = await begin({ a: 1 });
    const { session, commit } = await open(id);
    session.flash('notice', 'Saved');
    session.clear();
    await commit();
    const later = (await open(id)).session;
    expect(later.data()).toEqual({});
    expect(later.get('notice')).toBe('Saved');
    expect(JSON.parse(String((await records.get(keyOf(id)))?.value))).toMatchObject({ created: 1_800_000_000 });
  });

  it('removes a value whose update answers undefined', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ a: 1, b: 2 });
    const { session, commit } = await open(id);
    session.update('a', () => undefined);
    session.update('never', () => undefined);
    await commit();
    expect(await dataOf(id)).toEqual({ b: 2 });
  });

  it('goes on after save, with changes that came while it was being saved', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin();
    const { session, commit } = await open(id);
    session.set('a', 1);
    const saving = session.save();
    session.set('b', 2);
    await saving;
    session.set('c', 3);
    await commit();
    expect(await dataOf(id)).toEqual({ begun: true, a: 1, b: 2, c: 3 });
  });
});

describe('Flash messages', () => {
  it('wait until a request reads them, and are gone afterwards', async () => {
    const { open, begin } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    await first.commit();
    const looking = await open(id);
    expect(looking.session.has('notice')).toBe(true);
    expect(looking.session.all()).toEqual({ begun: true, notice: 'Saved' });
    expect(looking.session.messages()).toEqual({ notice: 'Saved' });
    await looking.commit();
    const reading = await open(id);
    expect(reading.session.get('notice')).toBe('Saved');
    await reading.commit();
    const later = await open(id);
    expect(later.session.has('notice')).toBe(false);
    expect(later.session.get('notice')).toBeUndefined();
  });

  it.each(['before', 'after'])('stay where keep is called %s they are read', async (when) => {
    const { open, begin } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'Saved');
    await first.commit();
    const { session, commit } = await open(id);
    if (when === 'before') session.keep('notice');
    expect(session.get('notice')).toBe('Saved');
    if (when === 'after') session.keep('notice');
    session.set('other', 1);
    await commit();
    const later = (await open(id)).session;
    expect(later.get('notice')).toBe('Saved');
    expect(later.get('other')).toBe(1);
  });

  it('of the same name that came after the one that was read are kept', async () => {
    const { open, begin } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'old');
    await first.commit();
    const reading = await open(id);
    expect(reading.session.get('notice')).toBe('old');
    const other = await open(id);
    other.session.flash('notice', 'new');
    await other.commit();
    await reading.commit();
    expect((await open(id)).session.get('notice')).toBe('new');
  });

  it('do not take the place of data of the same name', async () => {
    const { open, begin, dataOf } = visits();
    const id = await begin({ notice: 'data' });
    const first = await open(id);
    first.session.flash('notice', 'message');
    await first.commit();
    expect(await dataOf(id)).toEqual({ notice: 'data' });
    const { session, commit } = await open(id);
    expect([session.get('notice'), session.get('notice')]).toEqual(['message', 'message']);
    await commit();
    expect((await open(id)).session.get('notice')).toBe('data');
  });

  it('of this request can be kept too', async () => {
    const { open, begin } = visits();
    const id = await begin();
    const { session, commit } = await open(id);
    session.flash('notice', 'old');
    session.get('notice');
    session.flash('notice', 'new');
    session.get('notice');
    session.keep('notice');
    await commit();
    expect((await open(id)).session.get('notice')).toBe('new');
  });

  it('survive that data of the same name is deleted, and are pulled before it', async () => {
    const { open, begin } = visits();
    const id = await begin({ notice: 'data' });
    const first = await open(id);
    first.session.flash('notice', 'message');
    await first.commit();
    const deleting = await open(id);
    deleting.session.delete('notice');
    expect(deleting.session.data()).toEqual({});
    deleting.session.set('notice', 'data');
    await deleting.commit();
    const pulling = await open(id);
    expect(pulling.session.pull('notice')).toBe('message');
    expect(pulling.session.pull('notice')).toBe('data');
    await pulling.commit();
    expect((await open(id)).session.all()).toEqual({});
  });

  it('do not hide what this request has set itself', async () => {
    const { open, begin } = visits();
    const id = await begin();
    const first = await open(id);
    first.session.flash('notice', 'message');
    await first.commit();
    const { session, commit } = await open(id);
    session.set('notice', 'own');
    expect(session.get('notice')).toBe('own');
    await commit();
    expect((await open(id)).session.get('notice')).toBe('message');
  });
});
