/** How waiting for a lock is paced. No time passes: pauses are written down, and the clock is moved by as much. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { loadConfig } from '../../src/config.ts';
import { SessionLockTimeoutError } from '../../src/session/errors.ts';
import { keyOf } from '../../src/session/ids.ts';
import { visits } from './visits.ts';

const clock = vi.hoisted(() => ({ now: 1_800_000_000_000, pauses: [] as number[] }));

vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => {
    clock.pauses.push(milliseconds);
    clock.now += milliseconds;
  },
}));

beforeEach(() => {
  clock.pauses.length = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => clock.now);
  vi.spyOn(Math, 'random').mockReturnValue(0.5); // no jitter
});
afterEach(() => vi.restoreAllMocks());

/** The pauses of a request that waits in vain, behind so many others in line. */
async function pausesOf(env: Readonly<Record<string, string>>, ahead = 0): Promise<readonly number[]> {
  const { lockWait, lockRetryMin, lockRetryMax } = loadConfig(env).session;
  const now = () => clock.now;
  const store = new MemoryStore({ clock: now });
  const { begin, open } = visits({ store, clock: now, lockWait, lockRetryMin, lockRetryMax, lockLease: 900 });
  const id = await begin();
  await open(id, { lock: true });
  const line = Array.from({ length: ahead }, (_item, index) => `other ${index}`);
  for (const owner of line) {
    const place = { owner, milliseconds: 900_000, existing: true, turn: 'take' } as const;
    await store.namespace('session').lock(keyOf(id), place);
  }
  await expect(open(id, { lock: true })).rejects.toThrow(SessionLockTimeoutError);
  return clock.pauses;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('Waiting for a lock', () => {
  it.each([1, 3, 25])('ends after the %i seconds of SESSION_LOCK_WAIT, and not before', async (seconds) => {
    expect(sum(await pausesOf({ SESSION_LOCK_WAIT: String(seconds) }))).toBeCloseTo(seconds * 1000, 3);
  });

  it('ends after 10 seconds unless it is told otherwise', async () => {
    expect(sum(await pausesOf({}))).toBeCloseTo(10_000, 3);
  });

  it.each([
    [{}, 10],
    [{ SESSION_LOCK_RETRY_MIN: '25' }, 25],
    [{ SESSION_LOCK_RETRY_MIN: '50' }, 50],
  ])('of the first in line, with %j, looks every %i ms for a second', async (env, milliseconds) => {
    const looks = (await pausesOf(env)).slice(0, 1000 / milliseconds);
    expect(new Set(looks)).toEqual(new Set([milliseconds]));
  });

  it.each([
    [{}, 50],
    [{ SESSION_LOCK_RETRY_MAX: '100' }, 100],
    [{ SESSION_LOCK_RETRY_MIN: '20', SESSION_LOCK_RETRY_MAX: '20' }, 20],
  ])('of another in line, with %j, looks every %i ms for a second', async (env, milliseconds) => {
    const [first, ...looks] = (await pausesOf(env, 1)).slice(0, 1000 / milliseconds);
    expect(first).toBe(loadConfig(env).session.lockRetryMin);
    expect(new Set(looks)).toEqual(new Set([milliseconds]));
  });

  it('becomes rarer after that, up to four times', async () => {
    const looks = (await pausesOf({})).slice(0, -1);
    expect(Math.min(...looks)).toBe(10);
    expect(Math.max(...looks)).toBe(40);
    expect(looks).toEqual(looks.toSorted((one, other) => one - other));
  });
});
