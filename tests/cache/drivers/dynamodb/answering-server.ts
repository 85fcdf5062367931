/** A server in DynamoDB's place that notes what it is asked, and answers what a test tells it to. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly operation: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The request as an object. */
  readonly input: any; // oxlint-disable-line typescript/no-explicit-any
}

export interface Answered {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text as it is. */
  readonly body: unknown;
}

/** An answer; `undefined` breaks the connection off, `'never'` leaves it open. */
export type Answering = (request: Received, count: number) => Answered | 'never' | undefined;

export const CAPACITY = { ConsumedCapacity: { CapacityUnits: 1 } };

/** An answer that is an error of DynamoDB. */
export function refusal(type: string, status = 400, more: object = {}): Answered {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'a message', ...more } };
}

/**
 * Starts it for one test.
 *
 * @param holdMs how long it takes for each answer
 */
export async function answeringServer(answer: Answering, { holdMs = 0 } = {}) {
  const received: Received[] = [];
  const state = { open: 0, mostOpen: 0, brokenOff: 0, connections: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    state.open += 1;
    state.mostOpen = Math.max(state.mostOpen, state.open);
    response.on('close', () => {
      state.open -= 1;
      if (!response.writableFinished) state.brokenOff += 1;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
      const { url: path = '', headers } = request;
      const one = { operation, path, headers, text, input: JSON.parse(text) };
      received.push(one);
      const answered = answer(one, received.length);
      if (answered === 'never') return;
      setTimeout(() => respond(response, answered), holdMs);
    });
  });
  server.on('connection', () => (state.connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return { endpoint: `http://127.0.0.1:${address.port}`, received, state };
}

function respond(response: ServerResponse, answered: Answered | undefined): void {
  if (answered === undefined) {
    response.destroy();
    return;
  }
  const { status = 200, headers, body } = answered;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, headers).end(isRaw ? body : JSON.stringify(body));
}
