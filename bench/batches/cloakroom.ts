import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import type { CacheStore } from '../../src/cache/store.ts';
import { type Batches, type OpenBatches, TTL } from './batches.ts';

export const dynamoDB: OpenBatches = (endpoint, table) =>
  batchesOf(new DynamoDBStore({ endpoint, table, prefix: 'batch', batchTimeoutMs: 60_000 }));

export const memory: OpenBatches = () => batchesOf(new MemoryStore({ prefix: 'batch' }));

function batchesOf(store: CacheStore): Batches {
  const setMany: Batches['fill'] = (entries) => store.setMany(entries.map(({ key, value }) => [key, value, TTL]));
  return {
    setMany,
    getMany: async (keys) => (await store.getMany(keys)).size,
    deleteMany: (keys) => store.deleteMany(keys),
    clear: () => store.clear(),
    fill: setMany,
  };
}
