import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import { describe, expect, test } from 'vitest';
import { checkTemplate } from '../../scripts/check-template.ts';
import type { Json, Template } from '../../scripts/template-references.ts';

const specification = await loadAwsServiceSpec();

const TABLE = {
  TableName: 'cache',
  KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
};

const FUNCTION = {
  Handler: 'http.handler',
  Code: { ZipFile: '' },
  Role: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/own' },
  PackageType: 'Zip',
  Timeout: '10',
  Environment: { Variables: { TABLE: { Ref: 'Table' }, ARN: { 'Fn::GetAtt': ['Table', 'Arn'] } } },
};

function check(changes: { table?: Json; function?: Json; template?: object }): string[] {
  const template: Template = {
    Resources: {
      Table: { Type: 'AWS::DynamoDB::Table', Properties: { ...TABLE, ...(changes.table as object) } },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: { ...FUNCTION, ...(changes.function as object) },
        DependsOn: ['Table'],
      },
    },
    ...changes.template,
  };
  // As it comes from a file: without what is undefined.
  return checkTemplate(JSON.parse(JSON.stringify(template)), specification);
}

describe('the template check', () => {
  test('finds nothing in a correct template', () => {
    expect(check({})).toEqual([]);
  });

  test.each<[what: string, changes: Parameters<typeof check>[0], problem: string]>([
    [
      'an unknown type',
      { template: { Resources: { A: { Type: 'AWS::DynamoDB::Tabel' } } } },
      'A: AWS has no resource type AWS::DynamoDB::Tabel',
    ],
    ['an unknown property', { table: { Tablename: 'x' } }, 'Table.Tablename: no such property'],
    [
      'an unknown property deep inside',
      { table: { TimeToLiveSpecification: { AttributeName: 'x', Enabled: true, X: 1 } } },
      'Table.TimeToLiveSpecification.X: no such property',
    ],
    [
      'an unknown property in a list beside JSON',
      { table: { KeySchema: [{ AttributeName: 'key', KeyType: 'HASH', X: 1 }] } },
      'Table.KeySchema.0.X: no such property',
    ],
    ['null', { function: { Role: null } }, 'Function.Role: must be of type string'],
    [
      'a missing property deep inside',
      { table: { TimeToLiveSpecification: { AttributeName: 'x' } } },
      'Table.TimeToLiveSpecification.Enabled: is required',
    ],
    ['text for a number', { function: { Timeout: 'ten' } }, 'Function.Timeout: must be of type integer'],
    ['a structure for text', { function: { Handler: { a: 1 } } }, 'Function.Handler: must be of type string'],
    ['text for a structure', { function: { Code: 'x' } }, 'Function.Code: must be an object'],
    ['text for a list', { table: { AttributeDefinitions: 'key' } }, 'Table.AttributeDefinitions: must be a list'],
    [
      'text for a boolean',
      { table: { DeletionProtectionEnabled: 'yes' } },
      'Table.DeletionProtectionEnabled: must be of type boolean',
    ],
    [
      'a value that is not allowed',
      { function: { PackageType: 'Tar' } },
      'Function.PackageType: must be one of Image, Zip',
    ],
    ['a half tag', { table: { Tags: [{ Key: 'a' }] } }, 'Table.Tags.0: must be { Key, Value }'],
    [
      'a dangling Ref',
      { function: { Description: { Ref: 'Tabel' } } },
      'Function.Description: refers to Tabel, which does not exist',
    ],
    [
      'a dangling GetAtt',
      { function: { Description: { 'Fn::GetAtt': ['Tabel', 'Arn'] } } },
      'Function.Description: refers to Tabel, which does not exist',
    ],
    [
      'a GetAtt of an unknown attribute',
      { function: { Description: { 'Fn::GetAtt': 'Table.Name' } } },
      'Function.Description: Table has no attribute Name',
    ],
    [
      'a dangling Sub',
      { function: { Description: { 'Fn::Sub': 'a ${Tabel.Arn} ${!Literal}' } } },
      'Function.Description: refers to Tabel, which does not exist',
    ],
    [
      'a dangling Sub beside its own variables',
      { function: { Description: { 'Fn::Sub': ['${Own} ${Other}', { Own: 'x' }] } } },
      'Function.Description: refers to Other, which does not exist',
    ],
    [
      'a Ref inside another function',
      { function: { Description: { 'Fn::Join': ['', ['a', { Ref: 'B' }]] } } },
      'Function.Description.1.1: refers to B, which does not exist',
    ],
    [
      'a missing condition',
      { function: { Description: { 'Fn::If': ['IsProd', 'a', 'b'] } } },
      'Function.Description: refers to the condition IsProd, which does not exist',
    ],
    [
      'a dangling output',
      { template: { Outputs: { A: { Value: { Ref: 'B' } } } } },
      'Outputs.A.Value: refers to B, which does not exist',
    ],
  ])('finds %s', (_what, changes, problem) => {
    expect(check(changes)).toEqual([problem]);
  });

  test('finds a missing property and a dangling DependsOn', () => {
    const Function = { Type: 'AWS::Lambda::Function', Properties: { Code: {} }, DependsOn: 'Tabel' };
    expect(check({ template: { Resources: { Function } } })).toEqual([
      'Function.Role: is required',
      'Function.DependsOn: refers to "Tabel", which does not exist',
    ]);
  });
});
