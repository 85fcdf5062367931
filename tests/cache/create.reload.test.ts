import { expect, it, vi } from 'vitest';
import { createStore } from '../../src/cache/create.ts';

it('Stores in memory keep their entries when the code is loaded anew', async () => {
  await createStore({ driver: 'memory', prefix: 'reload-test' }).set('a', 'kept');
  vi.resetModules();
  const anew = await import('../../src/cache/create.ts');
  expect(anew.createStore).not.toBe(createStore);
  expect(await anew.createStore({ driver: 'memory', prefix: 'reload-test' }).get('a')).toMatchObject({
    value: 'kept',
  });
});
