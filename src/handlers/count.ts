import { createCount } from '../app/count.ts';
import { DynamoDBCounter } from '../cache/drivers/dynamodb/counter.ts';
import { loadConfig } from '../config.ts';

// A wrong configuration throws here, when the function starts.
const { cachePrefix: prefix, dynamodb } = loadConfig();

export const handler = createCount({
  counter: new DynamoDBCounter({ ...dynamodb, prefix, name: 'sessions' }),
  prefix,
  keyAttribute: dynamodb.attributes.key,
});
