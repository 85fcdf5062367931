/** The same plain function, over the transport that Cloakroom has instead of the SDK. */
import { HttpTransport } from '../../src/cache/drivers/dynamodb/transport.ts';
import { rawHandler } from './raw.ts';

const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = '', AWS_REGION: region = '' } = process.env;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const transport = new HttpTransport({
  endpoint: new URL(endpoint),
  region,
  credentials: () => Promise.resolve(credentials),
});
const { signal } = new AbortController();

export const handler = rawHandler({
  get: (input) => transport.send('GetItem', input, signal),
  update: (input) => transport.send('UpdateItem', input, signal),
});
