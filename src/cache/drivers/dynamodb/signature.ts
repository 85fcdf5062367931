/**
 * AWS Signature Version 4, for the one kind of request that the driver sends: a POST with a JSON body and no query.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SigningRequest {
  readonly host: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SERVICE = 'dynamodb';
const ALGORITHM = 'AWS4-HMAC-SHA256';

/** A day's key is good for every request of that day. As bytes, it would be made a key object anew for each of them. */
let lastKey: { readonly name: string; readonly key: KeyObject } | undefined;

/**
 * The request's headers together with those that sign it.
 *
 * @param now epoch milliseconds, as the server has them
 */
export function sign(
  request: SigningRequest,
  credentials: Credentials,
  region: string,
  now: number,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-date': time,
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).toSorted();
  const signed = names.join(';');
  const canonical = [
    'POST',
    request.path,
    '',
    ...names.map((name) => `${name}:${headers[name] ?? ''}`),
    '',
    signed,
    hash(request.body),
  ].join('\n');
  const scope = `${date}/${region}/${SERVICE}/aws4_request`;
  const text = [ALGORITHM, time, scope, hash(canonical)].join('\n');
  const signature = createHmac('sha256', signingKey(credentials, date, region))
    .update(text)
    .digest('hex');
  headers['authorization'] =
    `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  return headers;
}

function signingKey({ secretAccessKey }: Credentials, date: string, region: string): KeyObject {
  const name = `${date} ${region} ${secretAccessKey}`;
  if (lastKey?.name === name) return lastKey.key;
  const key = [date, region, SERVICE, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  lastKey = { name, key: createSecretKey(Buffer.from(key)) };
  return lastKey.key;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
