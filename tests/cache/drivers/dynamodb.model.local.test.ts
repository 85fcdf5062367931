import { expect, it } from 'vitest';
import { dynamoDBStores } from '../../support/dynamodb.ts';
import { differencesFromModel } from '../model-run.ts';

it('DynamoDBStore behaves like the model', async () => {
  const createStore = dynamoDBStores('dynamoDBLocal', { table: 'model' });
  expect(await differencesFromModel(createStore, 250)).toBe('');
}, 120_000);
