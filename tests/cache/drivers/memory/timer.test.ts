/** In a file of its own, since engines of other tests would have their timers among those that are counted here. */
import { afterEach, expect, it, vi } from 'vitest';
import { MemoryEngine, MemoryStore } from '../../../../src/cache/drivers/memory.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('Expired entries of a MemoryStore are freed though nobody asks for anything', async () => {
  vi.useFakeTimers();
  const engine = new MemoryEngine();
  const store = new MemoryStore({ engine });
  await store.setMany(Array.from({ length: 1000 }, (_, number) => [`key-${number}`, 1, 1 + (number % 10)]));
  await store.lock('lock', { owner: 'a', milliseconds: 5000 });
  await store.set('forever', 1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(engine.size).toBeLessThan(700);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(engine.size).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('Expired entries of a MemoryStore are waited for only as long as there are some', async () => {
  vi.useFakeTimers();
  const store = new MemoryStore();
  for (const ttl of [100, 200, 300]) await store.set('key', 1, { ttl });
  await store.set('key', 1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
});

it('Expired entries of a MemoryStore are waited for no more once they were deleted', async () => {
  vi.useFakeTimers();
  const store = new MemoryStore();
  await store.set('key', 1, { ttl: 100 });
  await store.delete('key');
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
});

it('Expired entries of a MemoryStore are waited for by one timer, however many they are', async () => {
  vi.useFakeTimers();
  const store = new MemoryStore();
  const before = vi.getTimerCount();
  for (const ttl of [100, 200, 300]) await store.set(`key-${ttl}`, 1, { ttl });
  expect(vi.getTimerCount()).toBe(before + 1);
});

it('Expired entries of a MemoryStore keep no process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  const before = timers();
  const store = new MemoryStore();
  await store.set('key', 1, { ttl: 60 });
  expect(timers()).toBe(before);
});
