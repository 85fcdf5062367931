/** `npm run bench:scale`: the tables of docs/scale.md. `-- --write` puts them there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIMULATIONS } from './simulations.ts';
import { markdownOf, withTables } from './markdown.ts';

const PAGE = join(import.meta.dirname, '../../docs/scale.md');

const tables = SIMULATIONS.map(({ name, run }) => ({ name, table: run() }));
if (process.argv.includes('--write')) {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), new Map(tables.map(({ name, table }) => [name, table]))));
  console.log('Written: docs/scale.md');
} else {
  for (const { table } of tables) console.log(`${table.title}\n\n${markdownOf(table)}\n`);
}
