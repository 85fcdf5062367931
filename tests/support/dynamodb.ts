import { inject } from 'vitest';
import type * as Emulator from '../../scripts/emulator.ts';
import { DynamoDBStore, type DynamoDBStoreOptions } from '../../src/cache/drivers/dynamodb.ts';

/** Emulators take any credentials. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The endpoint of an emulator that this run started. */
export function endpointOf(engine: 'dynalite' | 'dynamoDBLocal'): string {
  const endpoint = inject(engine);
  if (endpoint === undefined) throw new Error('DynamoDB Local was not started: there is no Java.');
  return endpoint;
}

/** Makes stores on one table of an emulator, which is created unless it is `cache`, and on one connection. */
export function dynamoDBStores(
  engine: 'dynalite' | 'dynamoDBLocal',
  shared: DynamoDBStoreOptions = {},
): (options: DynamoDBStoreOptions) => Promise<DynamoDBStore> {
  const endpoint = endpointOf(engine);
  const table = shared.table ?? 'cache';
  const created = table === 'cache' ? undefined : createTable(endpoint, table, shared.attributes);
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

/** Loaded where it is needed: the emulators and the AWS SDK behind it take longer to load than most tests to run. */
async function createTable(...parameters: Parameters<typeof Emulator.createTable>): Promise<void> {
  const emulator = await import('../../scripts/emulator.ts');
  await emulator.createTable(...parameters);
}
