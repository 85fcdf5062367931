/** Starts the service of this machine that is driven where no URL is given. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromService } from './local-service.ts';

export interface LocalService extends AsyncDisposable {
  readonly url: string;
  /** The DynamoDB that it works on. */
  readonly engine: string;
}

/** @throws Error where it can't be started */
export async function startLocalService(env: NodeJS.ProcessEnv = process.env): Promise<LocalService> {
  // A group of its own: Ctrl-C reaches only this process, which then ends the other one in order.
  const child = fork(join(import.meta.dirname, 'local-service.ts'), {
    env,
    execArgv: [],
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2000)));
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // What it has started ends with it: see there.
    child.disconnect();
    await exited;
  };
  const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [FromService | number | null];
  if (typeof first !== 'object' || first === null) throw new Error(`The service did not start. ${output}`);
  if (first.type === 'failed') throw new Error(`The service did not start: ${first.message}`);
  return { url: first.url, engine: first.engine, [Symbol.asyncDispose]: stop };
}
