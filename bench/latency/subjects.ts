/** What is compared: Cloakroom's packaged function, raw calls in functions around it, and the peers. */
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Answer } from '../functions/event.ts';
import type { StubItem } from '../stub/stub.ts';
import type { SubjectName } from '../subjects/bundle.ts';
import { APP_KEY } from '../subjects/subjects.ts';
import type { Environment, Subject } from './subject.ts';

/** Brings a session or a record into being. @returns the cookie that leads to it */
export type Seed = (subject: Subject, endpoint: string) => Promise<string>;

export interface Specification {
  readonly name: string;
  readonly bundled: SubjectName;
  readonly env?: Environment;
  readonly seed: Seed;
}

/** Characters of text in a session, so that it takes 300 bytes of JSON. */
const CART = 'x'.repeat(250);

export const RAW = 'raw calls, AWS SDK';
export const RAW_OVER_TRANSPORT = 'raw calls, Cloakroom’s transport';
export const RAW_BEHIND_MIDDY = 'raw calls, AWS SDK, Middy + router';
export const CLOAKROOM_ON_LAMBDA = 'Cloakroom';
export const CLOAKROOM_QUIET = 'Cloakroom, METRICS=false';

/** With signed cookies, as express-session and @fastify/session always have them. */
export const SUBJECTS: readonly Specification[] = [
  { name: CLOAKROOM_ON_LAMBDA, bundled: 'cloakroom', env: { APP_KEY }, seed: beginSession },
  { name: CLOAKROOM_QUIET, bundled: 'cloakroom', env: { APP_KEY, METRICS: 'false' }, seed: beginSession },
  { name: RAW, bundled: 'raw-sdk', seed: putRecord },
  { name: RAW_OVER_TRANSPORT, bundled: 'raw-transport', seed: putRecord },
  { name: RAW_BEHIND_MIDDY, bundled: 'raw-middy', seed: putRecord },
  { name: 'express-session + connect-dynamodb', bundled: 'express', seed: beginSession },
  { name: '@fastify/session + connect-dynamodb', bundled: 'fastify', seed: beginSession },
];

/** Stores the cart and counts a visit, as a visitor would, and keeps the cookie. */
export async function beginSession(subject: Subject): Promise<string> {
  const body = JSON.stringify(CART);
  const cookie = cookieIn(await subject.answer({ method: 'PUT', path: '/session/data/cart', body }));
  if (cookie === undefined) throw new Error('The first write was answered without a cookie.');
  // Where the cookie holds the session, there is a new one.
  const counted = await subject.answer({ method: 'POST', path: '/session/visits', cookie });
  return cookieIn(counted) ?? cookie;
}

function cookieIn({ cookies, headers }: Answer): string | undefined {
  return (cookies?.[0] ?? headers?.['set-cookie'])?.split(';')[0];
}

export async function putRecord(_subject: Subject, endpoint: string): Promise<string> {
  const key = `session:${crypto.randomUUID()}`;
  const value = JSON.stringify({ data: { cart: CART, visits: 1 }, created: Math.floor(Date.now() / 1000) });
  await withClient(endpoint, (client) =>
    client.send(
      new PutItemCommand({
        TableName: 'cache',
        Item: {
          key: { S: key },
          value: { S: value },
          version: { N: '1' },
          expires_at: { N: String(Math.ceil(Date.now() / 1000) + 7200) },
        },
      }),
    ),
  );
  return `key=${key}`;
}

/** Everything in a table, for the stub. @param key name of its key attribute */
export async function itemsOf(endpoint: string, table: string, key: string): Promise<StubItem[]> {
  const { Items: items = [] } = await withClient(endpoint, (client) =>
    client.send(new ScanCommand({ TableName: table })),
  );
  return items.map((item) => ({ table, key, item }));
}

async function withClient<T>(endpoint: string, use: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
