/** The stores, each in a process of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Operation } from './batches.ts';
import type { Asked, Step } from './worker.ts';

export interface StoreSource {
  readonly title: string;
  readonly file: string;
  /** What the file exports it as. */
  readonly name: string;
}

const CLOAKROOM = join(import.meta.dirname, 'cloakroom.ts');
const SDK = join(import.meta.dirname, 'sdk.ts');
const PEERS = join(import.meta.dirname, '../peers/batches.ts');

export const ON_DYNAMODB: readonly StoreSource[] = [
  { title: 'Cloakroom', file: CLOAKROOM, name: 'dynamoDB' },
  { title: 'AWS SDK, 4 at a time', file: SDK, name: 'fourAtATime' },
  { title: 'AWS SDK, one after the other', file: SDK, name: 'sequential' },
];

export const IN_MEMORY: readonly StoreSource[] = [
  { title: 'Cloakroom', file: CLOAKROOM, name: 'memory' },
  { title: 'keyv', file: PEERS, name: 'keyv' },
  { title: 'bentocache', file: PEERS, name: 'bentocache' },
  { title: 'lru-cache, in a loop', file: PEERS, name: 'lruCache' },
];

export class StoreProcess implements Disposable {
  readonly source: StoreSource;
  readonly operations: readonly Operation[];
  readonly #child: ChildProcess;

  private constructor(source: StoreSource, operations: readonly Operation[], child: ChildProcess) {
    this.source = source;
    this.operations = operations;
    this.#child = child;
  }

  static async start(source: StoreSource, endpoint = '', table = ''): Promise<StoreProcess> {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [source.file, source.name, endpoint, table]);
    return new StoreProcess(source, await answerOf<readonly Operation[]>(child, source.title), child);
  }

  /** @returns the milliseconds that it took */
  async perform(step: Step, count: number): Promise<number> {
    this.#child.send({ step, count } satisfies Asked);
    return answerOf<number>(this.#child, this.source.title);
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}

async function answerOf<Answer>(child: ChildProcess, title: string): Promise<Answer> {
  const aborted = new AbortController();
  const { signal } = aborted;
  const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error(`${title} ended.`)));
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Answer];
    return answer;
  } finally {
    // Whichever did not come is no longer waited for.
    ended.catch(() => {});
    aborted.abort();
  }
}
