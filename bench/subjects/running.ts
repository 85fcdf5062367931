/** Subjects as Lambda runs them: each in a process of its own, with a table and a proxy of its own on one emulator. */
import { createTable } from '../../scripts/emulator.ts';
import { type Answer, answerOf, eventOf } from '../../tests/app/events.ts';
import { DynamoDBProxy } from '../../tests/service/dynamodb-proxy.ts';
import { Instance } from '../../tests/service/packaged.ts';
import { bundle } from './bundle.ts';
import { temporaryFolder } from './folder.ts';
import { Meter } from './meter.ts';
import type { Subject } from './subjects.ts';

export interface Sent {
  /** A Cookie header's pair. */
  readonly cookie?: string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export class Running implements AsyncDisposable {
  readonly subject: Subject;
  readonly table: string;
  readonly proxy: DynamoDBProxy;
  readonly meter: Meter;
  readonly #instance: Instance;

  private constructor(subject: Subject, table: string, proxy: DynamoDBProxy, instance: Instance) {
    this.subject = subject;
    this.table = table;
    this.proxy = proxy;
    this.meter = new Meter(proxy);
    this.#instance = instance;
  }

  /** @param table a table that nobody else uses; it is created */
  static async start(subject: Subject, endpoint: string, table: string): Promise<Running> {
    // Loaded by the end.
    using folder = temporaryFolder('bench');
    await createTable(endpoint, table);
    const proxy = await DynamoDBProxy.start(endpoint);
    const instance = await Instance.load(await bundle(subject.bundle, folder.path), {
      AWS_LAMBDA_FUNCTION_NAME: 'http',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      DYNAMODB_CACHE_TABLE: table,
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
      DEMO: 'true',
      ...subject.env,
    });
    return new Running(subject, table, proxy, instance);
  }

  /**
   * @param request `GET /session`
   * @param remainingMs what the function's timeout leaves it
   */
  async send(request: `${string} /${string}`, { cookie, json }: Sent = {}, remainingMs = 30_000): Promise<Answer> {
    const [method = '', path = ''] = request.split(' ');
    const event = eventOf('HTTP API', {
      method,
      path,
      ...(cookie !== undefined && { cookies: [cookie] }),
      ...(json !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
    });
    return answerOf(await this.#instance.invoke(event, { remainingMs }));
  }

  /** A new session with these data, one key for each. @returns the pair that a browser would send back */
  async begin(data: Readonly<Record<string, unknown>>): Promise<string> {
    let cookie: string | undefined;
    for (const [key, json] of Object.entries(data)) {
      const answer = await this.send(`PUT /session/data/${key}`, { cookie, json });
      if (answer.status !== 204) throw new Error(`${this.subject.title}: no session began, ${answer.status}.`);
      cookie ??= cookieOf(answer);
    }
    if (cookie === undefined) throw new Error('A session without data is none.');
    return cookie;
  }

  /** What is in the session. */
  async dataOf(cookie: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.send('GET /session', { cookie });
    return (JSON.parse(answer.body) as { data: Record<string, unknown> }).data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instance[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** The pair that a browser would send back. */
export function cookieOf({ setCookies }: Pick<Answer, 'setCookies'>): string | undefined {
  return setCookies[0]?.split(';')[0];
}
