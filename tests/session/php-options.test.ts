/**
 * What each option of AWS's session handler for PHP decides, decided by the environment: see docs/coming-from-php.md.
 * On dynalite, with the items read back as the AWS SDK reads them.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { loadConfig } from '../../src/config.ts';
import { sessionMiddleware, type RequestSession } from '../../src/middleware/session.ts';
import { keyOf } from '../../src/session/ids.ts';
import { CREDENTIALS, endpointOf } from '../support/dynamodb.ts';

const endpoint = endpointOf('dynalite');
const HANDLER_NAMES = { key: 'id', value: 'data', expires: 'expires' };
const HANDLER = {
  DYNAMODB_KEY_ATTRIBUTE: 'id',
  DYNAMODB_VALUE_ATTRIBUTE: 'data',
  DYNAMODB_EXPIRES_ATTRIBUTE: 'expires',
};

interface Request {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A service on a table of its own, as the environment has it, with every request to the table written down. */
async function service(env: Readonly<Record<string, string>> = {}) {
  const table = `php-${randomUUID()}`;
  const { dynamodb, session } = loadConfig({ ...HANDLER, DYNAMODB_CACHE_TABLE: table, ...env });
  await createTable(endpoint, dynamodb.table, dynamodb.attributes);
  const requests: Request[] = [];
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        requests.push({ operation: commandName.replace('Command', ''), input: { ...call.input } });
        return next(call);
      },
    { step: 'initialize' },
  );
  const time = { now: 1_800_000_000_000 };
  const clock = () => time.now;
  const store = new DynamoDBStore({ ...dynamodb, client, clock, readsFailedConditions: true });
  const middleware = sessionMiddleware({ ...session, store, clock, consistentRead: dynamodb.consistentRead });
  const send = async (work: (session: RequestSession) => Promise<unknown>, id?: string) => {
    const lambda = middy<unknown, { statusCode: number; cookies?: string[] }>()
      .use(middleware)
      .handler(async (_event, context) => {
        await work(context.session);
        return { statusCode: 204 };
      });
    const event = { version: '2.0', headers: {}, cookies: id === undefined ? [] : [`session=${id}`] };
    const { cookies } = await lambda(event, { getRemainingTimeInMillis: () => 10_000 } as Context as never);
    return /=([^;]+)/.exec(cookies?.[0] ?? '')?.[1] ?? id ?? '';
  };
  const itemsOf = async (name = table) => (await client.send(new ScanCommand({ TableName: name }))).Items ?? [];
  return { table, send, time, requests, itemsOf, begin: () => send(storing) };
}

const storing = async (session: RequestSession) => (await session.open()).set('cart', ['hat']);
const reading = async (session: RequestSession) => (await session.open()).get('cart');

describe('table_name: a session', () => {
  it('lies in the table of DYNAMODB_CACHE_TABLE, and in no other', async () => {
    const other = `other-${randomUUID()}`;
    await createTable(endpoint, other, HANDLER_NAMES);
    const one = await service();
    const two = await service({ DYNAMODB_CACHE_TABLE: other });
    const id = await two.begin();
    expect(await one.itemsOf()).toEqual([]);
    expect(await one.itemsOf(other)).toMatchObject([{ id: { S: `session:${keyOf(id)}` } }]);
  });
});

describe('hash_key, data_attribute and session_lifetime_attribute: an item', () => {
  it.each([
    ['id', 'data', 'expires'],
    ['key', 'value', 'expires_at'],
    ['session id', 'daten', 'gültig-bis'],
  ])('has the attributes %s, %s and %s, and one more', async (key, value, expires) => {
    const { begin, itemsOf, send } = await service({
      DYNAMODB_KEY_ATTRIBUTE: key,
      DYNAMODB_VALUE_ATTRIBUTE: value,
      DYNAMODB_EXPIRES_ATTRIBUTE: expires,
    });
    const id = await begin();
    const [item = {}] = await itemsOf();
    expect(Object.keys(item).toSorted()).toEqual([key, value, expires, 'version'].toSorted());
    expect(item[key]).toEqual({ S: `session:${keyOf(id)}` });
    expect(JSON.parse(item[value]?.S ?? '')).toMatchObject({ data: { cart: ['hat'] } });
    expect(Number(item[expires]?.N)).toBeGreaterThan(1_800_000_000);
    await send(async (session) => expect(await reading(session)).toEqual(['hat']), id);
  });
});

describe('data_attribute_type: the data', () => {
  it.each([
    ['string', 'S'],
    ['binary', 'B'],
  ] as const)('of the type %s is kept as %s, and read back', async (type, tag) => {
    const { begin, itemsOf, send } = await service({ DYNAMODB_VALUE_TYPE: type });
    const id = await begin();
    const data: Readonly<Record<string, unknown>> = { ...(await itemsOf())[0]?.['data'] };
    expect(Object.keys(data)).toEqual([tag]);
    const kept = data[tag] instanceof Uint8Array ? Buffer.from(data[tag]).toString() : String(data[tag]);
    expect(JSON.parse(kept)).toMatchObject({ data: { cart: ['hat'] } });
    await send(async (session) => expect(await reading(session)).toEqual(['hat']), id);
  });
});

describe('session_lifetime: a session', () => {
  it.each([10, 600])(
    'of %i minutes expires a tenth later, in epoch seconds, and is read until then',
    async (minutes) => {
      const { begin, itemsOf, send, time } = await service({ SESSION_LIFETIME: String(minutes) });
      const id = await begin();
      const end = 1_800_000_000 + minutes * 66;
      expect((await itemsOf())[0]?.['expires']).toEqual({ N: String(end) });
      const isNew = async (session: RequestSession) =>
        expect((await session.open()).isNew).toBe(time.now >= end * 1000);
      time.now = end * 1000;
      await send(isNew, id);
      time.now = end * 1000 - 1;
      await send(isNew, id);
    },
  );
});

describe('consistent_read: reading a session', () => {
  it.each([
    [{}, [true]],
    [{ DYNAMODB_CONSISTENT_READ: 'true' }, [true]],
    [{ DYNAMODB_CONSISTENT_READ: 'false' }, [false]],
  ] as const)('with %j asks for ConsistentRead %j', async (env, flags) => {
    const { begin, send, requests } = await service(env);
    const id = await begin();
    requests.length = 0;
    await send(reading, id);
    expect(requests.map(({ operation, input }) => [operation, input['ConsistentRead']])).toEqual(
      flags.map((flag) => ['GetItem', flag]),
    );
  });
});

describe('locking: a request', () => {
  it.each([
    [{}, ['GetItem'], false],
    [{ SESSION_LOCKING: 'false' }, ['GetItem'], false],
    [{ SESSION_LOCKING: 'true' }, ['UpdateItem', 'UpdateItem'], true],
  ] as const)(
    'with %j makes the requests %j, and its item is locked meanwhile: %j',
    async (env, operations, isLocked) => {
      const { begin, send, requests, itemsOf } = await service(env);
      const id = await begin();
      requests.length = 0;
      const made: string[] = [];
      const note = () => made.push(...requests.splice(0).map(({ operation }) => operation));
      await send(async (session) => {
        await session.open();
        note();
        expect(Object.hasOwn((await itemsOf())[0] ?? {}, 'lock_owner')).toBe(isLocked);
        requests.length = 0;
      }, id);
      note();
      expect(made).toEqual(operations);
      expect((await itemsOf())[0]).not.toHaveProperty('lock_owner');
    },
  );
});
