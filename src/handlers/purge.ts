import { createPurge } from '../app/purge.ts';
import { createStore } from '../cache/create.ts';
import { loadConfig } from '../config.ts';

// A wrong configuration throws here, when the function starts.
const config = loadConfig();
const { cachePrefix: prefix, dynamodb, purgeCapacity } = config;
const drivers = new Set([config.sessionDriver, config.cacheDriver]);

export const handler = createPurge({
  stores: new Map([...drivers].map((driver) => [driver, createStore({ driver, prefix, dynamodb })])),
  ...(purgeCapacity !== undefined && { capacityPerSecond: purgeCapacity }),
});
