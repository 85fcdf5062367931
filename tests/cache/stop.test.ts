import { describe, expect, it } from 'vitest';
import { Stop } from '../../src/cache/stop.ts';

describe('A stop', () => {
  it('is due from its deadline on, or once it is told', () => {
    const told = new AbortController();
    expect(new Stop({}).isDue).toBe(false);
    expect(new Stop({ deadline: Date.now() + 60_000, signal: told.signal }).isDue).toBe(false);
    expect(new Stop({ deadline: Date.now() }).isDue).toBe(true);
    told.abort();
    expect(new Stop({ signal: told.signal }).isDue).toBe(true);
  });

  it('ends a pause', async () => {
    const told = new AbortController();
    const pauses = [
      new Stop({ signal: told.signal }).pause(60_000),
      new Stop({ signal: told.signal }).pause(Number.MAX_SAFE_INTEGER),
      new Stop({ signal: told.signal, deadline: Date.now() + 1 }).pause(Infinity),
    ];
    told.abort();
    expect(await Promise.all(pauses)).toHaveLength(3);
  });

  it('that is due lets nobody pause', async () => {
    await expect(new Stop({ deadline: Date.now() - 1 }).pause(60_000)).resolves.toBeUndefined();
  });
});
