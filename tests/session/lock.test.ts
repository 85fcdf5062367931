import { describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { Lease, LockResult } from '../../src/cache/store.ts';
import {
  SessionGoneError,
  SessionLockLostError,
  SessionLockTimeoutError,
  SessionSupersededError,
  SessionUnreadableError,
} from '../../src/session/errors.ts';
import { keyOf } from '../../src/session/ids.ts';
import type { SessionStoreOptions } from '../../src/session/store.ts';
import { visits, type Visit } from './visits.ts';

const LEASE_MS = 10_000;

/** Counts the places in line that were taken. */
class LineStore extends MemoryStore {
  places = 0;

  override async lock(key: string, lease: Lease): Promise<LockResult> {
    const result = await super.lock(key, lease);
    if (lease.turn === 'take') this.places += 1;
    return result;
  }

  override namespace(): LineStore {
    return this;
  }
}

/** Leases end by the test's clock; waiting takes real time, but little. */
function locking(options: Partial<SessionStoreOptions> = {}) {
  const time = { now: 1_800_000_000_000 };
  const clock = () => time.now;
  const store = new LineStore({ clock });
  const all = visits({ store, clock, lockRetryMin: 1, lockRetryMax: 10, ...options });
  const lock = (id: string) => all.open(id, { lock: true });
  const release = ({ commit }: Visit) => commit({ release: true });
  /** A request that is in line for the lock; `served` has the order in which such requests got it. */
  const served: string[] = [];
  const queue = async (id: string, name = 'next') => {
    const before = store.places;
    const visit = lock(id).finally(() => served.push(name));
    visit.catch(() => {});
    await vi.waitFor(() => expect(store.places).toBe(before + 1), { interval: 1 });
    // Wrapped, so that waiting for this is not waiting for the lock.
    return { visit };
  };
  const leaseOf = async (id: string) => (await store.get(keyOf(id)))?.leaseEndsAt;
  return { ...all, store, time, lock, release, served, queue, leaseOf };
}

describe('A locked session', () => {
  it('makes the next request wait until it is released, and then see what was written', async () => {
    const { begin, lock, queue, release, served } = locking();
    const id = await begin({ n: 1 });
    const first = await lock(id);
    const next = await queue(id);
    first.session.set('n', Number(first.session.get('n')) + 1);
    expect(served).toEqual([]);
    await release(first);
    const second = await next.visit;
    expect(second.session.get('n')).toBe(2);
    second.session.set('n', Number(second.session.get('n')) + 1);
    await release(second);
    expect((await lock(id)).session.get('n')).toBe(3);
  });

  it('is handed on in the order in which requests came', async () => {
    const { begin, lock, queue, release, served, dataOf } = locking({ lockRetryMax: 50 });
    const id = await begin({ order: [] });
    const first = await lock(id);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const turns: Promise<void>[] = [];
    const finish = async (visit: Promise<Visit>, name: string) => {
      const mine = await visit;
      mine.session.set('order', [...(mine.session.get('order') as string[]), name]);
      await release(mine);
    };
    for (const name of names) {
      const { visit } = await queue(id, name);
      turns.push(finish(visit, name));
    }
    await release(first);
    await Promise.all(turns);
    expect(served).toEqual(names);
    expect((await dataOf(id))['order']).toEqual(names);
  });

  it('does not let a request that comes late pass those in line', async () => {
    const { begin, lock, queue, release, served } = locking();
    const id = await begin();
    const first = await lock(id);
    const early = await queue(id, 'early');
    const releasing = release(first);
    const late = lock(id).finally(() => served.push('late'));
    await releasing;
    await release(await early.visit);
    await release(await late);
    expect(served).toEqual(['early', 'late']);
  });

  it('closes the line behind the last', async () => {
    const { begin, lock, queue, release, records } = locking();
    const id = await begin();
    const first = await lock(id);
    const next = await queue(id);
    expect(await records.get(keyOf(id))).toMatchObject({ turn: 0 });
    await release(first);
    await release(await next.visit);
    await release(await lock(id));
    const entry = await records.get(keyOf(id));
    expect(entry).toBeDefined();
    expect(entry).not.toHaveProperty('turn');
  });

  it.each<[string, (visit: Visit) => void]>([
    ['read', ({ session }) => void session.get('begun')],
    ['did nothing', () => {}],
    ['changed it', ({ session }) => session.set('a', 1)],
    ['changed nothing in the end', ({ session }) => session.set('begun', true)],
    ['saw a message', ({ session }) => session.flash('notice', 'x')],
  ])('is free after the last commit of a request that %s', async (_, work) => {
    const { begin, lock, release, leaseOf, time } = locking();
    const id = await begin();
    const visit = await lock(id);
    expect(await leaseOf(id)).toBe(time.now + LEASE_MS);
    work(visit);
    await release(visit);
    expect(await leaseOf(id)).toBeUndefined();
    await release(visit);
    expect((await lock(id)).draft.isNew).toBe(false);
  });

  it('is free with its expiry moved, where that was due', async () => {
    const { begin, lock, release, records, time } = locking();
    const id = await begin();
    time.now += 3_600_000;
    await release(await lock(id));
    const entry = await records.get(keyOf(id));
    expect(entry?.expiresAt).toBe(time.now / 1000 + 7920);
    expect(entry).not.toHaveProperty('leaseEndsAt');
  });

  it('stays locked over save(), for reading and for changes', async () => {
    const { begin, lock, release, leaseOf, time, dataOf } = locking();
    const id = await begin();
    const visit = await lock(id);
    for (const n of [1, 2]) {
      visit.session.set('n', n);
      await visit.session.save();
      await visit.session.save();
      expect(await leaseOf(id)).toBe(time.now + LEASE_MS);
    }
    await release(visit);
    expect(await leaseOf(id)).toBeUndefined();
    expect(await dataOf(id)).toMatchObject({ n: 2 });
  });

  it.each([
    ['a change', (visit: Visit) => visit.session.set('a', 1)],
    ['reading', () => {}],
  ])('is written to without the lock after it was let go of with %s', async (_name, work) => {
    const { begin, lock, release, dataOf } = locking();
    const id = await begin();
    const visit = await lock(id);
    work(visit);
    await release(visit);
    visit.session.set('late', true);
    await visit.commit();
    expect(await dataOf(id)).toMatchObject({ late: true });
  });

  it.each([
    ['a change', (visit: Visit) => visit.session.set('a', 1)],
    ['a new id', (visit: Visit) => visit.session.regenerate()],
  ])('that is logged out elsewhere meanwhile is gone for %s', async (_name, work) => {
    const { begin, lock, release, sessions } = locking();
    const id = await begin();
    const visit = await lock(id);
    work(visit);
    await sessions.destroy(id);
    await expect(release(visit)).rejects.toThrow(SessionGoneError);
  });

  it('is free under its new id, and under the old one, which waiting requests still read', async () => {
    const { begin, lock, queue, release, leaseOf } = locking();
    const id = await begin({ a: 1 });
    const visit = await lock(id);
    const next = await queue(id);
    visit.session.regenerate();
    await release(visit);
    const late = await next.visit;
    expect(late.session.get('a')).toBe(1);
    expect(late.draft.owner).toBeUndefined();
    expect(await leaseOf(id)).toBeUndefined();
    late.session.set('a', 2);
    await expect(release(late)).rejects.toThrow(SessionSupersededError);
    expect(await leaseOf(visit.draft.id)).toBeUndefined();
    expect((await lock(visit.draft.id)).session.get('a')).toBe(1);
  });

  it('is free under its new id, and gone under an old one that was invalidated', async () => {
    const { begin, lock, queue, release, leaseOf } = locking();
    const id = await begin({ a: 1 });
    const visit = await lock(id);
    const next = await queue(id);
    visit.session.regenerate({ invalidate: true });
    await release(visit);
    expect((await next.visit).draft.isNew).toBe(true);
    expect(await leaseOf(id)).toBeUndefined();
    expect(await leaseOf(visit.draft.id)).toBeUndefined();
  });

  it.each(['at the last commit', 'by save()'])('that is destroyed %s leaves nothing, no lock either', async (when) => {
    const { begin, lock, queue, release, store } = locking();
    const id = await begin();
    const visit = await lock(id);
    const next = await queue(id);
    visit.session.destroy();
    if (when === 'by save()') await visit.session.save();
    await release(visit);
    expect((await next.visit).draft.isNew).toBe(true);
    expect(await store.get(keyOf(id))).toBeUndefined();
    expect(await store.lock(keyOf(id), { owner: 'x', milliseconds: 1 })).toEqual({ locked: true });
  });

  it('is not locked where there is none', async () => {
    const { begin, lock, release, sessions, store, time } = locking();
    const destroyed = await begin();
    await sessions.destroy(destroyed);
    const expired = await begin();
    time.now += 8_000_000;
    for (const id of [destroyed, expired]) {
      const visit = await lock(id);
      expect(visit.draft.isNew).toBe(true);
      await release(visit);
      expect(await store.lock(keyOf(id), { owner: 'x', milliseconds: 1 })).toEqual({ locked: true });
    }
  });

  it('that can not be read is not left locked', async () => {
    const { begin, lock, store, leaseOf } = locking();
    const id = await begin();
    await store.set(keyOf(id), 'rubbish');
    await expect(lock(id)).rejects.toThrow(SessionUnreadableError);
    expect(await leaseOf(id)).toBeUndefined();
  });

  it('is let go of by a request that commits nothing, and does not mind where that fails', async () => {
    const { begin, lock, sessions, store, leaseOf } = locking();
    const id = await begin();
    const { draft } = await lock(id);
    expect(await leaseOf(id)).toBeDefined();
    await sessions.release(draft);
    expect(await leaseOf(id)).toBeUndefined();
    const next = await lock(id);
    vi.spyOn(store, 'unlock').mockRejectedValueOnce(new StoreUnavailableError('down'));
    await sessions.release(next.draft);
  });

  it('is locked for no longer than its request may take', async () => {
    const { begin, open, leaseOf, time } = locking();
    const id = await begin();
    vi.spyOn(Date, 'now').mockReturnValue(time.now);
    await open(id, { lock: true, deadline: time.now + 2000 });
    vi.restoreAllMocks();
    expect(await leaseOf(id)).toBe(time.now + 2000);
  });

  it('that has lived its absolute lifetime is not left locked', async () => {
    const { begin, lock, leaseOf, store, time } = locking({ lifetime: 7200, absoluteLifetime: 3600 });
    const id = await begin();
    await store.touch(keyOf(id), 100_000);
    time.now += 3_600_000;
    expect((await lock(id)).draft.isNew).toBe(true);
    expect(await leaseOf(id)).toBeUndefined();
  });
});

describe('Waiting for a lock', () => {
  it('ends with an error after its time, not with an empty session', async () => {
    const { begin, lock, release, leaseOf, time, dataOf } = locking({ lockWait: 0.05 });
    const id = await begin({ a: 1 });
    const first = await lock(id);
    const error: unknown = await lock(id).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SessionLockTimeoutError);
    expect(error).toMatchObject({ statusCode: 503, retryAfter: 1, headers: { 'Retry-After': '1' } });
    expect(await leaseOf(id)).toBe(time.now + LEASE_MS);
    await release(first);
    expect(await dataOf(id)).toEqual({ a: 1 });
  });

  it('ends with the time of its request', async () => {
    const { begin, lock, open } = locking();
    const id = await begin();
    await lock(id);
    await expect(open(id, { lock: true, deadline: Date.now() + 50 })).rejects.toThrow(SessionLockTimeoutError);
  });

  it('takes longer behind one in line that died, and ends all the same', async () => {
    const { begin, lock, queue, release, store } = locking();
    const id = await begin();
    const first = await lock(id);
    const dead = await store.lock(keyOf(id), { owner: 'dead', milliseconds: 1, existing: true, turn: 'take' });
    expect(dead).toMatchObject({ turn: 1 });
    const next = await queue(id);
    await release(first);
    const visit = await next.visit;
    expect(visit.draft.isNew).toBe(false);
    await release(visit);
    expect((await lock(id)).draft.isNew).toBe(false);
  });

  it('ends when the lease of a request that died does', async () => {
    const { begin, lock, queue, time } = locking();
    const id = await begin();
    await lock(id);
    const next = await queue(id);
    time.now += LEASE_MS;
    expect((await next.visit).draft.isNew).toBe(false);
  });

  it('reads half-priced', async () => {
    const { begin, lock, queue, release, store } = locking();
    const id = await begin();
    const first = await lock(id);
    const reads = vi.spyOn(store, 'get');
    const next = await queue(id);
    await vi.waitFor(() => expect(reads.mock.calls.length).toBeGreaterThan(2));
    await release(first);
    await next.visit;
    for (const call of reads.mock.calls) expect(call).toEqual([keyOf(id), { consistent: false }]);
  });
});

