/** A service that answers visitors as the real one does, and that tests can make fail. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandIn extends AsyncDisposable {
  readonly url: string;
  /** `PUT /session/data/cart` and the session that the cookie names, of each request so far. */
  readonly received: { readonly request: string; readonly session: string | undefined; readonly body: string }[];
  /** Ends it at once, connections included. */
  die(): void;
}

/** Takes over a request by answering it, or never, and returning true. */
export type Own = (request: IncomingMessage, response: ServerResponse) => boolean;

/** @param own sees each request before it is answered */
export async function standIn(own: Own = () => false): Promise<StandIn> {
  const received: StandIn['received'] = [];
  let sessions = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const session = /(?:^|; )__Host-session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
      const body = Buffer.concat(chunks).toString();
      received.push({ request: `${request.method} ${request.url}`, session, body });
      if (own(request, response)) return;
      if (session === undefined && request.method === 'PUT') {
        sessions += 1;
        response.setHeader('Set-Cookie', `__Host-session=s${sessions}; Path=/; Secure; HttpOnly; SameSite=Lax`);
      }
      const isHealth = request.url === '/health';
      response.writeHead(request.method === 'GET' ? 200 : 204).end(isHealth ? '{"status":"ok"}' : undefined);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const die = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    die,
    [Symbol.asyncDispose]: async () => {
      if (server.listening) die();
    },
  };
}
