import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../../../src/cache/drivers/dynamodb/connection.ts';
import { domainOf, transportFor, type EndpointOptions } from '../../../../src/cache/drivers/dynamodb/endpoint.ts';
import { SdkTransport } from '../../../../src/cache/drivers/dynamodb/sdk.ts';
import { HttpTransport, type HttpTransportOptions } from '../../../../src/cache/drivers/dynamodb/transport.ts';
import { StoreUnavailableError } from '../../../../src/cache/errors.ts';
import { CAPACITY, answeringServer } from './answering-server.ts';

const created = vi.hoisted((): HttpTransportOptions[] => []);

vi.mock(import('../../../../src/cache/drivers/dynamodb/transport.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    HttpTransport: class extends module.HttpTransport {
      constructor(options: HttpTransportOptions) {
        super(options);
        created.push(options);
      }
    },
  };
});

const CREDENTIALS = { accessKeyId: 'someone', secretAccessKey: 'secret' };

beforeEach(() => {
  created.length = 0;
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-3');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'from-environment');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Where requests would go, and as whom. */
async function settingsFor(options: EndpointOptions) {
  await transportFor(options);
  const { endpoint, region, credentials } = created.at(-1) as HttpTransportOptions;
  const { accessKeyId } = await credentials();
  return { endpoint: endpoint.href, region, accessKeyId };
}

describe('Requests', () => {
  it.each(['http://localhost:1', 'http://127.0.0.1:2', 'http://127.9.9.9:3', 'http://[::1]:4'])(
    'to an emulator on this machine need no settings: %s',
    async (endpoint) => {
      const expected = { endpoint: `${endpoint}/`, region: 'us-east-1', accessKeyId: 'local' };
      expect(await settingsFor({ endpoint })).toEqual(expected);
    },
  );

  it.each(['http://example.com', 'http://localhost.example.com', 'http://x127.0.0.1.example.com'])(
    'to another machine are made as whom the SDK finds: %s',
    async (endpoint) => {
      const expected = { endpoint: `${endpoint}/`, region: 'us-east-1', accessKeyId: 'from-environment' };
      expect(await settingsFor({ endpoint })).toEqual(expected);
    },
  );

  it('go to AWS, in the region and as whom the SDK finds', async () => {
    const endpoint = 'https://dynamodb.eu-west-3.amazonaws.com/';
    expect(await settingsFor({})).toEqual({ endpoint, region: 'eu-west-3', accessKeyId: 'from-environment' });
  });

  it('go where and as whom they are told', async () => {
    expect(await settingsFor({ region: 'cn-north-1', credentials: CREDENTIALS })).toEqual({
      endpoint: 'https://dynamodb.cn-north-1.amazonaws.com.cn/',
      region: 'cn-north-1',
      accessKeyId: 'someone',
    });
    const own = { endpoint: 'http://localhost:5', region: 'eu-north-1', credentials: CREDENTIALS };
    expect(await settingsFor(own)).toEqual({
      ...own,
      endpoint: 'http://localhost:5/',
      credentials: undefined,
      accessKeyId: 'someone',
    });
  });

  it('may be made as whom a function says', async () => {
    const credentials = () => Promise.resolve({ ...CREDENTIALS, accessKeyId: 'from-function' });
    expect(await settingsFor({ region: 'us-east-1', credentials })).toMatchObject({ accessKeyId: 'from-function' });
  });

  it('can be sent by a client of the AWS SDK', async () => {
    const client = {} as NonNullable<EndpointOptions['client']>;
    expect(await transportFor({ client })).toBeInstanceOf(SdkTransport);
    expect(created).toEqual([]);
  });
});

describe('Connections', () => {
  const base = { endpoint: 'http://localhost:9', region: 'us-east-1', credentials: CREDENTIALS };

  it('are shared by all who go to the same place as the same', async () => {
    expect(await transportFor({ ...base })).toBe(await transportFor({ ...base, credentials: { ...CREDENTIALS } }));
    expect(await transportFor(base)).toBeInstanceOf(HttpTransport);
  });

  it.each<[string, EndpointOptions]>([
    ['endpoint', { endpoint: 'http://localhost:8' }],
    ['region', { region: 'us-east-2' }],
    ['access key', { credentials: { ...CREDENTIALS, accessKeyId: 'other' } }],
    ['secret', { credentials: { ...CREDENTIALS, secretAccessKey: 'other' } }],
    ['session token', { credentials: { ...CREDENTIALS, sessionToken: 'other' } }],
    ['function for credentials', { credentials: () => Promise.resolve(CREDENTIALS) }],
  ])('are not shared with another %s', async (_, other) => {
    expect(await transportFor({ ...base, ...other })).not.toBe(await transportFor(base));
  });

  it('are not shared by functions for credentials', async () => {
    const one = { ...base, credentials: () => Promise.resolve(CREDENTIALS) };
    expect(await transportFor(one)).not.toBe(
      await transportFor({ ...one, credentials: () => Promise.resolve(CREDENTIALS) }),
    );
  });

  it('that could not be set up are tried again', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'again');
    const connection = new Connection({ maxAttempts: 1, credentials: { ...CREDENTIALS, accessKeyId: 'again' } });
    const error: unknown = await connection.call('GetItem', {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toHaveProperty('ambiguous', false);
    expect(error).toHaveProperty('message', expect.stringContaining('SetUpError: No connection: '));
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    await expect(transportFor({ credentials: { ...CREDENTIALS, accessKeyId: 'again' } })).resolves.toBeDefined();
  });

  it('are made when the first request asks for one, and once', async () => {
    const { endpoint } = await answeringServer(() => ({ body: CAPACITY }));
    const connection = new Connection({ endpoint, credentials: () => Promise.resolve(CREDENTIALS) });
    expect(created).toEqual([]);
    await Promise.all([connection.call('GetItem', {}), connection.call('GetItem', {})]);
    expect(created).toHaveLength(1);
  });
});

it.each([
  ['us-east-1', 'amazonaws.com'],
  ['us-gov-west-1', 'amazonaws.com'],
  ['cn-northwest-1', 'amazonaws.com.cn'],
  ['eusc-de-east-1', 'amazonaws.eu'],
  ['us-iso-west-1', 'c2s.ic.gov'],
  ['us-isob-east-1', 'sc2s.sgov.gov'],
  ['us-isof-south-1', 'csp.hci.ic.gov'],
  ['eu-isoe-west-1', 'cloud.adc-e.uk'],
])('The region %s is of the domain %s', (region, domain) => {
  expect(domainOf(region)).toBe(domain);
});
