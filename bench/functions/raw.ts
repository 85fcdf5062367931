/** What a request costs at the least: a record read, or read and written back, and nothing that a session needs besides. */
import type { Answer } from './event.ts';

/** One record, as Cloakroom keeps it. */
export interface Item {
  readonly value?: { readonly S?: string };
  readonly version?: { readonly N?: string };
}

/** The two calls, by whatever sends them. */
export interface RawTable {
  get(input: ReturnType<typeof getInput>): Promise<{ readonly Item?: Item | undefined }>;
  update(input: ReturnType<typeof updateInput>): Promise<unknown>;
}

export interface RawEvent {
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly requestContext: { readonly http: { readonly method: string } };
}

const TableName = process.env['DYNAMODB_CACHE_TABLE'] ?? 'cache';
const LIFETIME_SECONDS = 7200;

/** The cookie `key` holds the record's key as it stands in the table. GET reads; anything else reads and changes. */
export function rawHandler(table: RawTable): (event: RawEvent) => Promise<Answer> {
  return async ({ cookies, body, requestContext: { http } }) => {
    const key = cookies?.[0]?.slice('key='.length) ?? '';
    const { Item: item } = await table.get(getInput(key));
    if (http.method === 'GET') return json(item?.value?.S ?? '');
    const state = JSON.parse(item?.value?.S ?? '') as { data: { visits: number; a?: unknown } };
    if (body === undefined) state.data.visits += 1;
    else state.data.a = JSON.parse(body);
    await table.update(updateInput(key, JSON.stringify(state), item?.version?.N ?? ''));
    return json(JSON.stringify({ visits: state.data.visits }));
  };
}

function json(body: string): Answer {
  return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body };
}

function getInput(key: string) {
  return { TableName, Key: { key: { S: key } }, ConsistentRead: true };
}

/** Under the condition that makes a write safe: that the record is the one which was read. */
function updateInput(key: string, value: string, version: string) {
  const expiresAt = Math.ceil(Date.now() / 1000) + LIFETIME_SECONDS;
  return {
    TableName,
    Key: { key: { S: key } },
    UpdateExpression: 'SET #value = :value, #version = :version, #expires = :expires',
    ConditionExpression: '#version = :ifVersion',
    ExpressionAttributeNames: { '#value': 'value', '#version': 'version', '#expires': 'expires_at' },
    ExpressionAttributeValues: {
      ':value': { S: value },
      ':version': { N: String(Math.floor(Math.random() * 2 ** 52)) },
      ':expires': { N: String(expiresAt) },
      ':ifVersion': { N: version },
    },
  };
}
