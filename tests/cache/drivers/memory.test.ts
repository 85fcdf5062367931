import { MemoryStore } from '../../../src/cache/drivers/memory.ts';
import { cacheStoreConformance } from '../conformance.ts';

cacheStoreConformance('MemoryStore', (options) => new MemoryStore(options));
