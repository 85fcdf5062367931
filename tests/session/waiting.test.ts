/** How those in line for a lock wait, in a time that passes only in their pauses. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CacheEntry, CacheStore, LockResult } from '../../src/cache/store.ts';
import { SessionLockTimeoutError } from '../../src/session/errors.ts';
import { acquire } from '../../src/session/lock.ts';

const time = vi.hoisted(() => ({ now: 0, pauses: [] as number[] }));

vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number) => {
    time.pauses.push(milliseconds);
    time.now += milliseconds;
    return Promise.resolve();
  },
}));

beforeEach(() => {
  time.now = 0;
  time.pauses = [];
  vi.spyOn(Date, 'now').mockImplementation(() => time.now);
  vi.spyOn(Math, 'random').mockReturnValue(0.5); // no jitter
});

afterEach(() => {
  vi.restoreAllMocks();
});

const ENTRY: CacheEntry = { value: 'v', version: 1 };
const HELD = { ...ENTRY, leaseEndsAt: 1e9 };
const LOCKED = { locked: true, entry: ENTRY } as const;

/** What somebody with this place finds, as a function of the time. */
interface Line {
  readonly first?: LockResult;
  /** What taking a place answers, one time after the other. */
  readonly places?: readonly LockResult[];
  readonly look?: (now: number) => CacheEntry | undefined;
  readonly attempt?: (now: number) => LockResult;
  readonly until?: number;
}

/** Waits in that line, and tells what came of it and what was asked when. */
async function wait({ first = { locked: false, leaseEndsAt: 1e9 }, ...line }: Line) {
  const { places = [{ locked: false, isInLine: true, turn: 1 }], look = () => HELD, attempt = () => LOCKED } = line;
  const tries: [now: number, turn: unknown][] = [];
  const looks: [now: number, consistent: unknown][] = [];
  const leases: unknown[] = [];
  let taken = 0;
  const store: Pick<CacheStore, 'get' | 'lock'> = {
    get: async (_key, options) => {
      looks.push([time.now, options?.consistent]);
      return look(time.now);
    },
    lock: async (_key, { turn, ...lease }) => {
      leases.push(lease);
      tries.push([time.now, turn]);
      if (turn === undefined) return first;
      return turn === 'take' ? (places[taken++] ?? { locked: false }) : attempt(time.now);
    },
  };
  const terms = { owner: 'me', leaseMs: 5000, until: line.until ?? 1e6, retryMinMs: 10, retryMaxMs: 50 };
  const outcome = await acquire(store as CacheStore, 'key', terms).catch((error: unknown) => error);
  return { outcome, tries, looks, leases };
}

const place = (turn: number) => [{ locked: false, isInLine: true, turn } as const];

describe('Who asks for a lock', () => {
  it('has it at once where it is free', async () => {
    const { outcome, tries, looks, leases } = await wait({ first: LOCKED });
    expect(outcome).toBe(ENTRY);
    expect(tries).toEqual([[0, undefined]]);
    expect(leases).toEqual([{ owner: 'me', milliseconds: 5000, existing: true }]);
    expect(looks).toEqual([]);
  });

  it('takes no place where there is no record', async () => {
    const { outcome, tries } = await wait({ first: { locked: false } });
    expect(outcome).toBeUndefined();
    expect(tries).toEqual([[0, undefined]]);
  });

  it.each<[string, LockResult]>([
    ['held', { locked: false, leaseEndsAt: 5 }],
    ['free, but others are in line', { locked: false, isInLine: true }],
  ])('takes a place where it is %s, and the lock in its turn', async (_, first) => {
    const { outcome, tries, leases } = await wait({ first, places: place(7), look: () => ({ ...ENTRY, turn: 6 }) });
    expect(outcome).toBe(ENTRY);
    expect(tries).toEqual([
      [0, undefined],
      [0, 'take'],
      [10, 7],
    ]);
    expect(leases[2]).toEqual({ owner: 'me', milliseconds: 5000, existing: true });
  });

  it.each<[string, LockResult]>([
    ['the record goes before a place is taken', { locked: false }],
    ['a place is a lock, which it never is', LOCKED],
  ])('has none where %s', async (_, taken) => {
    const { outcome, looks } = await wait({ places: [taken] });
    expect(outcome).toBeUndefined();
    expect(looks).toEqual([]);
  });
});

