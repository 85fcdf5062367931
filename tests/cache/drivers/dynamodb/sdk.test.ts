import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, it, vi } from 'vitest';
import { DynamoDBStore } from '../../../../src/cache/drivers/dynamodb.ts';
import { SdkTransport, settingsOfSdk } from '../../../../src/cache/drivers/dynamodb/sdk.ts';
import { CAPACITY, answeringServer, refusal, type Answering } from './answering-server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const CREDENTIALS = { accessKeyId: 'someone', secretAccessKey: 'secret' };

async function client(answer: Answering) {
  const { endpoint, received, state } = await answeringServer(answer);
  return {
    received,
    state,
    client: new DynamoDBClient({ endpoint, region: 'eu-west-3', credentials: CREDENTIALS, maxAttempts: 5 }),
  };
}

const INPUT = { TableName: 'cache', Key: { key: { S: 'k' } } };

it('A request goes through a client of the AWS SDK, as whom that says', async () => {
  const { client: sdk, received } = await client(() => ({ body: { Item: { key: { S: 'k' } } } }));
  const output = await new SdkTransport(sdk).send('GetItem', INPUT, new AbortController().signal);
  expect(output).toMatchObject({ Item: { key: { S: 'k' } } });
  expect(received).toMatchObject([{ operation: 'GetItem', input: INPUT }]);
  expect(received[0]?.headers['authorization']).toContain('Credential=someone/');
});

it.each(['InternalServerError', 'ThrottlingException'])(
  'A client of the AWS SDK repeats nothing itself, and its error stays what it is: %s',
  async (type) => {
    const { client: sdk, received } = await client(() => refusal(type, type === 'ThrottlingException' ? 400 : 500));
    const error: unknown = await new SdkTransport(sdk)
      .send('UpdateItem', INPUT, new AbortController().signal)
      .catch((reason: unknown) => reason);
    expect(error).toHaveProperty('name', type);
    expect(received).toHaveLength(1);
  },
);

it('A client of the AWS SDK can be called off', async () => {
  const { client: sdk, received, state } = await client(() => 'never');
  const controller = new AbortController();
  const sending = new SdkTransport(sdk).send('GetItem', INPUT, controller.signal).catch((reason: unknown) => reason);
  await vi.waitFor(() => expect(received).toHaveLength(1));
  controller.abort();
  expect(await sending).toHaveProperty('name', 'AbortError');
  await vi.waitFor(() => expect(state.brokenOff).toBe(1));
});

it('A store works with a client of the AWS SDK, bytes included', async () => {
  let kept: object = {};
  const { client: sdk } = await client(({ operation, input }) => {
    if (operation === 'GetItem') return { body: { ...CAPACITY, Item: { ...INPUT.Key, ...kept } } };
    kept = { value: input.ExpressionAttributeValues[':value'], version: { N: '1' } };
    return { body: CAPACITY };
  });
  const store = new DynamoDBStore({ client: sdk });
  await store.set('k', new Uint8Array([1, 2, 3]));
  expect(await store.get('k')).toEqual({ value: new Uint8Array([1, 2, 3]), version: 1 });
});

it('The AWS SDK finds the region and the credentials of the environment', async () => {
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-3');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'from-environment');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const { region, credentials } = await settingsOfSdk();
  expect(await region()).toBe('eu-west-3');
  expect(await credentials()).toMatchObject({ accessKeyId: 'from-environment' });
});
