/** docs/in-front.md says what is tested, and names every header that is read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { FRONTS } from '../app/fronts.ts';
import { codeIn, read, ROOT, rowsOf, sectionOf } from './markdown.ts';

const page = read('docs/in-front.md');

describe('The table of what stands in front', () => {
  const rows = rowsOf(page, 'in front', 'browsers see', '`APP_URL`');

  it('has everything that is tested, and nothing else', () => {
    expect(rows.map((row) => row['in front'])).toEqual(FRONTS.map(({ name }) => name));
  });

  it.each(FRONTS)(
    'says of $name what browsers see, and whether APP_URL is needed',
    ({ name, address, needsAppUrl }) => {
      const row = rows.find((item) => item['in front'] === name) ?? {};
      const { hostname, pathname } = new URL(address);
      const below = pathname === '/' ? '' : ` with \`${pathname}\``;
      const seen = hostname === 'shop.example' ? `\`${address}\`` : `its address${below}`;
      expect(row['browsers see']).toBe(seen);
      expect(row['`APP_URL`']).toBe(needsAppUrl === true ? seen : '');
    },
  );
});

it('The cookie is as the page says', () => {
  const prefix = (env: Readonly<Record<string, string>>) => {
    const { path, name } = loadConfig({ SESSION_SECURE_COOKIE: 'true', ...env }).session.cookie;
    return [path, name.replace(/session$/, '')];
  };
  expect(
    rowsOf(sectionOf(page, 'The cookie'), 'path', 'name begins with').map((row) => Object.values(row).slice(1)),
  ).toEqual(
    [{}, { APP_URL: 'https://shop.example/app' }, { APP_URL: 'https://shop.example/app', SESSION_PATH: '/' }].map(
      (env) => prefix(env).map((text) => `\`${text}\``),
    ),
  );
});

it('Every header that is read must be forwarded', () => {
  const folders = ['src/app', 'src/middleware'].map((folder) => join(ROOT, folder));
  const sources = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const readHeaders = sources.flatMap((source) =>
    [...source.matchAll(/\.header(?:Values)?\('([\w-]+)'\)/g)].map(([, name = '']) => name),
  );
  const listed = rowsOf(page, 'header', 'read for').flatMap(({ header = '' }) => codeIn(header));
  expect(listed.map((name) => name.toLowerCase()).toSorted()).toEqual([...new Set(readHeaders)].toSorted());
});

it('CORS is left to the service', () => {
  const { provider }: { provider: { httpApi?: { cors?: unknown } } } = parse(read('serverless.yml'), {
    logLevel: 'error',
  });
  expect(provider.httpApi?.cors ?? false).toBe(false);
});
