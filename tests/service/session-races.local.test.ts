import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { dynamoDBStores, endpointOf } from '../support/dynamodb.ts';
import { DynamoDBProxy } from './dynamodb-proxy.ts';
import { requests } from './requests.ts';
import { describeSessionRaces } from './session-races.ts';

const newStore = dynamoDBStores('dynamoDBLocal');

describeSessionRaces('DynamoDB', () => newStore({ prefix: randomUUID() }));

it('A session that is destroyed after it was opened costs a read and a write', async () => {
  await using proxy = await DynamoDBProxy.start(endpointOf('dynamoDBLocal'));
  const { begin, send } = requests(new DynamoDBStore({ endpoint: proxy.url, prefix: randomUUID() }));
  const cookie = await begin();
  proxy.reset();
  expect((await send(cookie, (session) => session.destroy())).status).toBe(200);
  expect(proxy.cost()).toEqual([2, 1, 1]);
});
