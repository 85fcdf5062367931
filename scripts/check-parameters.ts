/**
 * `npm run check:parameters`: the packaged template for every combination of the stage's parameters, held against AWS's
 * resource specification and linted by cfn-lint. Packages once: the template before its parameters are resolved is kept
 * beside the packaged one, and resolved here as the plugin does.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { pythonWithPackages } from '../tests/deployed/python.ts';
import { checkTemplate } from './check-template.ts';
import { resolveTemplate } from './resolve-template.ts';
import type { Json, Template } from './template-references.ts';

type Values = Readonly<Record<string, string>>;

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const STREAM = 'arn:aws:dynamodb:us-east-1:123456789012:table/cloakroom-dev-cache/stream/2026-01-01T00:00:00.000';
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alarms';

/** What each parameter can be, by what of the template hangs on it. */
export const DIMENSIONS: readonly (readonly Values[])[] = [
  [
    { CreateTable: 'true', StreamArn: '' },
    { CreateTable: 'false', StreamArn: STREAM },
    { CreateTable: 'false', StreamArn: '' },
  ],
  ['provisioned', 'on-demand', 'autoscaling'].map((CapacityMode) => ({ CapacityMode })),
  ['aws-managed', 'aws-owned', KEY].map((EncryptionKey) => ({ EncryptionKey })),
  [
    { Alarms: 'true', AlarmEmail: '', AlarmTopicArn: '' },
    { Alarms: 'true', AlarmEmail: 'oncall@example.com', AlarmTopicArn: '' },
    { Alarms: 'true', AlarmEmail: '', AlarmTopicArn: TOPIC },
    { Alarms: 'false', AlarmEmail: '', AlarmTopicArn: '' },
  ],
  ['true', 'false'].map((Tracing) => ({ Tracing })),
  ['true', 'false'].map((Dashboard) => ({ Dashboard })),
  ['true', 'false'].map((TimeToLive) => ({ TimeToLive })),
  ['true', 'false'].map((PointInTimeRecovery) => ({ PointInTimeRecovery })),
  ['true', 'false'].map((DeletionProtection) => ({ DeletionProtection })),
];

/** The last three only change a value. So cfn-lint sees each of their values, but not with everything else. */
const LINTED_WITH_ALL = 6;

export function combinations(dimensions: readonly (readonly Values[])[]): readonly Values[] {
  return dimensions.reduce<readonly Values[]>(
    (all, values) => all.flatMap((one) => values.map((value) => ({ ...one, ...value }))),
    [{}],
  );
}

/** The template with these values for its parameters, as the plugin packages it. */
export function packagedWith(template: Template, values: Values): Template {
  const Parameters = Object.fromEntries(
    Object.entries(template.Parameters ?? {}).map(([name, parameter]) => [
      name,
      name in values ? { ...(parameter as object), Default: values[name] ?? '' } : parameter,
    ]),
  ) as Readonly<Record<string, Json>>;
  return resolveTemplate({ ...template, Parameters });
}

/** cfn-lint's findings; empty: none. W3005: the framework itself writes DependsOn beside references. */
async function lint(python: string, paths: readonly string[]): Promise<string> {
  const command = ['--ignore-checks', 'W3005', '--', ...paths];
  return promisify(execFile)(join(dirname(python), 'cfn-lint'), command, { maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout.trim(),
    (error: { readonly stdout?: string; readonly message: string }) => error.stdout?.trim() || error.message,
  );
}

async function check(): Promise<number> {
  const template: Template = JSON.parse(await readFile('.serverless/cloudformation-template-parameters.json', 'utf8'));
  const specification = await loadAwsServiceSpec();
  const all = combinations(DIMENSIONS);
  const problems = new Set(all.flatMap((values) => checkTemplate(packagedWith(template, values), specification)));

  const switches = combinations(DIMENSIONS.slice(LINTED_WITH_ALL));
  const structures = combinations(DIMENSIONS.slice(0, LINTED_WITH_ALL));
  const linted = new Set(
    structures.map((values, index) =>
      JSON.stringify(packagedWith(template, { ...values, ...switches[index % switches.length] })),
    ),
  );
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-templates-'));
  try {
    const paths = await Promise.all(
      [...linted].map(async (text, index) => {
        const path = join(folder, `${index}.json`);
        await writeFile(path, text);
        return path;
      }),
    );
    const python = await pythonWithPackages();
    const halves = [paths.filter((_, index) => index % 2 === 0), paths.filter((_, index) => index % 2 === 1)];
    // The table's template is also deployed by itself.
    const findings = await Promise.all([...halves, ['resources/dynamodb.yml']].map((some) => lint(python, some)));
    for (const finding of findings) if (finding !== '') problems.add(finding);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  for (const values of DIMENSIONS) console.log(values.map((value) => JSON.stringify(value)).join(' | '));
  for (const problem of problems) console.error(problem);
  console.log(
    `${all.length} combinations of parameters held against the specification, ${linted.size} templates and ` +
      `resources/dynamodb.yml linted: ${problems.size} problems`,
  );
  return problems.size;
}

if (import.meta.main) process.exitCode = (await check()) === 0 ? 0 : 1;