describe('A request that takes longer than its lease', () => {
  it.each<[string, (visit: Visit) => void]>([
    ['a change', ({ session }) => session.set('n', 'slow')],
    ['a new id', ({ session }) => session.regenerate()],
  ])('is refused %s when the next one has written, whose write stands', async (_, work) => {
    const { begin, lock, release, time, dataOf, open } = locking();
    const id = await begin({ n: 0 });
    const slow = await lock(id);
    time.now += LEASE_MS;
    const next = await lock(id);
    next.session.set('n', 'next');
    await release(next);
    work(slow);
    const error: unknown = await release(slow).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SessionLockLostError);
    expect(error).toMatchObject({ statusCode: 409 });
    expect(await dataOf(id)).toEqual({ n: 'next' });
    expect((await open(slow.draft.id)).draft.isNew).toBe(slow.draft.id !== id);
  });

  it('is refused its change while the next one still works, and does not end the lock of that', async () => {
    const { begin, lock, release, sessions, leaseOf, time, dataOf } = locking();
    const id = await begin({ n: 0 });
    const slow = await lock(id);
    time.now += LEASE_MS;
    const next = await lock(id);
    slow.session.set('n', 'slow');
    await expect(release(slow)).rejects.toThrow(SessionLockLostError);
    await sessions.release(slow.draft);
    expect(await leaseOf(id)).toBe(time.now + LEASE_MS);
    next.session.set('n', 'next');
    await release(next);
    expect(await dataOf(id)).toEqual({ n: 'next' });
  });

  it('is refused its change where nobody came', async () => {
    const { begin, lock, release, time, dataOf } = locking();
    const id = await begin({ n: 0 });
    const slow = await lock(id);
    time.now += LEASE_MS;
    slow.session.set('n', 'slow');
    await expect(release(slow)).rejects.toThrow(SessionLockLostError);
    expect(await dataOf(id)).toEqual({ n: 0 });
  });

  it('keeps its answer where it only read', async () => {
    const { begin, lock, release, leaseOf, time } = locking();
    const id = await begin();
    const slow = await lock(id);
    time.now += LEASE_MS;
    await lock(id);
    await expect(release(slow)).resolves.toBeUndefined();
    expect(await leaseOf(id)).toBe(time.now + LEASE_MS);
  });
});

