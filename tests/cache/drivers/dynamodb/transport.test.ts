import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ServiceError } from '../../../../src/cache/drivers/dynamodb/failure.ts';
import { HttpTransport } from '../../../../src/cache/drivers/dynamodb/transport.ts';
import { CAPACITY, answeringServer, refusal, type Answering } from './answering-server.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const CREDENTIALS = { accessKeyId: 'someone', secretAccessKey: 'secret' };

async function transport(answer: Answering, path = '') {
  const { endpoint, ...server } = await answeringServer(answer);
  const credentials = vi.fn<() => Promise<typeof CREDENTIALS>>(() => Promise.resolve(CREDENTIALS));
  const http = new HttpTransport({ endpoint: new URL(endpoint + path), region: 'eu-central-1', credentials });
  const abort = new AbortController();
  const send = (input: object) => http.send('GetItem', input, abort.signal);
  return { ...server, credentials, endpoint, abort, send };
}

/** Switches to another protocol, which nobody asked for: the client closes the connection, and says nothing. */
async function upgradingServer() {
  const server = createNetServer((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const upgraded = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const http = new HttpTransport({ endpoint, region: 'eu-central-1', credentials: async () => CREDENTIALS });
  const abort = new AbortController();
  return { abort, upgraded, send: (input: object) => http.send('GetItem', input, abort.signal) };
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

describe('A request', () => {
  it('is a signed POST of JSON that names its operation', async () => {
    const { send, received, endpoint } = await transport(() => ({ body: CAPACITY }), '/path');
    expect(await send({ TableName: 'cache' })).toEqual(CAPACITY);
    const [request] = received;
    expect(request).toMatchObject({ path: '/path', operation: 'GetItem', text: '{"TableName":"cache"}' });
    expect(request?.headers).toMatchObject({
      host: new URL(endpoint).host,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=someone\/\d{8}\/eu-central-1\/dynamodb\/aws4_request, Signed/,
      ),
    });
  });

  it('has bytes in base64, parts of larger ones too', async () => {
    const { send, received } = await transport(() => ({ body: CAPACITY }));
    await send({
      part: new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4),
      none: new Uint8Array(),
      text: 'text',
      number: 5,
    });
    expect(received[0]?.input).toEqual({ part: 'AQID', none: '', text: 'text', number: 5 });
  });

  it('without credentials is not sent', async () => {
    const { send, credentials, received } = await transport(() => ({ body: CAPACITY }));
    credentials.mockRejectedValueOnce(new TypeError('no profile'));
    const error = await failure(send({}));
    expect(error).toMatchObject({ name: 'SetUpError', message: 'No credentials: TypeError: no profile' });
    expect(received).toEqual([]);
  });

  it('that was given up while credentials were looked for is not sent', async () => {
    const { send, credentials, abort, received } = await transport(() => ({ body: CAPACITY }));
    credentials.mockImplementationOnce(() => {
      abort.abort();
      return Promise.resolve(CREDENTIALS);
    });
    expect(await failure(send({}))).toMatchObject({ name: 'AbortError' });
    expect(received).toEqual([]);
  });

  it('that is given up is broken off', async () => {
    const { send, abort, received, state } = await transport(() => 'never');
    const failed = failure(send({}));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    abort.abort();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(state.brokenOff).toBe(1));
  });

  it('that is given up ends also where its connection did without an answer', async () => {
    const { send, abort, upgraded } = await upgradingServer();
    const failed = failure(send({}));
    await upgraded;
    abort.abort();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('leaves nothing behind at a signal that others share', async () => {
    const { send, abort } = await transport((_, count) => (count === 1 ? refusal('Refused', 400) : { body: CAPACITY }));
    await failure(send({}));
    await send({});
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('to an address with https is made so', async () => {
    const { endpoint } = await answeringServer(() => ({ body: CAPACITY }));
    const credentials = () => Promise.resolve(CREDENTIALS);
    const secure = new HttpTransport({
      endpoint: new URL(endpoint.replace('http', 'https')),
      region: 'a',
      credentials,
    });
    const error = await failure(secure.send('GetItem', {}, new AbortController().signal));
    expect(error).toHaveProperty('code', expect.stringMatching(/SSL|EPROTO/));
  });

  it('that nobody listens to is an error', async () => {
    const credentials = () => Promise.resolve(CREDENTIALS);
    const deaf = new HttpTransport({ endpoint: new URL('http://127.0.0.1:1'), region: 'a', credentials });
    const error = await failure(deaf.send('GetItem', {}, new AbortController().signal));
    expect(error).toHaveProperty('code', 'ECONNREFUSED');
  });

  it('uses the connection of the one before it', async () => {
    const { send, state } = await transport(() => ({ body: CAPACITY }));
    for (let call = 0; call < 3; call += 1) await send({});
    expect(state.connections).toBe(1);
  });

  it('gets a new connection where the old one has idled for more than 20 seconds', async () => {
    const { send, state } = await transport(() => ({ body: CAPACITY }));
    await send({});
    const later = Date.now() + 20_000;
    const now = vi.spyOn(Date, 'now').mockReturnValue(later - 100);
    await send({});
    expect(state.connections).toBe(1);
    now.mockReturnValue(later + 20_001);
    await send({});
    expect(state.connections).toBe(2);
  });

  it('does not break off one that is under way, however long ago that began', async () => {
    const { send, state, received } = await transport((_, count) => (count === 1 ? 'never' : { body: CAPACITY }));
    void failure(send({}));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    await send({});
    expect(state.brokenOff).toBe(0);
  });
});

describe('An answer', () => {
  it('that is an error has the name, the message and the status that DynamoDB gives it', async () => {
    const { send } = await transport((_, count) => refusal('SomethingException', count === 1 ? 400 : 500));
    const [client, server] = [await failure(send({})), await failure(send({}))];
    expect(client).toBeInstanceOf(ServiceError);
    const common = { name: 'SomethingException', message: 'a message' };
    expect(client).toMatchObject({ ...common, $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(server).toMatchObject({ ...common, $fault: 'server', $metadata: { httpStatusCode: 500 } });
    expect(client).not.toHaveProperty('Item');
  });

  it.each<[object, object]>([
    [
      { __type: 'Plain', Message: 'capital' },
      { name: 'Plain', message: 'capital' },
    ],
    [{ __type: 'a#Plain' }, { name: 'Plain', message: '' }],
    [{ message: 'no type' }, { name: 'UnknownError', message: 'Status 400' }],
  ])('may have its error in other forms: %j', async (body, expected) => {
    const { send } = await transport(() => ({ status: 400, body }));
    const error = await failure(send({}));
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject(expected);
  });

  it('brings the record of a failed condition, which is not printed', async () => {
    const item = { key: { S: 'k' } };
    const { send } = await transport(() => refusal('ConditionalCheckFailedException', 400, { Item: item }));
    const error = await failure(send({}));
    expect((error as ServiceError).Item).toEqual(item);
    expect(Object.keys(error as object)).not.toContain('Item');
  });

  it.each(['', 'text', '[]', 'null', '5', '"text"', '{"a":'])('that is no object is an error: %j', async (body) => {
    const { send } = await transport(() => ({ body }));
    const error = await failure(send({}));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(ServiceError);
  });

  it('says so where it is none', async () => {
    const { send } = await transport(() => ({ body: '[]' }));
    await expect(send({})).rejects.toThrow('Not an object.');
  });

  it('of more than 32 MiB is not read to its end', async () => {
    const { send } = await transport(() => ({ body: Buffer.alloc(33 * 1024 * 1024, ' ') }));
    await expect(send({})).rejects.toThrow('The answer is too large.');
  });

  it.each([{ 'content-length': '100' }, {}])('that ends before its end is an error: %j', async (headers) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, headers).write('{}', () => response.destroy());
    });
    onTestFinished(() => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const http = new HttpTransport({ endpoint, region: 'eu-central-1', credentials: async () => CREDENTIALS });
    const error = await failure(http.send('GetItem', {}, new AbortController().signal));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('of many parts is put together', async () => {
    const text = 'ü'.repeat(300_000);
    const { send } = await transport(() => ({ body: { Item: { value: { S: text } } } }));
    expect(await send({})).toEqual({ Item: { value: { S: text } } });
  });

  it('about our clock puts it right for the next request', async () => {
    const theirs = new Date(Date.now() + 3_600_000);
    const expired = {
      status: 400,
      headers: { date: theirs.toUTCString() },
      body: { __type: 'x#InvalidSignatureException', message: 'Signature expired: ...' },
    };
    const { send, received } = await transport((_, count) => (count === 1 ? expired : { body: CAPACITY }));
    await failure(send({}));
    await send({});
    const [before, after] = received.map(({ headers }) => {
      const [, ...parts] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(String(headers['x-amz-date'])) ?? [];
      const [year = 0, month = 0, ...rest] = parts.map(Number);
      return Date.UTC(year, month - 1, ...rest);
    });
    expect(Number(before)).toBeLessThan(theirs.getTime() - 3_500_000);
    expect(Math.abs(Number(after) - theirs.getTime())).toBeLessThan(10_000);
  });

  it.each([
    [
      'of another kind',
      { __type: 'x#InvalidSignatureException', message: 'does not match' },
      new Date(0).toUTCString(),
    ],
    ['without a date', { __type: 'x#InvalidSignatureException', message: 'Signature expired: ...' }, 'no date'],
  ])('%s does not move our clock', async (_, body, date) => {
    const wrong = { status: 400, headers: { date }, body };
    const { send, received } = await transport((_request, count) => (count === 1 ? wrong : { body: CAPACITY }));
    await failure(send({}));
    await send({});
    const [before, after] = received.map(({ headers }) => String(headers['x-amz-date']).slice(0, 11));
    expect(after).toBe(before);
  });
});
