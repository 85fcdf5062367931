import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
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

describe('stores in DynamoDB', () => {
  it('go where the settings say, apart by prefix', async () => {
    const dynamodb = { endpoint: inject('dynalite') };
    const prefix = `create-test-${randomUUID()}`;
    await createStore({ driver: 'dynamodb', prefix, dynamodb }).set('a', 'kept');
    expect(await createStore({ driver: 'dynamodb', dynamodb }).get(`${prefix}:a`)).toMatchObject({ value: 'kept' });
    expect(await createStore({ driver: 'dynamodb', dynamodb }).get('a')).toBeUndefined();
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
    expect(await createStore({ driver: 'memory' }).get('create-test:session:a')).toMatchObject({ value: 'session' });
    await again.clear();
    expect(await sessions.get('a')).toBeUndefined();
  });
});
