import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { type Target, Visitor } from '../../e2e/visitor.ts';
import { dynamoDB, iam, invoke, physicalId, records, tableName } from '../stack.ts';

const HOUR = 3600;

export function purgeChecks(target: () => Target): void {
  describe('the function purge', () => {
    it('deletes what has expired, and nothing else', async () => {
      const TableName = await tableName();
      const now = Math.floor(Date.now() / 1000);
      for (let index = 0; index < 30; index++) await store(TableName, `session:expired-${index}`, now - HOUR);
      await store(TableName, 'session:living', now + HOUR);
      const guest = new Visitor(target());
      await guest.json('PUT', '/session/data/a', 1);
      const before = await records(TableName);

      const { error, answer } = await withStatementsByTheirName(() => invoke('purge', {}));
      expect([error, answer]).toEqual([undefined, null]);

      const left = await records(TableName);
      const gone = [...before.keys()].filter((key) => !left.has(key));
      // Also what expired by itself in the tests before: old ids, and the cached value.
      const expired = [...before].filter(([, { expires_at: expiry }]) => Number(expiry?.N ?? Infinity) <= now);
      expect(expired.length).toBeGreaterThanOrEqual(30);
      expect(gone).toEqual(expect.arrayContaining(expired.map(([key]) => key)));
      const end = Date.now() / 1000;
      for (const key of gone) expect(Number(before.get(key)?.['expires_at']?.N ?? Infinity)).toBeLessThanOrEqual(end);
      expect(left.has('session:living')).toBe(true);
      expect((await guest.session()).data).toEqual({ a: 1 });
    });
  });
}

function store(TableName: string, key: string, expires: number) {
  const Item = { key: { S: key }, value: { S: '{}' }, version: { N: '1' }, expires_at: { N: String(expires) } };
  return dynamoDB.send(new PutItemCommand({ TableName, Item }));
}

/** See `partiql` in gaps.ts. */
async function withStatementsByTheirName<T>(run: () => Promise<T>): Promise<T> {
  const policy = { RoleName: await physicalId('PurgeRole'), PolicyName: 'local-aws-only' };
  const Statement = [{ Effect: 'Allow', Action: 'dynamodb:BatchExecuteStatement', Resource: '*' }];
  await iam.send(
    new PutRolePolicyCommand({ ...policy, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) }),
  );
  try {
    return await run();
  } finally {
    await iam.send(new DeleteRolePolicyCommand(policy));
  }
}
