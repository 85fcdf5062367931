/** Stands before the emulator, and notes when each request was answered and how many units it took. */
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Recorded {
  /** Milliseconds. */
  readonly at: number;
  readonly operation: string;
  readonly units: number;
}

export interface Recorder {
  readonly url: string;
  readonly requests: Recorded[];
  stop(): void;
}

interface Body {
  readonly Statements?: readonly unknown[];
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number };
}

export async function startRecorder(target: string): Promise<Recorder> {
  const requests: Recorded[] = [];
  const agent = new Agent({ keepAlive: true });
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const asked = await text(incoming);
    const forwarded = request(target, { method: 'POST', agent, headers: incoming.headers }).end(asked);
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage];
    const answered = await text(response);
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    requests.push({ at: performance.now(), operation, units: unitsOf(JSON.parse(asked), JSON.parse(answered)) });
    outgoing.writeHead(response.statusCode ?? 500, response.headers).end(answered);
  };
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  };
  return { url: `http://127.0.0.1:${address.port}`, requests, stop };
}

/** DynamoDB Local tells nothing of statements: each is a write of a record of up to 1 KB, kept or not. */
function unitsOf({ Statements: statements }: Body, { ConsumedCapacity: consumed }: Body): number {
  return consumed?.CapacityUnits ?? statements?.length ?? 0;
}

/** The most units that any second had. */
export function peakOf(requests: readonly Recorded[]): number {
  let peak = 0;
  let sum = 0;
  let first = 0;
  for (const { at, units } of requests) {
    sum += units;
    while (at - (requests[first]?.at ?? at) >= 1000) sum -= requests[first++]?.units ?? 0;
    peak = Math.max(peak, sum);
  }
  return peak;
}