describe('Beside a locked request, one without a lock', () => {
  it.each(['before', 'after'])('reads and writes at once, and both count where it commits %s', async (order) => {
    const { begin, lock, open, release, leaseOf, dataOf } = locking();
    const id = await begin({ n: 1 });
    const locked = await lock(id);
    const unlocked = await open(id);
    locked.session.set('a', 'locked');
    locked.session.update('n', (n) => Number(n) + 1);
    unlocked.session.set('b', 'unlocked');
    unlocked.session.update('n', (n) => Number(n) + 1);
    if (order === 'before') {
      await unlocked.commit();
      expect(await leaseOf(id)).toBeDefined();
      await release(locked);
    } else {
      await release(locked);
      await unlocked.commit();
    }
    expect(await leaseOf(id)).toBeUndefined();
    expect(await dataOf(id)).toEqual({ n: 3, a: 'locked', b: 'unlocked' });
  });

  it('takes along to its new id what that one wrote', async () => {
    const { begin, lock, open, release, dataOf } = locking();
    const id = await begin({ n: 1 });
    const locked = await lock(id);
    const unlocked = await open(id);
    locked.session.regenerate();
    unlocked.session.set('b', 'unlocked');
    await unlocked.commit();
    await release(locked);
    expect(await dataOf(locked.draft.id)).toEqual({ n: 1, b: 'unlocked' });
  });
});
