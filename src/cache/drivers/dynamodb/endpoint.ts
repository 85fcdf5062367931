/** Where requests go, and as whom. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SdkTransport, settingsOfSdk } from './sdk.ts';
import type { Credentials } from './signature.ts';
import { HttpTransport, type Transport } from './transport.ts';

export interface EndpointOptions {
  /** Another DynamoDB, such as an emulator, or an endpoint of your own network. @default AWS's of the region */
  readonly endpoint?: string;
  /** @default what the AWS SDK finds; `us-east-1` with an endpoint */
  readonly region?: string;
  /** @default what the AWS SDK finds; dummy ones with an endpoint on this machine */
  readonly credentials?: Credentials | (() => Promise<Credentials>);
  /** A client of the AWS SDK to send with. Its own tries are not used. @default none: the SDK is not needed */
  readonly client?: DynamoDBClient;
}

const LOCAL_CREDENTIALS: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** By endpoint, region and access key: connections are worth keeping as long as the process lives. */
const transports = new Map<string, Promise<Transport>>();

/** @throws what the AWS SDK throws where it finds no region */
export function transportFor(options: EndpointOptions): Promise<Transport> {
  const { endpoint = '', region = '', credentials, client } = options;
  if (client !== undefined) return Promise.resolve(new SdkTransport(client));
  if (typeof credentials === 'function') return newTransport(options);
  const { accessKeyId = '', secretAccessKey = '', sessionToken = '' } = credentials ?? {};
  const name = JSON.stringify([endpoint, region, accessKeyId, secretAccessKey, sessionToken]);
  let transport = transports.get(name);
  if (transport === undefined) {
    transport = newTransport(options);
    transport.catch(() => transports.delete(name));
    transports.set(name, transport);
  }
  return transport;
}

async function newTransport({ endpoint, region, credentials }: EndpointOptions): Promise<Transport> {
  const isLocal = endpoint !== undefined && isLoopback(endpoint);
  const givenRegion = region ?? (endpoint === undefined ? undefined : 'us-east-1');
  const givenCredentials = credentials ?? (isLocal ? LOCAL_CREDENTIALS : undefined);
  if (givenRegion !== undefined && givenCredentials !== undefined) {
    return httpTransport(endpoint, givenRegion, givenCredentials);
  }
  const found = await settingsOfSdk();
  return httpTransport(endpoint, givenRegion ?? (await found.region()), givenCredentials ?? found.credentials);
}

function httpTransport(
  endpoint: string | undefined,
  region: string,
  credentials: NonNullable<EndpointOptions['credentials']>,
): Transport {
  return new HttpTransport({
    endpoint: new URL(endpoint ?? `https://dynamodb.${region}.${domainOf(region)}`),
    region,
    credentials: typeof credentials === 'function' ? credentials : () => Promise.resolve(credentials),
  });
}

/**
 * The domain of a region's partition.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
export function domainOf(region: string): string {
  const [, domain = 'amazonaws.com'] = DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return domain;
}

const DOMAINS = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
] as const;

function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