describe('Who is first in line', () => {
  it('looks every 10 ms, rarer after a second, and at last every 40', async () => {
    const { outcome } = await wait({ until: 6005 });
    expect(outcome).toBeInstanceOf(SessionLockTimeoutError);
    expect(time.pauses.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 10));
    const at = (now: number) => {
      let sum = 0;
      return time.pauses.find((pause) => (sum += pause) >= now);
    };
    expect(at(2000)).toBeGreaterThan(19);
    expect(at(2000)).toBeLessThan(21);
    expect(at(3000)).toBeGreaterThan(29);
    expect(at(5000)).toBe(40);
  });

  it('gives up exactly when its time is over', async () => {
    const { looks } = await wait({ until: 25 });
    expect(time.pauses).toEqual([10, 10, 5]);
    expect(looks.map(([now]) => now)).toEqual([10, 20, 25]);
  });

  it('does not look where no time is left', async () => {
    const { outcome, looks } = await wait({ until: 0 });
    expect(outcome).toBeInstanceOf(SessionLockTimeoutError);
    expect(looks).toEqual([]);
  });

  it.each([
    [0, 7.5],
    [1, 12.5],
  ])('looks at a moment that is spread by a quarter: %d', async (random, pause) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    await wait({ look: () => ENTRY });
    expect(time.pauses).toEqual([pause]);
  });

  it('tries as soon as it sees the lock free', async () => {
    const { tries } = await wait({ look: (now) => (now < 30 ? HELD : ENTRY) });
    expect(tries.at(-1)).toEqual([30, 1]);
  });

  it('goes on where its try fails, with the same place', async () => {
    const attempt = (now: number): LockResult => (now < 30 ? { locked: false, isInLine: true, turn: 1 } : LOCKED);
    const { outcome, tries } = await wait({ look: () => ENTRY, attempt });
    expect(outcome).toBe(ENTRY);
    expect(tries.slice(2)).toEqual([
      [10, 1],
      [20, 1],
      [30, 1],
    ]);
  });

  it('takes another place where it was passed', async () => {
    const places = [...place(1), ...place(4)];
    const attempt = (now: number): LockResult => (now < 20 ? { locked: false, isInLine: true } : LOCKED);
    const { outcome, tries } = await wait({ places, look: () => ({ ...ENTRY, turn: 3 }), attempt });
    expect(outcome).toBe(ENTRY);
    expect(tries.slice(1)).toEqual([
      [0, 'take'],
      [10, 1],
      [10, 'take'],
      [20, 4],
    ]);
  });

  it('ends where the record is gone, and asks once more to be sure', async () => {
    const { outcome, looks, tries } = await wait({ look: () => undefined });
    expect(outcome).toBeUndefined();
    expect(looks).toEqual([
      [10, false],
      [10, true],
    ]);
    expect(tries).toHaveLength(2);
  });

  it('ends where the record is gone when it tries', async () => {
    const { outcome, tries } = await wait({ look: () => ENTRY, attempt: () => ({ locked: false }) });
    expect(outcome).toBeUndefined();
    expect(tries).toHaveLength(3);
  });
});

describe('Who is behind others', () => {
  it('looks every 50 ms while the line does not move, and rarer after a second', async () => {
    await wait({ places: place(3), until: 6000 });
    expect(time.pauses.slice(0, 10)).toEqual([10, 50, 50, 50, 50, 50, 50, 50, 50, 50]);
    expect(Math.max(...time.pauses)).toBe(200);
  });

  it('looks about twice in the time that the line needs to come to it', async () => {
    const turns = new Map([10, 60, 120, 150].map((now, turn) => [now, turn]));
    const look = (now: number) => ({
      ...HELD,
      turn: turns.get(now) ?? 3,
      ...(now >= 150 && { leaseEndsAt: undefined }),
    });
    const { tries } = await wait({ places: place(4), look: look as (now: number) => CacheEntry });
    // After 60 ms one turn has passed and two are ahead: 2 * 60 / 2. After 120 ms two have and one is: 60 / 2.
    expect(time.pauses).toEqual([10, 50, 60, 30]);
    expect(tries.at(-1)).toEqual([150, 4]);
  });

  it('counts all turns that passed between two looks', async () => {
    const look = (now: number) => ({ ...HELD, turn: now <= 10 ? 0 : 4 });
    await wait({ places: place(7), look, until: 150 });
    // After 60 ms four turns have passed, of 15 ms each, and two are ahead.
    expect(time.pauses.slice(0, 4)).toEqual([10, 50, 15, expect.any(Number)]);
  });

  it('looks neither more often than every 10 ms nor more rarely than every 200', async () => {
    await wait({ places: place(30), look: (now) => ({ ...HELD, turn: Math.floor(now / 5) }), until: 140 });
    expect(Math.min(...time.pauses.slice(0, -1))).toBeGreaterThanOrEqual(10);
    time.pauses = [];
    time.now = 0;
    await wait({ places: place(30), look: (now) => ({ ...HELD, turn: Math.floor(now / 900) }), until: 5000 });
    expect(Math.max(...time.pauses)).toBe(200);
  });

  it('looks rarely again only a second after the line has moved', async () => {
    const look = (now: number) => ({ ...HELD, turn: now < 3000 ? 0 : 1 });
    await wait({ places: place(2), look, until: 3500 });
    let sum = 0;
    const afterMove = time.pauses.filter((pause) => (sum += pause) > 3200 && sum < 3500);
    expect(new Set(afterMove)).toEqual(new Set([10]));
  });

  it('passes one who does not take the lock in 400 ms that it is free', async () => {
    const { tries } = await wait({ places: place(2), look: () => ENTRY });
    expect(tries.at(-1)).toEqual([410, 2]);
  });

  it('passes two who do not in twice that', async () => {
    const { tries } = await wait({ places: place(3), look: () => ({ ...ENTRY, turn: 0 }) });
    expect(tries.at(-1)).toEqual([810, 3]);
  });

  it('begins to count anew where the lock was held in between', async () => {
    const { tries } = await wait({ places: place(2), look: (now) => (now > 100 && now < 300 ? HELD : ENTRY) });
    const [at] = tries.at(-1) ?? [];
    expect(at).toBeGreaterThanOrEqual(300 + 400);
    expect(at).toBeLessThan(300 + 500);
  });

  it('begins to count anew where the line has moved', async () => {
    const { tries } = await wait({ places: place(3), look: (now) => ({ ...ENTRY, turn: now < 300 ? 0 : 1 }) });
    const [at] = tries.at(-1) ?? [];
    expect(at).toBeGreaterThanOrEqual(300 + 400);
    expect(at).toBeLessThan(1100);
  });
});
