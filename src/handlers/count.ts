import { createCount } from '../app/count.ts';
import { DynamoDBCounter } from '../cache/drivers/dynamodb/counter.ts';
import { loadConfig } from '../config.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';

// A wrong configuration throws here, when the function starts.
const { cachePrefix: prefix, dynamodb, telemetry: settings } = loadConfig();
const telemetry = createTelemetry(settings);

export const handler = createCount({
  counter: new DynamoDBCounter({ ...dynamodb, onRequest: telemetry.onRequest, prefix, name: 'sessions' }),
  prefix,
  keyAttribute: dynamodb.attributes.key,
  telemetry,
});
