import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Target, Visitor } from '../../e2e/visitor.ts';
import { deployedApi, dynamoDB, records, serverless, tableName } from '../stack.ts';
import { capacityOf } from './table.ts';

const DEPLOY_MS = 120_000;

export function redeploymentChecks(target: () => Target): void {
  describe('another deployment', () => {
    it(
      'with other capacity changes the table, and loses no record and no session',
      { timeout: DEPLOY_MS },
      async () => {
        const TableName = await tableName();
        const guest = new Visitor(target());
        await guest.json('POST', '/login', { user: 'logged in before' });
        const before = await records(TableName);

        const { code, output } = await serverless('deploy', '--param', 'readCapacityUnits=7');
        expect([code, code === 0 ? '' : output]).toEqual([0, '']);

        const { Table } = await dynamoDB.send(new DescribeTableCommand({ TableName }));
        expect(capacityOf(Table?.ProvisionedThroughput)).toEqual([7, 5]);
        expect(withoutCounters(await records(TableName))).toEqual(withoutCounters(before));
        expect(await deployedApi()).toEqual(target());
        expect((await guest.session()).data).toEqual({ user: 'logged in before' });
        expect(await guest.json('POST', '/session/visits')).toMatchObject({ status: 200, body: '{"visits":1}' });
      },
    );
  });
}

/** What is kept of visitors. The stream may still arrive at the live count. */
export function withoutCounters(all: Awaited<ReturnType<typeof records>>): Map<string, unknown> {
  return new Map([...all].filter(([key]) => key.startsWith('session:') || key.startsWith('user:')));
}
