import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SourceData } from '@smithy/types';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { domainOf } from '../../../../src/cache/drivers/dynamodb/endpoint.ts';
import { sign, type Credentials } from '../../../../src/cache/drivers/dynamodb/signature.ts';
import { tries } from '../../../support/property-tries.ts';

/** As the signer of the AWS SDK wants it. */
class Sha256 {
  readonly #hash;

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', new Uint8Array(bytesOf(secret)));
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: SourceData): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

interface Case {
  readonly body: string;
  readonly region: string;
  readonly path: string;
  readonly now: Date;
  readonly credentials: Credentials;
  readonly operation: string;
}

/** The headers as ours and as the SDK's signer makes them. */
async function signedByBoth({ body, region, path, now, credentials, operation }: Case) {
  const host = `dynamodb.${region}.${domainOf(region)}`;
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const signer = new SignatureV4({
    service: 'dynamodb',
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = { method: 'POST', protocol: 'https:', hostname: host, path, query: {}, body };
  const signed = await signer.sign({ ...request, headers: { ...headers, host } }, { signingDate: now });
  const { 'x-amz-content-sha256': _unused, ...expected } = signed.headers;
  return { given: sign({ host, path, body, headers }, credentials, region, now.getTime()), expected };
}

const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/);

it('A request is signed as the AWS SDK signs it, whatever the body, the credentials, the region and the time', async () => {
  const cases = fc.record({
    body: fc.string({ unit: 'grapheme' }),
    region: fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1'),
    path: fc.constantFrom('/', '/prefix', '/a/b/'),
    now: fc.date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date('2040-01-01T00:00:00Z'), noInvalidDate: true }),
    credentials: fc.record({
      accessKeyId: word,
      secretAccessKey: word,
      sessionToken: fc.option(word, { nil: undefined }),
    }),
    operation: fc.constantFrom('GetItem', 'BatchWriteItem'),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ body, region, path, now, credentials, operation }) => {
      const { given, expected } = await signedByBoth({ body, region, path, now, credentials, operation });
      expect(given).toEqual(expected);
    }),
    tries(200),
  );
});

it('A request is signed with a key of its own day, region and secret, whatever the request before it had', async () => {
  const usual: Case = {
    body: '{}',
    region: 'eu-central-1',
    path: '/',
    now: new Date('2026-02-28T23:59:59.999Z'),
    credentials: { accessKeyId: 'one', secretAccessKey: 'first', sessionToken: 'token' },
    operation: 'GetItem',
  };
  const others: readonly Partial<Case>[] = [
    {},
    { now: new Date('2026-02-28T00:00:00Z') },
    { now: new Date('2026-03-01T00:00:00Z') },
    { region: 'us-east-1' },
    { credentials: { accessKeyId: 'one', secretAccessKey: 'second', sessionToken: 'token' } },
    { credentials: { accessKeyId: 'two', secretAccessKey: 'first', sessionToken: 'another' } },
    { credentials: { accessKeyId: 'two', secretAccessKey: 'first' } },
  ];
  for (const other of others) {
    for (const one of [usual, { ...usual, ...other }]) {
      const { given, expected } = await signedByBoth(one);
      expect(given).toEqual(expected);
    }
  }
});

it('The domain is that of the partition of a region', () => {
  expect(['us-east-1', 'us-gov-west-1', 'cn-north-1', 'us-iso-east-1', 'us-isob-east-1'].map(domainOf)).toEqual([
    'amazonaws.com',
    'amazonaws.com',
    'amazonaws.com.cn',
    'c2s.ic.gov',
    'sc2s.sgov.gov',
  ]);
});
