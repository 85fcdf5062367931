import { createPurge } from '../app/purge.ts';
import { createCounter, createStore } from '../cache/create.ts';
import { loadConfig } from '../config.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';

// A wrong configuration throws here, when the function starts.
const config = loadConfig();
const { cachePrefix: prefix, purgeCapacity } = config;
const telemetry = createTelemetry(config.telemetry);
const dynamodb = { ...config.dynamodb, onRequest: telemetry.onRequest };
const drivers = new Set([config.sessionDriver, config.cacheDriver]);

export const handler = createPurge({
  stores: new Map([...drivers].map((driver) => [driver, createStore({ driver, prefix, dynamodb })])),
  sessions: {
    driver: config.sessionDriver,
    counter: createCounter({ driver: config.sessionDriver, prefix, dynamodb }),
  },
  ...(purgeCapacity !== undefined && { capacityPerSecond: purgeCapacity }),
  onPass: ({ drift }) => telemetry.emit({ SessionsDrift: drift }),
  telemetry,
});
