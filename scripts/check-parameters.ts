/**
 * `npm run check:parameters`: the packaged template for every combination of the stage's parameters, held against AWS's
 * resource specification and linted by cfn-lint. Packages only for what the framework itself decides: the template before
 * its parameters are resolved is kept beside the packaged one, and resolved here as the plugin does. That this is what
 * packaging makes is a test (tests/deploy/combinations.test.ts).
 *
 * Not varied: `tags`, which the framework gives to the stack beside its template, and names, numbers and times, on which
 * nothing else hangs.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { checkTemplate } from './check-template.ts';
import { parseTemplate } from './parameters/cloudformation-yaml.ts';
import {
  combinations,
  PACKAGED,
  PURGE,
  STRUCTURES,
  TABLE_ALONE,
  SWITCHES,
  TRACING,
  type Values,
} from './parameters/dimensions.ts';
import { type Finding, lint } from './parameters/lint.ts';
import { packagedWith, UNRESOLVED } from './parameters/packaged.ts';
import type { Template } from './template-references.ts';

const ROOT = join(import.meta.dirname, '..');
const TABLE = 'resources/dynamodb.yml';
const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');

/** The distinct templates among these, each as JSON, by the first combination that makes it. */
type Distinct = ReadonlyMap<string, string>;

async function packaged(values: Values): Promise<Template> {
  const args = [SERVERLESS, 'package', ...Object.entries(values).map(([name, value]) => `--param=${name}=${value}`)];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch((error: { readonly stderr?: string }) => {
    throw new Error(`The service was not packaged.\n${error.stderr}`, { cause: error });
  });
  return JSON.parse(await readFile(join(ROOT, UNRESOLVED), 'utf8'));
}

function distinct(templates: Iterable<readonly [name: string, template: Template]>): Distinct {
  const names = new Map<string, string>();
  for (const [name, template] of templates) {
    const text = JSON.stringify(template);
    if (!names.has(text)) names.set(text, name);
  }
  return new Map([...names].map(([text, name]) => [name, text]));
}

function resolvedWith(template: Template, all: readonly Values[]): [name: string, template: Template][] {
  return all.map((values) => [nameOf(values), packagedWith(template, values)]);
}

/** `createTable=false capacityMode=on-demand …` */
function nameOf(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** Each finding once, with the first template that has it. */
function report(findings: readonly Finding[]): number {
  const byMessage = Map.groupBy(findings, ({ message }) => message);
  for (const [message, [first, ...others]] of byMessage) {
    console.error(`${message}\n  ${first?.name}${others.length > 0 ? `, and ${others.length} more` : ''}`);
  }
  return byMessage.size;
}

async function check(): Promise<number> {
  const services: (readonly [values: Values, template: Template])[] = [];
  // All off last, which is what `.serverless` then holds.
  for (const values of combinations(PACKAGED)) services.push([values, await packaged(values)]);
  const table = parseTemplate(await readFile(join(ROOT, TABLE), 'utf8'));

  const all = combinations([...STRUCTURES, ...SWITCHES]);
  const alone = combinations(TABLE_ALONE);
  const templates = distinct([
    ...services.flatMap(([own, template]) =>
      resolvedWith(
        template,
        all.map((values) => ({ ...values, ...own })),
      ),
    ),
    ...resolvedWith(table, alone).map(([name, template]) => [`${TABLE} ${name}`, template] as const),
  ]);
  const specification = await loadAwsServiceSpec();
  const findings = [...templates].flatMap(([name, text]) =>
    checkTemplate(JSON.parse(text), specification).map((message): Finding => ({ name, message })),
  );

  // What only changes a value is linted with each of its values, but not with all of everything else.
  const others = combinations([...SWITCHES, PURGE]);
  const structures = combinations([...STRUCTURES, TRACING]).map((values, index) => ({
    ...values,
    ...others[(index + Math.floor(index / others.length)) % others.length],
  }));
  const linted = distinct([
    ...services.flatMap(([own, template]) =>
      resolvedWith(
        template,
        structures.filter((values) => nameOf({ ...values, ...own }) === nameOf(values)),
      ),
    ),
    ...resolvedWith(table, alone)
      .filter(([, { Resources }]) => Object.keys(Resources).length > 0)
      .map(([name, template]) => [`${TABLE} ${name}`, template] as const),
  ]);
  findings.push(...(await lint(linted, [TABLE, '.github/deploy-role.yml'])));

  for (const values of [...STRUCTURES, ...SWITCHES, ...PACKAGED]) console.log(values.map(nameOf).join(' | '));
  const problems = report(findings);
  console.log(
    `${all.length * services.length} combinations of the service's parameters and ${alone.length} of ${TABLE} alone: ` +
      `${templates.size} templates held against the specification, ` +
      `${linted.size + 2} linted (with ${TABLE} and .github/deploy-role.yml as they are): ${problems} problems`,
  );
  return problems;
}

if (import.meta.main) process.exitCode = (await check()) === 0 ? 0 : 1;
