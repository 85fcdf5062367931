/** The driver registry. A new driver is one line in `drivers`: its name is then a value of `CACHE_DRIVER` too. */
import { ConfigError } from '../errors.ts';
import type { RecordCounter } from './counter.ts';
import { DynamoDBStore, type DynamoDBStoreOptions } from './drivers/dynamodb.ts';
import { DynamoDBCounter } from './drivers/dynamodb/counter.ts';
import { MemoryEngine, MemoryStore } from './drivers/memory.ts';
import { MemoryCounter } from './drivers/memory/counter.ts';
import { normalizePrefix } from './rules.ts';
import type { CacheStore } from './store.ts';

export interface StoreSettings {
  readonly driver: DriverName;
  /** Before every key; gets a `:` at its end if it has none. @default none */
  readonly prefix?: string;
  /** For the driver `dynamodb`. Stores of one endpoint share a client. */
  readonly dynamodb?: Omit<DynamoDBStoreOptions, 'prefix'>;
}

type Settings = Omit<StoreSettings, 'driver'>;

const drivers = {
  memory: ({ prefix = '' }: Settings): CacheStore => new MemoryStore({ prefix, engine: memoryEngine() }),
  dynamodb: ({ prefix = '', dynamodb }: Settings): CacheStore => new DynamoDBStore({ ...dynamodb, prefix }),
};

export type DriverName = keyof typeof drivers;

export const driverNames = Object.keys(drivers) as DriverName[];

/**
 * The store of a driver, by name. Stores in memory are views of one engine, which outlives a reload of the code.
 *
 * @throws ConfigError for a driver that does not exist
 * @example
 * const sessions = createStore({ driver: 'memory' }).namespace('session');
 */
export function createStore({ driver, ...settings }: StoreSettings): CacheStore {
  if (!Object.hasOwn(drivers, driver)) {
    throw new ConfigError(`There is no driver called ${JSON.stringify(driver)}; there are ${driverNames.join(', ')}.`);
  }
  return drivers[driver](settings);
}

export interface CounterSettings extends StoreSettings {
  /** What is counted. @default 'sessions' */
  readonly name?: string;
  /** The namespace of what is counted. @default 'session' */
  readonly namespace?: string;
}

const counters: Readonly<Record<DriverName, (settings: Omit<CounterSettings, 'driver'>) => RecordCounter>> = {
  memory: ({ prefix = '', namespace = 'session' }) =>
    new MemoryCounter(memoryEngine(), normalizePrefix(prefix) + normalizePrefix(namespace)),
  dynamodb: ({ prefix = '', name = 'sessions', dynamodb }) => new DynamoDBCounter({ ...dynamodb, prefix, name }),
};

/**
 * The count of a driver, by name. In memory it counts when it is read; in DynamoDB it reads what the function `count` has
 * counted.
 *
 * @example
 * const counts = await createCounter({ driver: 'dynamodb', dynamodb: { table: 'cache' } }).read();
 */
export function createCounter({ driver, ...settings }: CounterSettings): RecordCounter {
  return counters[driver](settings);
}

/** serverless-offline loads changed code anew in the same process: what is kept on the global object stays logged in. */
const ENGINE: unique symbol = Symbol.for('cloakroom.memory');

function memoryEngine(): MemoryEngine {
  const kept: typeof globalThis & { [ENGINE]?: MemoryEngine } = globalThis;
  return (kept[ENGINE] ??= new MemoryEngine());
}
