/**
 * Stands between the code under test and a DynamoDB emulator: it notes what every request asked and consumed, and lets a
 * test hold, lose or replace chosen answers.
 */
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, and what the emulator (or a fault in its place) answered. */
export interface Exchange {
  /** `GetItem`, `UpdateItem`, ... */
  readonly operation: string;
  /** The request's JSON, as text. */
  readonly body: string;
  /** 0: there was no answer. */
  status: number;
  readUnits: number;
  writeUnits: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What happens to a request: an answer, or no answer and a closed connection, or neither for ever. */
export type Fault = (forward: Forward, exchange: Exchange) => Promise<RawAnswer | 'reset' | 'hang'>;

/** Has the emulator do what was asked, or what is given instead. */
export type Forward = (body?: string) => Promise<RawAnswer>;

export interface Rule {
  readonly fault: Fault;
  /** @default every operation */
  readonly operation?: string;
  /** Only requests whose JSON has this text, such as a record's key. @default all */
  readonly containing?: string;
  /** How many requests it is for. @default all to come */
  readonly times?: number;
}

/** A request that waits in the proxy. */
export interface Held {
  /** Resolves when the request has come and, for `holdAnswer`, was applied. */
  readonly reached: Promise<void>;
  release(): void;
}

/** Requests, read units and write units. */
export type Cost = readonly [requests: number, readUnits: number, writeUnits: number];

const READS = new Set(['GetItem', 'BatchGetItem', 'Scan']);

export class DynamoDBProxy implements AsyncDisposable {
  readonly exchanges: Exchange[] = [];
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((incoming, outgoing) => {
    this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  #rules: { rule: Rule; left: number }[] = [];
  #port = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async start(target: string): Promise<DynamoDBProxy> {
    const proxy = new DynamoDBProxy(target);
    await proxy.accept();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get isListening(): boolean {
    return this.#server.listening;
  }

  /** The newest rule that fits a request decides about it. */
  on(rule: Rule): void {
    this.#rules.unshift({ rule, left: rule.times ?? Infinity });
  }

  /** Keeps the next fitting request back before it is applied. */
  holdRequest(rule: Omit<Rule, 'fault'> = {}): Held {
    return this.#hold(rule, async (forward, wait) => {
      await wait();
      return forward();
    });
  }

  /** Applies the next fitting request, and keeps its answer back. */
  holdAnswer(rule: Omit<Rule, 'fault'> = {}): Held {
    return this.#hold(rule, async (forward, wait) => {
      const answer = await forward();
      await wait();
      return answer;
    });
  }

  /** What the requests since the last call cost; with a text, those whose JSON has it. */
  cost(containing = ''): Cost {
    const taken = this.exchanges.filter(({ body }) => body.includes(containing));
    const kept = this.exchanges.filter(({ body }) => !body.includes(containing));
    this.exchanges.splice(0, this.exchanges.length, ...kept);
    const sum = (units: (exchange: Exchange) => number) => taken.reduce((total, one) => total + units(one), 0);
    return [taken.length, sum((one) => one.readUnits), sum((one) => one.writeUnits)];
  }

  /** Forgets all rules and exchanges. */
  reset(): void {
    this.#rules = [];
    this.exchanges.length = 0;
  }

  /** Closes the port, so that connections are refused until `accept`. */
  async refuse(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async accept(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isListening) await this.refuse();
    this.#agent.destroy();
  }

  #hold(rule: Omit<Rule, 'fault'>, work: (forward: Forward, wait: () => Promise<void>) => Promise<RawAnswer>): Held {
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const wait = () => {
      reached.resolve();
      return gate.promise;
    };
    this.on({ times: 1, ...rule, fault: (forward) => work(forward, wait) });
    return { reached: reached.promise, release: () => gate.resolve() };
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const exchange: Exchange = { operation, body, status: 0, readUnits: 0, writeUnits: 0 };
    this.exchanges.push(exchange);
    const forward = async (given = body) => {
      const answer = await this.#forward(incoming, given);
      const units = unitsIn(answer.body);
      if (READS.has(operation)) exchange.readUnits = units;
      else exchange.writeUnits = units;
      return answer;
    };
    const fault = this.#faultFor(exchange);
    const answer = fault === undefined ? await forward() : await fault(forward, exchange);
    if (answer === 'hang') return;
    if (answer === 'reset') {
      incoming.socket.destroy();
      return;
    }
    exchange.status = answer.status;
    outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0', ...answer.headers });
    outgoing.end(answer.body);
  }

  #faultFor({ operation, body }: Exchange): Fault | undefined {
    const found = this.#rules.find(
      ({ rule, left }) =>
        left > 0 && (rule.operation ?? operation) === operation && body.includes(rule.containing ?? ''),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }

  #forward({ headers }: IncomingMessage, body: string): Promise<RawAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
    const own = { host: this.#target.host, 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', agent: this.#agent, headers: { ...headers, ...own } };
    const request = httpRequest(this.#target, options, (response) => {
      const status = response.statusCode ?? 0;
      const { date, 'x-amz-crc32': crc32 } = response.headers;
      const kept = { ...(date !== undefined && { date }), ...(typeof crc32 === 'string' && { 'x-amz-crc32': crc32 }) };
      textOf(response).then((text) => resolve({ status, headers: kept, body: text }), reject);
    });
    request.on('error', reject);
    request.end(body);
    return promise;
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Capacity units in an answer: one figure, or one for each table of a batch. */
function unitsIn(body: string): number {
  const { ConsumedCapacity: consumed } = JSON.parse(body) as { ConsumedCapacity?: unknown };
  const figures = (Array.isArray(consumed) ? consumed : [consumed ?? {}]) as { CapacityUnits?: number }[];
  return figures.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}
