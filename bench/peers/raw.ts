/** What the routes need at the least, in calls of the AWS SDK: no signature, no conditions, no idle lifetime that moves. */
import { randomBytes } from 'node:crypto';
import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { COOKIE, dynamoDB, KEY, LIFETIME, TABLE } from './environment.ts';

export type Event = APIGatewayProxyEventV2;
export type Result = APIGatewayProxyStructuredResultV2;

type Data = Record<string, unknown>;

const client = dynamoDB();

export async function show(event: Event): Promise<Result> {
  const id = idIn(event);
  return json({ data: id === undefined ? {} : await read(id) });
}

export async function countVisit(event: Event): Promise<Result> {
  const [id, data, isNew] = await open(event);
  const visits = Number(data['visits'] ?? 0) + 1;
  await write(id, { ...data, visits });
  return json({ visits }, isNew ? id : undefined);
}

export async function put(event: Event, key: string): Promise<Result> {
  const [id, data, isNew] = await open(event);
  const body = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString() : event.body;
  await write(id, { ...data, [key]: JSON.parse(body ?? 'null') });
  return { statusCode: 204, ...(isNew && { cookies: [cookie(id)] }) };
}

export async function destroy(event: Event): Promise<Result> {
  const id = idIn(event);
  if (id !== undefined) await remove(id);
  return { statusCode: 204, cookies: [`${COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly`] };
}

export async function regenerate(event: Event): Promise<Result> {
  const [old, data, isNew] = await open(event);
  const id = newId();
  await write(id, data);
  if (!isNew) await remove(old);
  return json({}, id);
}

async function open(event: Event): Promise<readonly [id: string, data: Data, isNew: boolean]> {
  const id = idIn(event);
  return id === undefined ? [newId(), {}, true] : [id, await read(id), false];
}

async function read(id: string): Promise<Data> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: TABLE, Key: { [KEY]: { S: `session:${id}` } }, ConsistentRead: true }),
  );
  const text = Item?.['value']?.S;
  return text === undefined ? {} : (JSON.parse(text) as Data);
}

async function write(id: string, data: Data): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: { [KEY]: { S: `session:${id}` } },
      UpdateExpression: 'SET #value = :value, #expires = :expires',
      ExpressionAttributeNames: { '#value': 'value', '#expires': 'expires_at' },
      ExpressionAttributeValues: {
        ':value': { S: JSON.stringify(data) },
        ':expires': { N: String(Math.ceil(Date.now() / 1000) + LIFETIME) },
      },
    }),
  );
}

async function remove(id: string): Promise<void> {
  await client.send(new DeleteItemCommand({ TableName: TABLE, Key: { [KEY]: { S: `session:${id}` } } }));
}

function idIn({ cookies = [] }: Event): string | undefined {
  return cookies.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

function newId(): string {
  return randomBytes(32).toString('base64url');
}

function cookie(id: string): string {
  return `${COOKIE}=${id}; Path=/; Max-Age=${LIFETIME}; Secure; HttpOnly; SameSite=Lax`;
}

function json(value: unknown, id?: string): Result {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
    ...(id !== undefined && { cookies: [cookie(id)] }),
  };
}
