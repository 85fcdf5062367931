/** What all peers are told: the same table, the same cookie, the same lifetime. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export const TABLE = process.env['DYNAMODB_CACHE_TABLE'] ?? 'cache';

/** The table's key, as resources/dynamodb.yml names it. */
export const KEY = 'key';

export const COOKIE = '__Host-session';

/** Seconds from the last request to the end of a session. */
export const LIFETIME = 7200;

/** For those that sign or encrypt the cookie. */
export const SECRET = 'an example of a secret, long enough for all of them';

export const COOKIE_OPTIONS = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

/** One for the process, as all of them advise. The SDK itself knows `AWS_ENDPOINT_URL_DYNAMODB`. */
export function dynamoDB(): DynamoDBClient {
  const endpoint = process.env['DYNAMODB_ENDPOINT'];
  return new DynamoDBClient(endpoint === undefined ? {} : { endpoint });
}
