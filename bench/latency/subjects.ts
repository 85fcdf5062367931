/** What is compared: Cloakroom's packaged function, raw calls in functions around it, and the peers. */
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CLOAKROOM, type BundledAs } from '../bundles/bundle.ts';
import type { StubItem } from '../stub/stub.ts';
import type { Environment, Subject } from './subject.ts';

export interface Specification {
  readonly name: string;
  /** Relative to the project. */
  readonly entry: string;
  readonly as: BundledAs;
  readonly env?: Environment;
  /** Brings a session or a record into being. @returns the cookie that leads to it */
  readonly seed: (subject: Subject, endpoint: string) => Promise<string>;
}

/** Characters of text in a session, so that it takes 300 bytes of JSON. */
const CART = 'x'.repeat(250);

export const RAW = 'raw calls, AWS SDK';
export const RAW_OVER_TRANSPORT = 'raw calls, Cloakroom’s transport';
export const RAW_BEHIND_MIDDY = 'raw calls, AWS SDK, Middy + router';
export const CLOAKROOM_ON_LAMBDA = 'Cloakroom';
export const CLOAKROOM_QUIET = 'Cloakroom, METRICS=false';

export const SUBJECTS: readonly Specification[] = [
  { name: CLOAKROOM_ON_LAMBDA, entry: CLOAKROOM, as: 'cloakroom', seed: beginSession },
  { name: CLOAKROOM_QUIET, entry: CLOAKROOM, as: 'cloakroom', env: { METRICS: 'false' }, seed: beginSession },
  { name: RAW, entry: 'bench/functions/plain-sdk.ts', as: 'esm', seed: putRecord },
  { name: RAW_OVER_TRANSPORT, entry: 'bench/functions/plain-transport.ts', as: 'esm', seed: putRecord },
  { name: RAW_BEHIND_MIDDY, entry: 'bench/functions/middy-sdk.ts', as: 'esm', seed: putRecord },
];

/** Stores the cart, as a visitor would, and keeps the cookie. */
async function beginSession(subject: Subject): Promise<string> {
  const { cookies, headers } = await subject.answer({
    method: 'PUT',
    path: '/session/data/cart',
    body: JSON.stringify(CART),
  });
  const [cookie] = (cookies?.[0] ?? headers?.['set-cookie'] ?? '').split(';');
  if (cookie === undefined || cookie === '') throw new Error('The first write was answered without a cookie.');
  // So that what is measured changes what is there.
  await subject.answer({ method: 'POST', path: '/session/visits', cookie });
  return cookie;
}

async function putRecord(_subject: Subject, endpoint: string): Promise<string> {
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
