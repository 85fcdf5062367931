/**
 * What each function may do in DynamoDB, compared with what its part of the contract asks of it: recorded on DynamoDB
 * Local, which knows no permissions, and set against the policies in the packaged template.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import type { Template } from '../../scripts/template-references.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { copyProject, packagedTemplate, runServerless } from '../deploy/project.ts';
import { endpointOf } from '../support/dynamodb.ts';
import { DynamoDBProxy } from './dynamodb-proxy.ts';
import { type FunctionName, Instance, packagedHandler } from './packaged.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly 'ForAllValues:StringEquals': { readonly 'dynamodb:LeadingKeys': readonly string[] } };
}

const endpoint = endpointOf('dynamoDBLocal');
const TABLE_ARN = { 'Fn::GetAtt': ['CacheTable', 'Arn'] };

let name: string;
let proxy: DynamoDBProxy;
let template: Template;

beforeAll(async () => {
  const project = await copyProject();
  await runServerless(project, ['package']);
  template = await packagedTemplate(project);
  await project.remove();
  await packagedHandler();
  proxy = await DynamoDBProxy.start(endpoint);
}, 90_000);

beforeEach(async () => {
  name = `permissions-${randomUUID()}`;
  await createTable(endpoint, name, { expires: 'unused' });
  proxy.reset();
});

afterAll(() => proxy[Symbol.asyncDispose]());

function statementsOf(role: string): readonly Statement[] {
  const properties = template.Resources[role]?.Properties as unknown as {
    readonly Policies: readonly [{ readonly PolicyDocument: { readonly Statement: readonly Statement[] } }];
  };
  return properties.Policies[0].PolicyDocument.Statement;
}

/** Actions that a role has on the table, with the keys that they are limited to. */
function granted(role: string): string[] {
  return statementsOf(role)
    .filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(TABLE_ARN))
    .flatMap(({ Action, Condition }) =>
      [Action].flat().flatMap((action) => {
        const keys = Condition?.['ForAllValues:StringEquals']['dynamodb:LeadingKeys'] ?? ['any key'];
        return keys.map((key) => `${action} of ${key}`);
      }),
    )
    .toSorted();
}

/** Actions that the recorded requests need, each once; `limited` where the keys are looked at. */
function called(own: readonly string[] = []): string[] {
  const actions = proxy.exchanges.flatMap(({ operation, body }) => {
    const request = JSON.parse(body) as {
      readonly Key?: { readonly key: { readonly S: string } };
      readonly Statements?: readonly { readonly Statement: string }[];
    };
    if (operation === 'BatchExecuteStatement') {
      return (request.Statements ?? []).map(
        ({ Statement: [verb = ''] }) => `dynamodb:PartiQL${VERBS[verb]} of any key`,
      );
    }
    const key = request.Key?.key.S ?? '';
    return [`dynamodb:${operation} of ${own.includes(key) ? key : 'any key'}`];
  });
  return [...new Set(actions)].toSorted();
}

/** The first letters of PartiQL's verbs. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html */
const VERBS: Readonly<Record<string, string>> = { D: 'Delete', I: 'Insert', S: 'Select', U: 'Update' };

async function invoke(functionName: FunctionName, event: unknown): Promise<unknown> {
  const env = { DYNAMODB_CACHE_TABLE: name, DYNAMODB_ENDPOINT: proxy.url };
  await using instance = await Instance.start(env, functionName);
  return await instance.invoke(event);
}

const record = (eventName: string, sequence: number) => ({
  eventName,
  dynamodb: {
    Keys: { key: { S: 'session:a' } },
    SequenceNumber: String(sequence).padStart(21, '0'),
    ApproximateCreationDateTime: 1_700_000_000,
  },
});

async function count(): Promise<void> {
  await invoke('count', { shardId: 'shardId-1', state: {}, Records: [record('INSERT', 1)] });
}

/** A store whose records are all expired. */
const past = () => new DynamoDBStore({ endpoint, table: name, clock: () => Date.now() - 120_000 });

describe('The function http', () => {
  it('may do what the contract of a store asks in requests, batches included, and nothing else', async () => {
    const store = new DynamoDBStore({ endpoint: proxy.url, table: name });
    const lease = { owner: 'me', milliseconds: 1000 };
    await store.set('a', 'x', { ttl: 60 });
    await store.set('a', 'y', { if: { absent: true } });
    await store.get('a');
    await store.touch('a', 90);
    await store.increment('n');
    await store.lock('a', lease);
    await store.unlock('a', 'me', { ttl: 60 });
    await store.lock('missing', lease);
    await store.unlock('missing', 'me');
    await store.setMany([
      ['b', '1'],
      ['c', '2', 60],
    ]);
    await store.getMany(['a', 'b', 'c']);
    await store.deleteMany(['b', 'c']);
    await store.delete('a');
    expect(granted('HttpRole')).toEqual(called());
  });

  it('may not read more than its requests do: no scan, no query, no statement, no table settings', () => {
    const actions = statementsOf('HttpRole').flatMap(({ Action }) => Action);
    expect(actions.filter((action) => /Scan|Query|PartiQL|Table|Stream|\*/.test(action))).toEqual([
      'logs:CreateLogStream',
    ]);
  });

  it('may answer GET /stats', async () => {
    await count();
    proxy.reset();
    await invoke('http', {
      version: '2.0',
      rawPath: '/stats',
      headers: { host: 'service.example' },
      requestContext: { http: { method: 'GET', path: '/stats' }, stage: '$default' },
    });
    expect(called()).toEqual(['dynamodb:GetItem of any key']);
    expect(granted('HttpRole')).toEqual(expect.arrayContaining(called()));
  });
});

describe('The function purge', () => {
  const own = ['purge:cursor', 'count:sessions'];

  it('may scan, delete what has expired, and keep its cursor and its note of the count, and nothing else', async () => {
    await count();
    await past().set('session:b', 'x', { ttl: 60 });
    proxy.reset();
    await invoke('purge', {});
    const needed = called(own);
    expect(needed).toContain('dynamodb:UpdateItem of count:sessions');
    expect(granted('PurgeRole')).toEqual(needed);
  });
});

describe('The function count', () => {
  it('may write its record, and nothing else of the table', async () => {
    await count();
    expect(granted('CountRole')).toEqual(called(['count:sessions']));
  });

  it('may write it as well where a batch comes again in parts', async () => {
    await count();
    proxy.reset();
    await invoke('count', { shardId: 'shardId-1', state: {}, Records: [record('INSERT', 1), record('REMOVE', 2)] });
    expect(granted('CountRole')).toEqual(called(['count:sessions']));
  });

  it('may do with the stream what Lambda does in its name', () => {
    const ofStream = statementsOf('CountRole').filter(({ Resource }) => JSON.stringify(Resource).includes('StreamArn'));
    // https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    expect(ofStream.flatMap(({ Action }) => Action)).toEqual([
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ]);
  });
});

describe('Every function', () => {
  it.each(['HttpRole', 'PurgeRole', 'CountRole'])('has no wildcard in %s but for the names of log streams', (role) => {
    for (const { Action, Resource } of statementsOf(role)) {
      expect([Action].flat().join(' ')).not.toContain('*');
      expect(JSON.stringify(Resource).replace(/:log-group:\/aws\/lambda\/[\w-]+:\*/, '')).not.toContain('*');
    }
  });
});
