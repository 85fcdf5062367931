import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkTemplate } from '../../scripts/check-template.ts';
import type { Template } from '../../scripts/template-references.ts';
import { copyProject, packagedTemplate, packagedZip, runServerless, unzip, type Project } from './project.ts';

/** Text of the SDK's ways to a developer's credentials: SSO, assumed roles, processes, web identity, containers. */
const CREDENTIAL_CHAIN = [
  'sso_account_id',
  'AssumeRoleWithWebIdentity',
  'credential_process',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
];

const LIMIT_BYTES = 160 * 1024;

let projects: readonly Project[];
let template: Template;
let zips: readonly Buffer[];
let code: string;

beforeAll(async () => {
  projects = await Promise.all([copyProject(), copyProject()]);
  await Promise.all(projects.map((copy) => runServerless(copy, ['package'])));
  zips = await Promise.all(projects.map(packagedZip));
  const [project] = projects;
  const [zip] = zips;
  if (project === undefined || zip === undefined) throw new Error('Nothing was packaged.');
  template = await packagedTemplate(project);
  code = (await unzip(zip)).get('src/handlers/http.mjs') ?? '';
}, 60_000);

afterAll(async () => {
  await Promise.all(projects.map((project) => project.remove()));
});

function properties(id: string): unknown {
  return template.Resources[id]?.Properties;
}

describe('the package', () => {
  test('holds a file for each function, that for requests of less than 160 KiB', async () => {
    expect(zips.length).toBe(2);
    for (const zip of zips) {
      expect([...(await unzip(zip)).keys()]).toEqual([
        'src/handlers/count.mjs',
        'src/handlers/http.mjs',
        'src/handlers/purge.mjs',
      ]);
    }
    expect(code.length).toBeGreaterThan(1000);
    expect(Buffer.byteLength(code)).toBeLessThan(LIMIT_BYTES);
  });

  test('is the same byte by byte wherever it is made', () => {
    const [first, second] = zips;
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  test("leaves out the SDK's credential chain, which is in it otherwise", async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export { DynamoDBClient } from '@aws-sdk/client-dynamodb'", resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      write: false,
    });
    const wholeSdk = outputFiles[0]?.text ?? '';
    expect(CREDENTIAL_CHAIN.filter((text) => !wholeSdk.includes(text))).toEqual([]);
    expect(CREDENTIAL_CHAIN.filter((text) => code.includes(text))).toEqual([]);
  });

  test.each(['ConfigError', 'StoreUnavailableError', 'CorruptEntryError', 'HttpError'])(
    'keeps the name of %s',
    (name) => {
      expect(code.includes(`"${name}"`)).toBe(true);
    },
  );
});

/** Loads the function in a process of its own, and prints what of Node was loaded for it. */
const LOAD = `
  Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, {
    construct: () => { throw new Error('A formatter was made.'); },
  });
  await import('./http.mjs');
  console.log(process.moduleLoadList.join('\\n'));
`;

test('the function loads nothing at its start that takes long and is not used', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-load-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'http.mjs'), code);
  await writeFile(join(folder, 'load.mjs'), LOAD);
  const env = { AWS_LAMBDA_FUNCTION_NAME: 'http', AWS_REGION: 'eu-central-1', DEMO: 'true' };
  const { stdout } = await promisify(execFile)(process.execPath, ['load.mjs'], { cwd: folder, env });
  const loaded = stdout.split('\n');
  expect(loaded).toContain('NativeModule http');
  expect(loaded.filter((name) => name.includes('undici'))).toEqual([]);
});

describe('the template', () => {
  test('holds up to the resource specification of AWS', async () => {
    expect(checkTemplate(template, await loadAwsServiceSpec())).toEqual([]);
  });

  test('has a function on Node 24 and arm64, given the table and nothing else', () => {
    expect(properties('HttpLambdaFunction')).toMatchObject({
      Handler: 'src/handlers/http.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 10,
      Environment: { Variables: { DYNAMODB_CACHE_TABLE: 'cloakroom-dev-cache' } },
    });
    expect(JSON.stringify(properties('HttpLambdaFunction'))).not.toMatch(/DRIVER|APP_KEY/);
  });

  test('lets the function do what a request needs on its own table, and write its log', () => {
    expect(statements('HttpRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::Sub': expect.stringMatching(/:log-group:\/aws\/lambda\/cloakroom-dev-http:\*$/) },
      },
      {
        Effect: 'Allow',
        Action: [
          'dynamodb:GetItem',
          'dynamodb:BatchGetItem',
          'dynamodb:UpdateItem',
          'dynamodb:DeleteItem',
          'dynamodb:BatchWriteItem',
        ],
        Resource: { 'Fn::GetAtt': ['CacheTable', 'Arn'] },
      },
    ]);
    expect(properties('HttpRole')).not.toHaveProperty('ManagedPolicyArns');
  });

  test('keeps the table when the stack goes, encrypts it, and lets DynamoDB delete what has expired', () => {
    expect(template.Resources['CacheTable']).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'cloakroom-dev-cache',
        KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
        SSESpecification: { SSEEnabled: true },
      },
    });
  });

  test.each(['HttpLogGroup', 'PurgeLogGroup'])('keeps the logs of %s for a month', (group) => {
    expect(properties(group)).toMatchObject({ RetentionInDays: 30 });
  });

  test('has a function that deletes expired records, whose schedule is off', () => {
    expect(properties('PurgeLambdaFunction')).toMatchObject({
      Handler: 'src/handlers/purge.handler',
      Timeout: 300,
      Environment: { Variables: { DYNAMODB_CACHE_TABLE: 'cloakroom-dev-cache', PURGE_CAPACITY: '2' } },
      Role: { 'Fn::GetAtt': ['PurgeRole', 'Arn'] },
    });
    expect(properties('PurgeEventsRuleSchedule1')).toMatchObject({
      State: 'DISABLED',
      ScheduleExpression: 'cron(0/15 2-5 * * ? *)',
    });
  });

  test('lets that function scan, delete what is expired, and write its log and its own record', () => {
    const Resource = { 'Fn::GetAtt': ['CacheTable', 'Arn'] };
    expect(statements('PurgeRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::Sub': expect.stringMatching(/:log-group:\/aws\/lambda\/cloakroom-dev-purge:\*$/) },
      },
      { Effect: 'Allow', Action: ['dynamodb:Scan', 'dynamodb:PartiQLDelete'], Resource },
      {
        Effect: 'Allow',
        Action: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        Resource,
        Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['purge:cursor'] } },
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:UpdateItem',
        Resource,
        Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['count:sessions'] } },
      },
    ]);
    expect(properties('PurgeRole')).not.toHaveProperty('ManagedPolicyArns');
  });
});

function statements(id: string): unknown {
  const role = properties(id);
  expect(role).toMatchObject({ Policies: [{ PolicyDocument: { Statement: expect.any(Array) } }] });
  const { Policies } = role as { Policies: [{ PolicyDocument: { Statement: unknown } }] };
  return Policies[0].PolicyDocument.Statement;
}
