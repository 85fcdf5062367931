/** The role that deploys: who gets it, and that it may do what deploying asks for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { copyProject, packagedTemplate, type Project, runServerless } from './project.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: unknown;
}

interface Role {
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly Statement[] };
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
}

// CloudFormation's short tags are read as their plain text.
const template = parse(readFileSync(join(ROOT, '.github/deploy-role.yml'), 'utf8'), { logLevel: 'error' }) as {
  Resources: { DeployRole: { Properties: Role } };
};
const role = template.Resources.DeployRole.Properties;
const statements = role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
const actions = new Set(statements.flatMap(({ Action }) => Action));

describe('The role', () => {
  it('is for one environment of one repository', () => {
    expect(role.AssumeRolePolicyDocument.Statement).toHaveLength(1);
    expect(role.AssumeRolePolicyDocument.Statement[0]).toMatchObject({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': 'repo:${Repository}:environment:${Environment}',
        },
      },
    });
    expect(Object.keys(role.AssumeRolePolicyDocument.Statement[0]?.Condition ?? {})).toEqual(['StringEquals']);
  });

  it('has no action with a wildcard, and none that reads or writes records, deletes a table or changes users', () => {
    for (const action of actions) expect(action).toMatch(/^[a-z0-9-]+:[A-Za-z]+$/);
    const forbidden =
      /^(?:dynamodb:(?:DeleteTable|\w*Item\w*|Scan|Query|PartiQL\w*)|iam:\w*(?:User|Group|AccessKey|Policy(?:Version)?$))/;
    const found = [...actions].filter((action) => forbidden.test(action));
    expect(found.toSorted()).toEqual([
      // All of roles of this service and stage, whose names the resources below say.
      'iam:AttachRolePolicy',
      'iam:DeleteRolePolicy',
      'iam:DetachRolePolicy',
      'iam:GetRolePolicy',
      'iam:PutRolePolicy',
      'iam:UpdateAssumeRolePolicy',
    ]);
  });

  it('is for this service and stage, but where AWS has no such resource', () => {
    const open = statements.filter(({ Resource }) =>
      [Resource].flat().some((arn) => !arn?.includes('${Service}-${Stage}')),
    );
    expect(open.map(({ Sid }) => Sid)).toEqual([
      'Templates',
      'StreamsToFunctions',
      'Autoscaling',
      'RolesOfAws',
      'Apis',
      'LogsOfApis',
    ]);
  });

  it('hands roles to Lambda alone', () => {
    const passing = statements.filter(({ Action }) => [Action].flat().includes('iam:PassRole'));
    expect(passing).toHaveLength(1);
    expect(passing[0]?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } });
  });
});

/** What the framework asks of AWS while it deploys, and the action that permits it where it has another name. */
const ACTIONS: Readonly<Record<string, string>> = {
  'S3 HeadBucket': 's3:ListBucket',
  'S3 ListObjectsV2': 's3:ListBucket',
  'S3 HeadObject': 's3:GetObject',
  'S3 PutObject': 's3:PutObject',
  'S3 DeleteObjects': 's3:DeleteObject',
  'Lambda GetFunction': 'lambda:GetFunction',
};

/** Only for functions that are subscribed to log groups, which this service has none of. */
const UNUSED = new Set(['DescribeSubscriptionFilters', 'DeleteSubscriptionFilter']);

it('The role may do all that the framework itself does to deploy', () => {
  const folders = ['deploy/lib', 'lib'].map((folder) => join(ROOT, 'node_modules/serverless/lib/plugins/aws', folder));
  const sources = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const commands = sources.flatMap((code) => [...code.matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => name));
  const asked = [...new Set(commands)].filter((name) => !UNUSED.has(name) && !name.includes('Repositor'));
  expect(asked.length).toBeGreaterThan(10);
  const missing = asked.filter((name) => {
    const others = ['S3', 'Lambda'].flatMap((service) => ACTIONS[`${service} ${name}`] ?? []);
    return !actions.has(others[0] ?? `cloudformation:${name}`);
  });
  expect(missing).toEqual([]);
});

/** An action without which CloudFormation can't make a resource of this type. */
const CREATES: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2': 'apigateway:POST',
  'AWS::ApplicationAutoScaling': 'application-autoscaling:RegisterScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy': 'application-autoscaling:PutScalingPolicy',
  'AWS::CloudWatch': 'cloudwatch:PutMetricAlarm',
  'AWS::CloudWatch::Dashboard': 'cloudwatch:PutDashboard',
  'AWS::DynamoDB': 'dynamodb:CreateTable',
  'AWS::Events': 'events:PutRule',
  'AWS::IAM': 'iam:CreateRole',
  'AWS::Lambda': 'lambda:CreateFunction',
  'AWS::Lambda::EventSourceMapping': 'lambda:CreateEventSourceMapping',
  'AWS::Lambda::Permission': 'lambda:AddPermission',
  'AWS::Logs': 'logs:CreateLogGroup',
  'AWS::S3': 's3:CreateBucket',
  'AWS::SNS': 'sns:CreateTopic',
  'AWS::SQS': 'sqs:CreateQueue',
};

describe('The role may make', () => {
  let project: Project;

  beforeAll(async () => {
    project = await copyProject();
    const widest = { capacityMode: 'autoscaling', alarmEmail: 'oncall@example.com', tracing: 'true' };
    const args = Object.entries(widest).map(([name, value]) => `--param=${name}=${value}`);
    await runServerless(project, ['package', ...args]);
  });

  afterAll(() => project.remove());

  it('every kind of resource that is deployed', async () => {
    const { Resources } = await packagedTemplate(project);
    const types = new Set(Object.values(Resources).map(({ Type }) => Type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        'AWS::ApplicationAutoScaling::ScalableTarget',
        'AWS::SNS::Topic',
        'AWS::CloudWatch::Dashboard',
      ]),
    );
    const service = (type: string) => type.split('::').slice(0, 2).join('::');
    expect([...types].filter((type) => !actions.has(CREATES[type] ?? CREATES[service(type)] ?? type))).toEqual([]);
  });
});
