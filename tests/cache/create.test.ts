import { describe, expect, it, vi } from 'vitest';
import { createStore, driverNames, type DriverName } from '../../src/cache/create.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';

describe('createStore', () => {
  it('picks the driver by its name', () => {
    expect(createStore({ driver: 'memory' })).toBeInstanceOf(MemoryStore);
    expect(createStore({ driver: 'dynamodb' })).toBeInstanceOf(DynamoDBStore);
  });

  it.each(['redis', 'toString', ''])('refuses a driver called %j, and says which there are', (name) => {
    const create = () => createStore({ driver: name as DriverName });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow('there are memory, dynamodb');
  });

  it('takes what the configuration holds, for every driver there is', () => {
    for (const driver of driverNames) {
      const { cacheDriver, cachePrefix, dynamodb } = loadConfig({ CACHE_DRIVER: driver, CACHE_PREFIX: 'shop' });
      expect(createStore({ driver: cacheDriver, prefix: cachePrefix, dynamodb })).toBeDefined();
    }
  });

  it('sends nothing, and asks for no credentials, before the store is used', () => {
    expect(() => createStore({ driver: 'dynamodb', dynamodb: { endpoint: 'http://127.0.0.1:1' } })).not.toThrow();
  });
});

describe('stores in memory', () => {
  it('are views of one engine, apart by prefix and namespace', async () => {
    const sessions = createStore({ driver: 'memory', prefix: 'create-test' }).namespace('session');
    const again = createStore({ driver: 'memory', prefix: 'create-test' });
    await sessions.set('a', 'session');
    await again.namespace('cache').set('a', 'cache');
    expect(await again.get('session:a')).toMatchObject({ value: 'session' });
    expect(await again.namespace('cache').get('a')).toMatchObject({ value: 'cache' });
    expect(await createStore({ driver: 'memory', prefix: 'other' }).get('session:a')).toBeUndefined();
    await again.clear();
    expect(await sessions.get('a')).toBeUndefined();
  });

  it('keep their entries when the code is loaded anew', async () => {
    await createStore({ driver: 'memory', prefix: 'reload-test' }).set('a', 'kept');
    vi.resetModules();
    const anew = await import('../../src/cache/create.ts');
    expect(anew.createStore).not.toBe(createStore);
    expect(await anew.createStore({ driver: 'memory', prefix: 'reload-test' }).get('a')).toMatchObject({
      value: 'kept',
    });
  });
});
