import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoDB, onlyResource, tableName } from '../stack.ts';

export function tableChecks(): void {
  describe('the table', () => {
    const template = async () => (await onlyResource('AWS::DynamoDB::Table')).Properties;
    const table = async () => {
      const { Table } = await dynamoDB.send(new DescribeTableCommand({ TableName: await tableName() }));
      if (Table === undefined) throw new Error('There is no table.');
      return Table;
    };

    it('has one key, of text', async () => {
      expect(await table()).toMatchObject({
        KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
        TableStatus: 'ACTIVE',
      });
    });

    it('has the provisioned capacity that the stage asks for', async () => {
      const { BillingModeSummary, ProvisionedThroughput } = await table();
      expect(BillingModeSummary?.BillingMode).toBe('PROVISIONED');
      expect(capacityOf(ProvisionedThroughput)).toEqual(capacityOf((await template())['ProvisionedThroughput']));
      expect(capacityOf(ProvisionedThroughput)).toEqual([5, 5]);
    });

    it('has a stream of its keys where the stage has one, and else none', async () => {
      const { StreamSpecification: stream } = await table();
      expect(stream?.StreamViewType).toEqual(
        (await template())['StreamSpecification'] === undefined ? undefined : 'KEYS_ONLY',
      );
    });

    it('is protected from deletion as the stage asks for', async () => {
      const protection = JSON.stringify((await template())['DeletionProtectionEnabled'] ?? false);
      expect((await table()).DeletionProtectionEnabled).toBe(protection.includes('true'));
    });

    // In the following, the local AWS leaves things off. Where it no longer does, gaps.ts has one line less.
    it('has TTL in the template, on the attribute that holds the expiry', async () => {
      expect((await template())['TimeToLiveSpecification']).toMatchObject({ AttributeName: 'expires_at' });
      expect(String(field(await template(), 'TimeToLiveSpecification', 'Enabled'))).toBe('true');
      const { TimeToLiveDescription } = await dynamoDB.send(
        new DescribeTimeToLiveCommand({ TableName: await tableName() }),
      );
      expect(TimeToLiveDescription?.TimeToLiveStatus).toBe('DISABLED');
    });

    it('is encrypted with a key that AWS manages, in the template', async () => {
      expect((await template())['SSESpecification']).toMatchObject({ SSEEnabled: true });
      expect((await table()).SSEDescription).toBeUndefined();
    });

    it('has no backups that would bring back who has logged out, in the template', async () => {
      const enabled = field(await template(), 'PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled');
      expect(String(enabled)).toBe('false');
      const { ContinuousBackupsDescription } = await dynamoDB.send(
        new DescribeContinuousBackupsCommand({ TableName: await tableName() }),
      );
      expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('DISABLED');
    });

    it('stays when its stack goes, and when another takes its place', async () => {
      const { DeletionPolicy, UpdateReplacePolicy } = await onlyResource('AWS::DynamoDB::Table');
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    });
  });
}

/** Read and write units. CloudFormation and the local AWS also write numbers as text. */
export function capacityOf(throughput: unknown): number[] {
  const { ReadCapacityUnits, WriteCapacityUnits } = throughput as Record<string, unknown>;
  return [Number(ReadCapacityUnits), Number(WriteCapacityUnits)];
}

function field(properties: Readonly<Record<string, unknown>>, name: string, inner: string): unknown {
  return (properties[name] as Record<string, unknown> | undefined)?.[inner];
}
