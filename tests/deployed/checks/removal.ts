import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { type Target, Visitor } from '../../e2e/visitor.ts';
import {
  cloudFormation,
  dynamoDB,
  lambda,
  records,
  resourcesOf,
  serverless,
  STACK,
  tableName,
  propertyOf,
} from '../stack.ts';
import { withoutCounters } from './redeployment.ts';

const REMOVE_MS = 120_000;

export function removalChecks(target: () => Target): void {
  describe('sls remove', () => {
    it('removes the service, and leaves the table with all it holds', { timeout: REMOVE_MS }, async () => {
      const TableName = await tableName();
      const functions = await resourcesOf('AWS::Lambda::Function');
      await new Visitor(target()).json('POST', '/login', { user: 'logged in to the end' });
      const before = withoutCounters(await records(TableName));
      expect(before.size).toBeGreaterThan(0);

      const { code, output } = await serverless('remove');
      expect([code, code === 0 ? '' : output]).toEqual([0, '']);

      await expect(cloudFormation.send(new DescribeStacksCommand({ StackName: STACK }))).rejects.toThrow(
        'does not exist',
      );
      for (const [, { Properties }] of functions) {
        const FunctionName = propertyOf(Properties, 'FunctionName');
        await expect(lambda.send(new GetFunctionCommand({ FunctionName }))).rejects.toThrow('not found');
      }
      expect((await new Visitor(target()).send('GET', '/health')).status).not.toBe(200);
      expect((await dynamoDB.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus).toBe('ACTIVE');
      expect(withoutCounters(await records(TableName))).toEqual(before);
    });
  });
}
