/** Visitors of a running service, over HTTP: each keeps its cookies as a browser would. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A running service. */
export interface Target {
  /** `http://127.0.0.1:` and the port, and the path in front of the service's own where the server has others. */
  readonly url: string;
  /** The name of its session cookie. */
  readonly cookie: 'session' | '__Host-session';
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  readonly body: string;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of those that the visitor keeps. */
  readonly cookies?: readonly string[];
}

export interface SessionView {
  readonly handle: string;
  readonly isNew: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly flash: Readonly<Record<string, string>>;
}

const ANSWER_MS = 15_000;

export class Visitor {
  readonly #target: Target;
  readonly #cookies = new Map<string, string>();

  constructor(target: Target) {
    this.#target = target;
  }

  get cookies(): readonly string[] {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`);
  }

  /** The origin that a page of this service has. */
  get origin(): string {
    return new URL(this.#target.url).origin;
  }

  async send(method: string, path: string, { headers, body, cookies = this.cookies }: Sent = {}): Promise<Answer> {
    const answer = await send(this.#target, method, path, {
      ...(body !== undefined && { body }),
      headers: { ...(cookies.length > 0 && { cookie: cookies.join('; ') }), ...headers },
    });
    for (const line of answer.setCookies) this.#keep(line);
    return answer;
  }

  json(method: string, path: string, value?: unknown, headers: Sent['headers'] = {}): Promise<Answer> {
    if (value === undefined) return this.send(method, path, { headers });
    return this.send(method, path, {
      body: JSON.stringify(value),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  form(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.send('POST', path, { body: new URLSearchParams(fields).toString(), headers });
  }

  /** What `GET /session` shows. */
  async session(): Promise<SessionView> {
    return bodyOf(await this.send('GET', '/session')) as SessionView;
  }

  /** Whatever `Secure` says: the loopback is the one place where browsers take that over http, too. */
  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const at = pair.indexOf('=');
    if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.#cookies.delete(pair.slice(0, at));
    else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** @throws Error where the answer is no JSON, with its status */
export function bodyOf({ status, body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new Error(`Answered ${status} with what is no JSON.`, { cause });
  }
}

/** `fetch` would add headers of a browser's. */
async function send(target: Target, method: string, path: string, { headers, body }: Sent): Promise<Answer> {
  const { hostname, port, pathname } = new URL(target.url);
  const call = request({
    hostname,
    port,
    method,
    path: (pathname === '/' ? '' : pathname) + path,
    headers: {
      // A body of no bytes is one, too.
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    setCookies: response.headers['set-cookie'] ?? [],
    body: (await buffer(response)).toString(),
  };
}
