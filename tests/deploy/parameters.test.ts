import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagedWith, UNRESOLVED } from '../../scripts/parameters/packaged.ts';
import type { Template } from '../../scripts/template-references.ts';
import { copyProject, packagedTemplate, type Project, runServerless, tryServerless } from './project.ts';

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

let project: Project;
let template: Template;
let unresolved: Template;

beforeAll(async () => {
  project = await copyProject();
  template = await packaged();
  const path = join(project.folder, UNRESOLVED);
  unresolved = JSON.parse(await readFile(path, 'utf8'));
}, 30_000);

afterAll(() => project.remove());

async function packaged(parameters: Readonly<Record<string, string>> = {}, env: Record<string, string> = {}) {
  const args = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  await runServerless(project, ['package', ...args], env);
  return packagedTemplate(project);
}

const ofType = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

function statementsOf(role: Template['Resources'][string] | undefined): readonly Statement[] {
  const { Policies = [] } = (role?.Properties ?? {}) as unknown as {
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
  };
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

describe('A stage', { timeout: 30_000 }, () => {
  test('is what its parameters say, where they only change a value', () => {
    const values = { timeToLive: 'false', pointInTimeRecovery: 'true', deletionProtection: 'true' };
    const table = packagedWith(unresolved, { ...values, encryptionKey: 'aws-owned' }).Resources['CacheTable'];
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: false },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
        SSESpecification: { SSEEnabled: false },
        StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
        Tags: [
          { Key: 'service', Value: 'cloakroom' },
          { Key: 'stage', Value: 'dev' },
        ],
      },
    });
    expect(template.Resources['CacheTable']).toMatchObject({
      Properties: {
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
        DeletionProtectionEnabled: false,
        SSESpecification: { SSEEnabled: true },
      },
    });
    const throttled = packagedWith(unresolved, { throttlingRate: '7', throttlingBurst: '9' });
    expect(throttled.Resources['HttpApiStage']).toHaveProperty('Properties.DefaultRouteSettings', {
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 9,
    });
  });

  test('that is traced traces every function, by the only statement that is for all resources', async () => {
    const traced = await packaged({ tracing: 'true' });
    const everywhere = {
      Effect: 'Allow',
      Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      Resource: '*',
    };
    const functions = ofType(traced, 'AWS::Lambda::Function');
    expect(functions.length).toBe(3);
    for (const [, { Properties }] of functions) expect(Properties).toHaveProperty('TracingConfig.Mode', 'Active');
    for (const [, role] of ofType(traced, 'AWS::IAM::Role')) {
      expect(statementsOf(role).filter(({ Resource }) => Resource === '*')).toEqual([everywhere]);
    }
    expect(JSON.stringify(template.Resources)).not.toContain('TracingConfig');
    for (const [, role] of ofType(template, 'AWS::IAM::Role')) {
      for (const { Action, Resource } of statementsOf(role)) {
        expect([Action].flat().join(' ')).not.toContain('*');
        expect([Resource].flat()).not.toContain('*');
      }
    }
  });

  test('on demand has no provisioned capacity, and no alarm on it', () => {
    const onDemand = packagedWith(unresolved, { capacityMode: 'on-demand' });
    expect(onDemand.Resources['CacheTable']).toHaveProperty('Properties.BillingMode', 'PAY_PER_REQUEST');
    expect(onDemand.Resources['CacheTable']).not.toHaveProperty('Properties.ProvisionedThroughput');
    expect(Object.keys(onDemand.Resources).filter((id) => id.endsWith('CapacityHigh'))).toEqual([]);
    expect(Object.keys(template.Resources).filter((id) => id.endsWith('CapacityHigh')).length).toBe(2);
  });

  test('that scales has a target and a policy for reads and for writes', () => {
    const scaled = packagedWith(unresolved, {
      capacityMode: 'autoscaling',
      readCapacityUnits: '7',
      writeCapacityMax: '50',
      capacityTarget: '60',
    });
    const targets = ofType(scaled, 'AWS::ApplicationAutoScaling::ScalableTarget').map(
      ([, { Properties }]) => Properties,
    );
    expect(targets).toEqual([
      expect.objectContaining({ MinCapacity: 7, MaxCapacity: 100 }),
      expect.objectContaining({ MinCapacity: 5, MaxCapacity: 50 }),
    ]);
    const policies = ofType(scaled, 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ([, { Properties }]) => Properties,
    );
    expect(policies).toEqual(
      ['Read', 'Write'].map((kind) =>
        expect.objectContaining({
          ScalingTargetId: { Ref: `${kind}Scaling` },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 60,
            PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${kind}CapacityUtilization` },
          },
        }),
      ),
    );
    expect(ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
  });

  test('with a table of somebody else has none of its own, and names it in every role and variable', async () => {
    const stream = 'arn:aws:dynamodb:us-east-1:123456789012:table/theirs/stream/2026-01-01T00:00:00.000';
    const parameters = { createTable: 'false', tableName: 'theirs', streamArn: stream };
    const existing = await packaged(parameters, { DYNAMODB_KEY_ATTRIBUTE: 'id', METRICS_NAMESPACE: 'Shop' });
    expect(ofType(existing, 'AWS::DynamoDB::Table')).toEqual([]);
    const text = JSON.stringify(existing);
    expect(text).not.toContain('CacheTable');
    for (const [, { Properties }] of ofType(existing, 'AWS::Lambda::Function')) {
      expect(Properties).toHaveProperty('Environment.Variables.DYNAMODB_CACHE_TABLE', 'theirs');
    }
    for (const role of ['HttpRole', 'PurgeRole', 'CountRole']) {
      expect(JSON.stringify(existing.Resources[role])).toContain(':table/theirs"');
    }
    expect(JSON.stringify(existing.Resources['ServiceDashboard'])).toContain('[\\"Shop\\", \\"Latency\\"');
    expect(existing.Resources['SessionStream']).toHaveProperty('Properties.EventSourceArn', stream);
    expect(JSON.stringify(existing.Resources['SessionStream'])).toContain('{\\"id\\":{\\"S\\":[{\\"prefix\\"');
    expect(packagedWith(unresolved, { createTable: 'false' }).Resources).not.toHaveProperty('SessionStream');
  });

  test('with a key of its own encrypts with it, and lets each function decrypt through DynamoDB only', () => {
    const own = packagedWith(unresolved, { encryptionKey: KEY });
    expect(own.Resources['CacheTable']).toHaveProperty('Properties.SSESpecification', {
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: KEY,
    });
    for (const role of ['HttpRole', 'PurgeRole', 'CountRole']) {
      expect(statementsOf(own.Resources[role]).filter(({ Action }) => Action === 'kms:Decrypt')).toEqual([
        {
          Effect: 'Allow',
          Action: 'kms:Decrypt',
          Resource: KEY,
          Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Sub': 'dynamodb.${AWS::Region}.${AWS::URLSuffix}' } } },
        },
      ]);
    }
    expect(JSON.stringify(template)).not.toContain('kms:Decrypt');
  });

  test('has the prefix of its keys in the filter of the stream and in the permissions', async () => {
    for (const CACHE_PREFIX of ['shop', 'shop:']) {
      const { Resources } = await packaged({}, { CACHE_PREFIX });
      expect(JSON.stringify(Resources['SessionStream'])).toContain('shop:session:');
      expect(JSON.stringify(Resources['PurgeRole'])).toContain('"shop:purge:cursor"');
      expect(JSON.stringify(Resources['CountRole'])).toContain('"shop:count:sessions"');
      expect(JSON.stringify(Resources)).not.toContain('shop::');
    }
  });

  test('is refused with every wrong value at once', async () => {
    const wrong = { capacityMode: 'ondemand', readCapacityUnits: '0', encryptionKey: 'alias/mine', alarmEmail: 'me' };
    const args = Object.entries(wrong).map(([name, value]) => `--param=${name}=${value}`);
    const { code, output } = await tryServerless(project, ['package', ...args]);
    expect(code).toBe(1);
    expect(output).toMatch(/Nothing was packaged/);
    expect([...output.matchAll(/^(\w+) is "/gm)].map(([, name = '']) => name).toSorted()).toEqual(
      Object.keys(wrong).toSorted(),
    );
    expect(output).not.toMatch(/CapacityMode|ReadCapacityUnits/);
    expect(existsSync(join(project.folder, '.serverless/cloudformation-template-update-stack.json'))).toBe(false);
    expect(existsSync(join(project.folder, UNRESOLVED))).toBe(false);
    expect(output).toMatch(/capacityMode is "ondemand"; allowed: provisioned, on-demand, autoscaling\./);
    expect(output).toMatch(/readCapacityUnits is "0"; allowed: a whole number from 1\./);
    expect(output).toMatch(/encryptionKey is "alias\/mine"; allowed: aws-owned, aws-managed, or the ARN/);
    expect(output).toMatch(/alarmEmail is "me"; allowed: nothing, or an e-mail address/);
  });

  test('is refused where autoscaling has less at the most than at the least', async () => {
    const args = ['package', '--param=capacityMode=autoscaling', '--param=readCapacityMax=2'];
    const { code, output } = await tryServerless(project, args);
    expect(code).toBe(1);
    expect(output).toMatch(/readCapacityMax is "2"; allowed: readCapacityUnits \(5\) or more\./);
  });

  test('takes an empty variable for an unset one, as the service does', async () => {
    const empty = {
      DYNAMODB_CACHE_TABLE: '',
      DYNAMODB_KEY_ATTRIBUTE: '',
      METRICS_NAMESPACE: '',
      PURGE_CAPACITY: '',
      CACHE_PREFIX: '',
    };
    const { Resources } = await packaged({}, empty);
    for (const id of ['SessionStream', 'ServiceDashboard', 'CacheTable', 'PurgeRole', 'HttpRole']) {
      expect(Resources[id]).toEqual(template.Resources[id]);
    }
    expect(Resources['PurgeLambdaFunction']).toHaveProperty('Properties.Environment.Variables.PURGE_CAPACITY', '2');
  });

  test.each([
    ['a capacity of the purge that it would not start with', ['--param=purgeCapacity=0'], /PURGE_CAPACITY is "0"/],
    ['a name of a function that is too long', ['--stage', 'a'.repeat(60)], /names of functions.*64/i],
  ])('is refused with %s', async (_what, args, message) => {
    const { code, output } = await tryServerless(project, ['package', ...args]);
    expect(code).toBe(1);
    expect(output).toMatch(message);
  });

  test.each(['a"', 'a*'])('is refused with the prefix %s, which means something else in a filter', async (prefix) => {
    const { code, output } = await tryServerless(project, ['package'], { CACHE_PREFIX: prefix });
    expect(code).toBe(1);
    expect(output).toContain(`CACHE_PREFIX is "${prefix}"`);
  });

  test('is refused with a key attribute that the filter can not hold', async () => {
    const env = { DYNAMODB_KEY_ATTRIBUTE: 'a"b' };
    const { code, output } = await tryServerless(project, ['package', '--param=createTable=false'], env);
    expect(code).toBe(1);
    expect(output).toContain('DYNAMODB_KEY_ATTRIBUTE is "a"b"; allowed: no quotes');
  });
});
