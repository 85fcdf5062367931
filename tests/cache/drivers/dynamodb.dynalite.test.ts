import { dynamoDBStores } from '../../support/dynamodb.ts';
import { cacheStoreConformance } from '../conformance.ts';

cacheStoreConformance('DynamoDBStore on dynalite', dynamoDBStores('dynalite'));
