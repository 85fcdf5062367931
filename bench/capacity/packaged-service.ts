/**
 * The function as it is packaged, on DynamoDB Local, with the proxy between them that counts: several instances, each of
 * which has one request at a time, as Lambda does it.
 */
import { randomUUID } from 'node:crypto';
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { type Answer, answerOf, eventOf } from '../../tests/app/events.ts';
import { DynamoDBProxy } from '../../tests/service/dynamodb-proxy.ts';
import { Instance } from '../../tests/service/packaged.ts';
import { NOTHING, plus, writeUnits, type Units } from './units.ts';

const APP_KEY = `base64:${Buffer.from('an example key of 32 bytes, sic!').toString('base64')}`;
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** What a request cost, and how many conditions failed, which AWS bills and the emulator does not. */
export interface Bill extends Units {
  readonly failures: number;
}

export interface Sent {
  readonly cookie?: string | undefined;
  readonly json?: unknown;
}

export class PackagedService implements AsyncDisposable {
  readonly #proxy: DynamoDBProxy;
  readonly #stop: () => Promise<void>;
  readonly #instances: readonly Instance[];
  readonly #free: Instance[];
  readonly #waiting: ((instance: Instance) => void)[] = [];
  #failures = 0;
  #failureUnits = 0;

  private constructor(proxy: DynamoDBProxy, instances: readonly Instance[], stop: () => Promise<void>) {
    this.#proxy = proxy;
    this.#instances = instances;
    this.#free = [...instances];
    this.#stop = stop;
    proxy.on({
      operation: 'UpdateItem',
      fault: async (forward) => {
        const answer = await forward();
        if (answer.status === 400 && answer.body.includes('ConditionalCheckFailedException')) {
          this.#failures += 1;
          this.#failureUnits += writeUnits(bytesOf(answer.body));
        }
        return answer;
      },
    });
  }

  /** @param count requests that can be under way at the same moment */
  static async start(count: number, env: Readonly<Record<string, string>> = {}): Promise<PackagedService> {
    const emulator = await startDynamoDB({ engine: 'dynamodb-local' });
    const table = `capacity-${randomUUID()}`;
    await createTable(emulator.endpoint, table);
    const proxy = await DynamoDBProxy.start(emulator.endpoint);
    const all = { DYNAMODB_CACHE_TABLE: table, DYNAMODB_ENDPOINT: proxy.url, APP_KEY, DEMO: 'true', ...env };
    const instances = await Promise.all(Array.from({ length: count }, () => Instance.start(all)));
    const service = new PackagedService(proxy, instances, () => emulator.stop());
    // The first request of an instance loads what it needs.
    await Promise.all(instances.map(() => service.send('PUT /session/data/a', { json: 1 })));
    service.bill();
    return service;
  }

  /** @param request `GET /session` @throws Error for an answer that is none of success */
  async send(request: `${string} /${string}`, { cookie, json }: Sent = {}): Promise<Answer> {
    const [method = '', path = ''] = request.split(' ');
    const event = eventOf('HTTP API', {
      method,
      path,
      headers: { 'user-agent': USER_AGENT, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(cookie !== undefined && { cookies: [cookie] }),
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const instance = this.#free.pop() ?? (await new Promise<Instance>((resolve) => this.#waiting.push(resolve)));
    try {
      const answer = answerOf(await instance.invoke(event));
      if (answer.status >= 300) throw new Error(`${method} was answered ${answer.status}.`);
      return answer;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(instance);
      else next(instance);
    }
  }

  /** What everything since the last call cost. */
  bill(): Bill {
    const [requests, reads, writes] = this.#proxy.cost();
    const { length: failures, units } = { length: this.#failures, units: this.#failureUnits };
    this.#failures = 0;
    this.#failureUnits = 0;
    return { ...plus(NOTHING, { requests, reads, writes: writes + units }), failures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance[Symbol.asyncDispose]()));
    await this.#proxy[Symbol.asyncDispose]();
    await this.#stop();
  }
}

/** The pair that a browser would send back. */
export function cookieOf({ setCookies }: Pick<Answer, 'setCookies'>): string | undefined {
  return setCookies[0]?.split(';')[0];
}

/** Bytes of the record that a failed condition brings back. */
function bytesOf(body: string): number {
  const { Item: item = {} } = JSON.parse(body) as { Item?: Record<string, { S?: string; N?: string; B?: string }> };
  return Object.entries(item).reduce((sum, [name, { S: text, N: number, B: bytes }]) => {
    const size =
      text !== undefined
        ? Buffer.byteLength(text)
        : bytes !== undefined
          ? Buffer.from(bytes, 'base64').length
          : Math.ceil((number ?? '').length / 2) + 1;
    return sum + name.length + size;
  }, 0);
}
