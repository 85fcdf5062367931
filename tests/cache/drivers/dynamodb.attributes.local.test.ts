/** A table as AWS's session handler for PHP has it. */
import { dynamoDBStores } from '../../support/dynamodb.ts';
import { cacheStoreConformance } from '../conformance.ts';

cacheStoreConformance(
  'DynamoDBStore with binary values and other attribute names',
  dynamoDBStores('dynamoDBLocal', {
    table: 'php-sessions',
    attributes: { key: 'id', value: 'data', expires: 'expires' },
    valueType: 'binary',
  }),
);
