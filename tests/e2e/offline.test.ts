import { describe } from 'vitest';
import { serviceBehaviours } from './behaviours.ts';
import { offlineService } from './offline-service.ts';

describe('sls offline on memory', { timeout: 30_000 }, () => {
  serviceBehaviours(offlineService(() => ({ CACHE_DRIVER: 'memory' })));
});
