/** The parent's side of `worker.ts`. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answer, SentRequest } from '../functions/event.ts';

export interface Batch {
  readonly request: SentRequest;
  readonly count: number;
}

export interface Measured {
  /** Of each request, in order. */
  readonly durationsMs: readonly number[];
  readonly elapsedMs: number;
  /** What the process took of the processor, in user and in system mode, in all its threads. */
  readonly cpuUs: number;
  readonly last: Answer | undefined;
}

export type Reply = { readonly measured: Measured } | { readonly error: string };

/** What the environment of every subject has. */
const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  TZ: ':UTC',
  NODE_ENV: 'production',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_LAMBDA_FUNCTION_NAME: 'http',
  DYNAMODB_CACHE_TABLE: 'cache',
  DEMO: 'true',
} as const;

export type Environment = Readonly<Record<string, string>>;

/** @param endpoint of a DynamoDB, or of what stands for it */
export function environmentOf(endpoint: string, env: Environment = {}): Record<string, string> {
  return { ...ENVIRONMENT, AWS_ENDPOINT_URL_DYNAMODB: endpoint, ...env };
}

/** A running instance of one subject. It answers one batch at a time. */
export class Subject implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param bundle path of a module that exports `handler` @throws Error where it does not load */
  static async start(bundle: string, env: Readonly<Record<string, string>>): Promise<Subject> {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [bundle], {
      env,
      execArgv: [],
      // Into a pipe, as on Lambda: what is written there costs time.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    child.stdout?.resume();
    await nextMessage(child);
    return new Subject(child);
  }

  /** @throws Error where a request fails or is answered with an error */
  async measure(request: SentRequest, count: number): Promise<Measured> {
    this.#child.send({ request, count } satisfies Batch);
    const reply = (await nextMessage(this.#child)) as Reply;
    if ('error' in reply) throw new Error(reply.error);
    return reply.measured;
  }

  /** @throws Error as `measure` does */
  async answer(request: SentRequest): Promise<Answer> {
    const { last } = await this.measure(request, 1);
    if (last === undefined) throw new Error('There is no answer.');
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** @throws Error where the process ends instead */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, 'exit', { signal }).then(([code, by]: unknown[]) => {
    throw new Error(`A subject has ended (${String(code ?? by)}).`);
  });
  try {
    return await Promise.race([once(child, 'message', { signal }).then(([message]: unknown[]) => message), ended]);
  } finally {
    settled.abort();
  }
}
