import { expect, it } from 'vitest';
import { MemoryStore } from '../../../src/cache/drivers/memory.ts';
import { differencesFromModel } from '../model-run.ts';

it('MemoryStore behaves like the model', async () => {
  expect(await differencesFromModel((options) => new MemoryStore(options), 3000)).toBe('');
}, 60_000);
