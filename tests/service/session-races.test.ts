import { MemoryStore } from '../../src/cache/drivers/memory.ts';
import { describeSessionRaces } from './session-races.ts';

describeSessionRaces('the memory driver', async () => new MemoryStore());
