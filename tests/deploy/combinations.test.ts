/**
 * `npm run check:parameters` resolves the templates that it checks without packaging the service for each. So here it is
 * packaged, with few combinations in which every two values meet, and compared.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  combinations,
  covering,
  type Dimension,
  PACKAGED,
  STRUCTURES,
  SWITCHES,
  type Values,
} from '../../scripts/parameters/dimensions.ts';
import { parseTemplate } from '../../scripts/parameters/cloudformation-yaml.ts';
import { packagedWith, UNRESOLVED } from '../../scripts/parameters/packaged.ts';
import type { Template } from '../../scripts/template-references.ts';
import { copyProject, packagedTemplate, type Project, runServerless } from './project.ts';

/** Tags are a list, which the command line can't give. */
const TAGGED: Dimension = [{ tagged: 'true' }, { tagged: 'false' }];
const DIMENSIONS = [...STRUCTURES, ...SWITCHES, ...PACKAGED, TAGGED];
const NO_TAGS = 'tags: {}';

interface Run {
  readonly packaged: Template;
  readonly unresolved: Template;
  readonly stackTags: unknown;
}

let projects: readonly Project[];
let configuration: string;

beforeAll(async () => {
  projects = await Promise.all([copyProject(), copyProject()]);
  configuration = await readFile(join(projects[0]?.folder ?? '', 'serverless.yml'), 'utf8');
});

afterAll(async () => {
  await Promise.all(projects.map((project) => project.remove()));
});

/** The place of the code in its bucket is the time of the packaging. */
function read(text: string): Template {
  return JSON.parse(text.replaceAll(/\d{13}-[\dT:.-]+Z/g, 'time'));
}

async function packageWith(project: Project, { tagged, ...values }: Values): Promise<Run> {
  const text = tagged === 'true' ? configuration.replace(NO_TAGS, 'tags: { team: web }') : configuration;
  await writeFile(join(project.folder, 'serverless.yml'), text);
  // Nothing is what these parameters are by default, and the command line takes no empty value.
  const given = Object.entries(values).filter(([, value]) => value !== '');
  await runServerless(project, ['package', ...given.map(([name, value]) => `--param=${name}=${value}`)]);
  const state = JSON.parse(await readFile(join(project.folder, '.serverless/serverless-state.json'), 'utf8')) as {
    readonly service: { readonly provider: { readonly stackTags?: unknown } };
  };
  return {
    packaged: read(JSON.stringify(await packagedTemplate(project))),
    unresolved: read(await readFile(join(project.folder, UNRESOLVED), 'utf8')),
    stackTags: state.service.provider.stackTags,
  };
}

const baseOf = ({ tracing, purgeEnabled }: Values) => `${tracing} ${purgeEnabled}`;

describe('Packaging', { timeout: 180_000 }, () => {
  test('makes of every two values of the parameters what the check resolves, with and without tags', async () => {
    const chosen = covering(DIMENSIONS);
    const [project] = projects;
    if (project === undefined) throw new Error('There is no copy of the project.');
    const bases = new Map<string, Template>();
    for (const own of combinations(PACKAGED)) bases.set(baseOf(own), (await packageWith(project, own)).unresolved);
    await Promise.all(
      projects.map(async (copy, part) => {
        for (const values of chosen.filter((_values, index) => index % projects.length === part)) {
          const base = bases.get(baseOf(values));
          if (base === undefined) throw new Error('Nothing was packaged.');
          const { packaged, stackTags } = await packageWith(copy, values);
          expect({ values, template: packaged }).toEqual({ values, template: packagedWith(base, values) });
          expect(stackTags).toEqual(values['tagged'] === 'true' ? { team: 'web' } : {});
        }
      }),
    );
  });
});

describe('The combinations', () => {
  test('with tags are packaged from what serverless.yml says without', () => {
    expect(configuration).toContain(NO_TAGS);
  });

  test('that are packaged hold every two values of different parameters', () => {
    const chosen = covering(DIMENSIONS);
    const holds = (values: Values, some: Values) =>
      Object.entries(some).every(([name, value]) => values[name] === value);
    const missing: Values[] = [];
    for (const [index, one] of DIMENSIONS.entries()) {
      for (const other of DIMENSIONS.slice(index + 1)) {
        for (const pair of combinations([one, other])) {
          if (!chosen.some((values) => holds(values, pair))) missing.push(pair);
        }
      }
    }
    expect(missing).toEqual([]);
    expect(chosen.length).toBeLessThan(25);
  });

  test('set parameters that serverless.yml has', () => {
    const names = new Set(combinations(DIMENSIONS.slice(0, -1)).flatMap((values) => Object.keys(values)));
    expect(names.size).toBe(13);
    for (const name of names) expect(configuration).toMatch(new RegExp(`^ {4}${name}: `, 'm'));
  });
});

describe('The template of the table alone', () => {
  test("is read with CloudFormation's short functions", () => {
    const source = ['Resources:', '  A:', '    Type: T', '    Properties:'];
    const properties = ['a: !Ref B', 'b: !GetAtt B.Arn.Of', 'c: !Sub "${B}"', 'd: !If [C, !Not [!Condition D], no]'];
    const { Resources } = parseTemplate([...source, ...properties.map((line) => `      ${line}`)].join('\n'));
    expect(Resources['A']?.Properties).toEqual({
      a: { Ref: 'B' },
      b: { 'Fn::GetAtt': ['B', 'Arn', 'Of'] },
      c: { 'Fn::Sub': '${B}' },
      d: { 'Fn::If': ['C', { 'Fn::Not': [{ Condition: 'D' }] }, 'no'] },
    });
  });

  test('makes the table that the service does', async () => {
    const table = packagedWith(
      parseTemplate(await readFile(join(projects[0]?.folder ?? '', 'resources/dynamodb.yml'), 'utf8')),
      {
        tableName: 'cloakroom-dev-cache',
      },
    );
    const [project] = projects;
    if (project === undefined) throw new Error('There is no copy of the project.');
    const { packaged } = await packageWith(project, {});
    expect(Object.keys(table.Resources)).toEqual(['CacheTable']);
    expect(packaged.Resources['CacheTable']).toEqual(table.Resources['CacheTable']);
    expect(Object.keys(table.Outputs ?? {})).toEqual(['TableName', 'TableArn', 'StreamArn']);
  }, 30_000);
});
