/** All that docs/scale.md shows in tables. The same figures each time. */
import type { Table } from '../report/section.ts';
import { growthTable } from './growth.ts';
import { countersTable, countTable, pageTable, registryTable } from './hot-keys.ts';
import { keysTable } from './keys.ts';
import { instancesTable, onDemandTable } from './limits.ts';
import { regionsTable } from './regions.ts';
import { rememberTable } from './remember.ts';

export interface Simulation {
  /** As the page marks the table's place: `<!-- table: growth -->`. */
  readonly name: string;
  readonly run: () => Table;
}

export const SIMULATIONS: readonly Simulation[] = [
  { name: 'growth', run: growthTable },
  { name: 'keys', run: keysTable },
  { name: 'on-demand', run: onDemandTable },
  { name: 'page', run: pageTable },
  { name: 'registry', run: registryTable },
  { name: 'counters', run: countersTable },
  { name: 'count', run: countTable },
  { name: 'remember', run: rememberTable },
  { name: 'regions', run: regionsTable },
  { name: 'instances', run: instancesTable },
];
