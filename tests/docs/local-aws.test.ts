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

it('is about packages that are pinned, and from no registry in particular', () => {
  const requirements = readFileSync(join(ROOT, 'tests/deployed/requirements.txt'), 'utf8');
  const lines = requirements.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line).toMatch(/^[\w.-]+==[\w.]+(?:; python_version (?:<|>=) "3\.11")?$/);
});
