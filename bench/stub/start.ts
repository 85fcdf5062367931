/** Starts the stub of DynamoDB. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StubItem } from './stub.ts';

export interface Stub {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** @param items what reads find, such as a table's content from `itemsOf` */
export async function startStub(items: readonly StubItem[]): Promise<Stub> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), { execArgv: [] });
  child.send(items);
  const [port] = (await once(child, 'message')) as [number];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
