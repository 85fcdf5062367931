import { describe } from 'vitest';
import { CREDENTIALS, endpointOf } from '../support/dynamodb.ts';
import { serviceBehaviours } from './behaviours.ts';
import { offlineService } from './offline-service.ts';

describe('sls offline on DynamoDB', { timeout: 30_000 }, () => {
  serviceBehaviours(
    offlineService(() => ({
      CACHE_DRIVER: 'dynamodb',
      DYNAMODB_CACHE_TABLE: 'cache',
      DYNAMODB_ENDPOINT: endpointOf('dynamoDBLocal'),
      // Apart from other tests on the same table.
      CACHE_PREFIX: 'offline:',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    })),
  );
});
