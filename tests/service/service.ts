/** The packaged service on a table of DynamoDB Local, with the proxy between them. */
import { randomUUID } from 'node:crypto';
import { createTable } from '../../scripts/emulator.ts';
import { type Answer, answerOf, eventOf, type TestRequest } from '../app/events.ts';
import { endpointOf } from '../support/dynamodb.ts';
import { DynamoDBProxy } from './dynamodb-proxy.ts';
import { Instance, type InvokeOptions } from './packaged.ts';
import { Table } from './table.ts';

export const APP_KEY = `base64:${Buffer.from('an example key of 32 bytes, sic!').toString('base64')}`;

export interface Sent extends Omit<TestRequest, 'cookies' | 'body' | 'method' | 'path'> {
  /** A Cookie header's pair. */
  readonly cookie?: string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export interface Service extends AsyncDisposable {
  readonly proxy: DynamoDBProxy;
  readonly table: Table;
  readonly instance: Instance;
  /** Another instance of the function, with the same environment and these changes. */
  start(env?: Readonly<Record<string, string>>): Promise<Instance>;
}

export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const endpoint = endpointOf('dynamoDBLocal');
  const name = `service-${randomUUID()}`;
  await createTable(endpoint, name);
  const proxy = await DynamoDBProxy.start(endpoint);
  const instances: Instance[] = [];
  const start = async (own: Readonly<Record<string, string>> = {}): Promise<Instance> => {
    const all = { DYNAMODB_CACHE_TABLE: name, DYNAMODB_ENDPOINT: proxy.url, APP_KEY, DEMO: 'true', ...env, ...own };
    const instance = await Instance.start(all);
    instances.push(instance);
    return instance;
  };
  return {
    proxy,
    table: new Table(endpoint, name),
    instance: await start(),
    start,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]()));
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** @param request `GET /session` */
export async function send(
  instance: Instance,
  request: `${string} /${string}`,
  { cookie, json, headers = {} }: Sent = {},
  options: InvokeOptions = {},
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  const event = eventOf('HTTP API', {
    method,
    path,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(cookie !== undefined && { cookies: [cookie] }),
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  return answerOf(await instance.invoke(event, options));
}

/** The pair that a browser would send back. */
export function cookieOf({ setCookies }: Pick<Answer, 'setCookies'>): string {
  const [pair = ''] = (setCookies[0] ?? '').split(';');
  return pair;
}

/** The id in a pair, without its signature. */
export function idOf(cookie: string): string {
  const [id = ''] = cookie.slice(cookie.indexOf('=') + 1).split('.');
  return id;
}

/** A new session with these data. */
export async function begin(instance: Instance, data: Readonly<Record<string, unknown>> = { a: 1 }): Promise<string> {
  let cookie: string | undefined;
  for (const [key, json] of Object.entries(data)) {
    const answer = await send(instance, `PUT /session/data/${key}`, { cookie, json });
    if (answer.status !== 204) throw new Error(`The session did not begin: ${answer.status}`);
    cookie ??= cookieOf(answer);
  }
  if (cookie === undefined) throw new Error('A session without data is none.');
  return cookie;
}

export async function dataOf(instance: Instance, cookie: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await send(instance, 'GET /session', { cookie });
  return (JSON.parse(answer.body) as { data: Record<string, unknown> }).data;
}
