import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GAPS } from '../deployed/gaps.ts';
import { read, ROOT, rowsOf } from './markdown.ts';

const page = read('docs/local-aws.md');

it('names all that the local AWS does not do', () => {
  const rows = rowsOf(page, 'what it does not do', 'instead');
  expect(rows).toEqual(GAPS.map(({ missing, instead }) => ({ 'what it does not do': missing, instead })));
});

it('names the version that is installed', () => {
  const requirements = readFileSync(join(ROOT, 'tests/deployed/requirements.txt'), 'utf8');
  const [, version] = /^ministack==(\S+)$/m.exec(requirements) ?? [];
  expect(version).toBeDefined();
  expect(page).toContain(`/ministack/) ${version} on`);
});

it.each([
  ['the local AWS', 'tests/deployed/requirements.txt', 10],
  ['cfn-lint', 'scripts/parameters/requirements.txt', 8],
])('has packages for %s that are pinned, and from no registry in particular', (_what, path, least) => {
  const requirements = readFileSync(join(ROOT, path), 'utf8');
  const lines = requirements.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.length).toBeGreaterThan(least);
  for (const line of lines) expect(line).toMatch(/^[\w.-]+==[\w.]+(?:; python_version (?:<|>=) "3\.11")?$/);
});
