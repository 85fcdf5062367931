import { inject } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { DynamoDBStore, type DynamoDBStoreOptions } from '../../src/cache/drivers/dynamodb.ts';

/** Emulators take any credentials. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The endpoint of an emulator that this run started. */
export function endpointOf(engine: 'dynalite' | 'dynamoDBLocal'): string {
  const endpoint = inject(engine);
  if (endpoint === undefined) throw new Error('DynamoDB Local was not started: there is no Java.');
  return endpoint;
}

/** Makes stores on one table of an emulator, which is created if need be, and on one connection. */
export function dynamoDBStores(
  engine: 'dynalite' | 'dynamoDBLocal',
  shared: DynamoDBStoreOptions = {},
): (options: DynamoDBStoreOptions) => Promise<DynamoDBStore> {
  const endpoint = endpointOf(engine);
  const table = shared.table ?? 'cache';
  const created = createTable(endpoint, table, shared.attributes);
  return async (options) => {
    await created;
    return new DynamoDBStore({
      endpoint,
      table,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      readsFailedConditions: engine === 'dynalite',
      ...shared,
      ...options,
    });
  };
}
