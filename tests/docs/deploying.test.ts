/** docs/deploying.md agrees with the README's costs, and with the workflow that deploys. */
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../scripts/parameters/cloudformation-yaml.ts';
import { loadConfig } from '../../src/config.ts';
import { codeIn, read, rowsOf, sectionOf } from './markdown.ts';

const page = read('docs/deploying.md');
const workflow = read('.github/workflows/main.yml');

describe('Capacity', () => {
  const section = sectionOf(page, 'How much capacity');

  it('costs for a request what the README says', () => {
    const known = rowsOf(read('README.md'), 'request', 'requests', 'RCU', 'WCU');
    const rows = rowsOf(section, 'request', 'RCU', 'WCU');
    expect(rows.length).toBeGreaterThan(4);
    for (const { request, RCU, WCU } of rows) {
      expect(known.find((row) => row['request'] === request)).toMatchObject({ RCU, WCU });
    }
  });

  it('counts the expiry that moves once in a tenth of the lifetime', () => {
    const seconds = loadConfig({}).session.lifetime / 10;
    expect(section).toContain(`sessions in use / ${seconds}`);
    expect(section).toContain(`is ${seconds} seconds by default`);
    const [, sessions = '', renewals] = /of ([\d,]+) sessions in use.*?6 \+ 3 \+ (\d+) WCU/s.exec(section) ?? [];
    expect(Number(sessions.replace(',', '')) / seconds).toBe(Number(renewals));
  });
});

describe('The settings of the repository', () => {
  const named = rowsOf(sectionOf(page, 'From GitHub'), "in the repository's settings", 'value')
    .flatMap((row) => codeIn(row["in the repository's settings"] ?? ''))
    .toSorted();

  it('are those that the workflow reads', () => {
    const used = [...workflow.matchAll(/\b(?:vars|secrets)\.(\w+)/g)].map(([, name = '']) => name);
    const environments = [...workflow.matchAll(/^ {4}environment: (\w+)$/gm)].map(([, name = '']) => name);
    expect(named).toEqual([...new Set([...used, ...environments])].toSorted());
  });
});

describe('The role', () => {
  it('is made by the command that the page gives, and that stands in the template itself', () => {
    const command = /^aws cloudformation deploy[^\n]+\\\n[^\n]+$/m.exec(page)?.[0].replaceAll(/\\?\s+/g, ' ') ?? '';
    const template = read('.github/deploy-role.yml')
      .replaceAll(/^# ?/gm, ' ')
      .replaceAll(/\\?\s+/g, ' ');
    expect(command).toContain('--template-file .github/deploy-role.yml');
    expect(template).toContain(command);
  });

  it('is for the environment that the workflow deploys from', () => {
    expect(page).toContain('`repo:OWNER/NAME:environment:production`');
    expect(workflow).toMatch(/^ {4}environment: production$/m);
    expect(read('.github/deploy-role.yml')).toMatch(/Environment:\n +Type: String\n +Default: production/);
  });
});

describe('The table in a stack of its own', () => {
  const section = sectionOf(page, 'The table in a stack of its own');
  const template = parseTemplate(read('resources/dynamodb.yml'));

  it('is deployed with parameters that the template has, and gives the outputs that are named', () => {
    const given = [...section.matchAll(/ ([A-Z]\w+)=/g)].map(([, name = '']) => name);
    expect(given.length).toBe(3);
    expect(Object.keys(template.Parameters ?? {})).toEqual(expect.arrayContaining(given));
    expect(section).toMatch(/`TableName`.*`StreamArn`/);
    expect(Object.keys(template.Outputs ?? {})).toEqual(expect.arrayContaining(['TableName', 'StreamArn']));
  });

  it('has parameters that those of the service are called like', () => {
    const names = Object.keys(template.Parameters ?? {}).filter((name) => name !== 'Service' && name !== 'Stage');
    const described = rowsOf(sectionOf(page, 'Parameters'), 'parameter', 'default', 'meaning')
      .flatMap(({ parameter = '' }) => codeIn(parameter))
      .map((name) => name.slice(0, 1).toUpperCase() + name.slice(1));
    expect(described).toEqual(expect.arrayContaining(names));
  });
});

describe('The table of parameters', () => {
  it('has each of serverless.yml, and no other', () => {
    const [, block = ''] = /\nparams:\n  default:\n([\s\S]*?)\n  # prod:/.exec(read('serverless.yml')) ?? [];
    const names = [...block.matchAll(/^ {4}(\w+):/gm)].map(([, name = '']) => name);
    const rows = rowsOf(sectionOf(page, 'Parameters'), 'parameter', 'default', 'meaning');
    expect(names.length).toBeGreaterThan(20);
    expect(rows.flatMap(({ parameter = '' }) => codeIn(parameter)).toSorted()).toEqual(names.toSorted());
    const written = rows.flatMap(({ parameter = '', default: value = '' }) => {
      const values = codeIn(value);
      return codeIn(parameter).length === values.length
        ? codeIn(parameter).map((name, index) => [name, values[index]])
        : [];
    });
    expect(written.length).toBeGreaterThan(15);
    for (const [name, value] of written) {
      if (name !== 'tableName') expect(block).toMatch(new RegExp(`^ {4}${name}: ${value}$`, 'm'));
    }
  });
});
