import { describe, expect, it } from 'vitest';
import { MemoryEngine, MemoryStore } from '../../src/cache/drivers/memory.ts';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { purgeUntil } from '../../src/cache/purge.ts';
import type { CacheStore, PurgeProgress } from '../../src/cache/store.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { manualTime } from './conformance.ts';

const HOUR = 3_600_000;

/** A store in memory whose deleteExpired does what a test says, and notes from where. */
function scripted(...runs: (readonly (Partial<PurgeProgress> | Error)[])[]) {
  const time = manualTime();
  const engine = new MemoryEngine({ clock: time.now });
  const store = new MemoryStore({ engine });
  const starts: (string | undefined)[] = [];
  const zero = { scanned: 0, expired: 0, deleted: 0, skipped: 0, readUnits: 0, writeUnits: 0 };
  const purging: CacheStore = new Proxy<CacheStore>(store, {
    get: (target, name: keyof CacheStore) =>
      name === 'deleteExpired'
        ? async function* deleteExpired(options: { cursor?: string }) {
            starts.push(options.cursor);
            for (const step of runs.shift() ?? []) {
              if (step instanceof Error) throw step;
              yield { ...zero, ...step };
            }
          }
        : target[name].bind(target),
  });
  return { store: purging, engine, starts, time, record: () => store.namespace('purge').get('cursor') };
}

const soon = () => ({ deadline: Date.now() + 1000 });

describe('A run of the purge', () => {
  it('deletes what has expired and leaves no record of itself', async () => {
    const time = manualTime();
    const engine = new MemoryEngine({ clock: time.now });
    const store = new MemoryStore({ engine });
    await store.setMany([['session:a', 1, 1], ['cache:b', 1, 1], ['session:c', 1, 60]]); // prettier-ignore
    await time.advance(2000);
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'finished', skipped: 0 });
    expect(engine.size).toBe(1);
  });

  it('that the deadline stops keeps where to go on, and the next one goes on there', async () => {
    const { store, starts, record } = scripted([{ scanned: 5, cursor: 'five' }], [{ scanned: 7 }], []);
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'stopped', scanned: 5 });
    expect(await record()).toMatchObject({ value: 'five' });
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'finished', scanned: 7 });
    expect(await record()).toBeUndefined();
    await purgeUntil(store, soon());
    expect(starts).toEqual([undefined, 'five', undefined]);
  });

  it('tells no cursor', async () => {
    const { store } = scripted([{ cursor: 'secret' }]);
    expect(JSON.stringify(await purgeUntil(store, soon()))).not.toContain('secret');
  });

  it('that fails keeps how far it came, and is not in the way of the next', async () => {
    const error = new StoreUnavailableError('down');
    const { store, starts } = scripted([{ cursor: 'a' }], [{ deleted: 3, cursor: 'b' }, error], [error], [{}]);
    await purgeUntil(store, soon());
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'failed', error, deleted: 3 });
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'failed', error, deleted: 0 });
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'finished' });
    expect(starts).toEqual([undefined, 'a', 'b', 'b']);
  });

  it('that fails at its cursor has the next one begin anew', async () => {
    const { store, starts } = scripted([{ cursor: 'a' }], [new InvalidArgumentError('cursor')], [{}]);
    await purgeUntil(store, soon());
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'failed' });
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'finished' });
    expect(starts).toEqual([undefined, 'a', undefined]);
  });

  it('does nothing while another one is at it, until that one’s time is over', async () => {
    const { store, starts, time } = scripted([{}]);
    await store.namespace('purge').lock('cursor', { owner: 'another', milliseconds: HOUR });
    expect(await purgeUntil(store, soon())).toEqual({ state: 'locked' });
    expect(starts).toEqual([]);
    await time.advance(HOUR + 1000);
    expect(await purgeUntil(store, soon())).toMatchObject({ state: 'finished' });
  });
});
