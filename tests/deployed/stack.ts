/** The deployed stack: what the tests ask of it, and the template it was made from. */
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { inject } from 'vitest';
import type { Json } from '../../scripts/template-references.ts';
import { type Outcome, packagedTemplate, tryServerless } from '../deploy/project.ts';
import type { Target } from '../e2e/visitor.ts';

const { endpoint, folder, environment } = inject('deployment');
const project = { folder, remove: async () => {} };

export const STACK = 'cloakroom-dev';

const settings = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
} as const;

export const cloudFormation = new CloudFormationClient(settings);
export const dynamoDB = new DynamoDBClient(settings);
export const iam = new IAMClient(settings);
export const lambda = new LambdaClient(settings);
export const logs = new CloudWatchLogsClient(settings);

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties: Readonly<Record<string, Json>>;
}

/** The resources of the template that the last deployment packaged, by their logical ids. */
export async function packagedResources(): Promise<Readonly<Record<string, Resource>>> {
  return (await packagedTemplate(project)).Resources as unknown as Record<string, Resource>;
}

export async function resourcesOf(type: string): Promise<(readonly [id: string, resource: Resource])[]> {
  return Object.entries(await packagedResources()).filter(([, { Type }]) => Type === type);
}

/** @throws Error where the template has not exactly one */
export async function onlyResource(type: string): Promise<Resource> {
  const [found, ...more] = await resourcesOf(type);
  if (found === undefined || more.length > 0) throw new Error(`The template has not one ${type}.`);
  return found[1];
}

/** @throws Error where the template does not say it plainly */
export function propertyOf(properties: Resource['Properties'], name: string): string {
  const value = properties[name];
  if (typeof value !== 'string') throw new Error(`${name} is not text in the template.`);
  return value;
}

/** The name or id that a resource of the template got. */
export async function physicalId(id: string): Promise<string> {
  const { StackResourceSummaries = [] } = await cloudFormation.send(
    new ListStackResourcesCommand({ StackName: STACK }),
  );
  const found = StackResourceSummaries.find(({ LogicalResourceId }) => LogicalResourceId === id);
  if (found?.PhysicalResourceId === undefined) throw new Error(`${id} was not deployed.`);
  return found.PhysicalResourceId;
}

/**
 * The deployed API. By its host name, the local AWS would take some paths for its own, such as `/health` and `/login`;
 * by this path none.
 */
export async function deployedApi(): Promise<Target> {
  const id = await physicalId('HttpApi');
  return { url: `${endpoint}/_aws/execute-api/${id}/$default`, cookie: '__Host-session' };
}

export function serverless(...args: readonly string[]): Promise<Outcome> {
  return tryServerless(project, args, environment);
}

export function appKey(): string {
  return environment['APP_KEY'] ?? '';
}

export async function tableName(): Promise<string> {
  return propertyOf((await onlyResource('AWS::DynamoDB::Table')).Properties, 'TableName');
}

export type Records = ReadonlyMap<string, Readonly<Record<string, AttributeValue>>>;

/** All records of the table, by their keys. */
export async function records(TableName: string): Promise<Records> {
  const { Items = [], LastEvaluatedKey } = await dynamoDB.send(new ScanCommand({ TableName, ConsistentRead: true }));
  if (LastEvaluatedKey !== undefined) throw new Error('The table holds more than one page.');
  return new Map(Items.map((item) => [item['key']?.S ?? '', item] as const));
}

export interface Invocation {
  readonly error: string | undefined;
  readonly answer: unknown;
}

/** Invokes a function through Lambda's API, and waits for its answer. */
export async function invoke(name: string, event: unknown): Promise<Invocation> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: `${STACK}-${name}`, Payload: JSON.stringify(event) }),
  );
  return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload ?? []).toString() || 'null') };
}
