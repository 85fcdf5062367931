/** `npm run dev` and its like, as in a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment, type Project } from '../deploy/project.ts';

/** A process group that ctrl-C reaches as a whole. */
export class DevRun {
  readonly url: string;
  output = '';
  readonly #child: ChildProcess;

  /** @param env settings of the service */
  constructor({ folder }: Project, script: string, port: number, env: Record<string, string> = {}) {
    this.url = `http://127.0.0.1:${port}`;
    this.#child = spawn('npm', ['run', script], {
      cwd: folder,
      env: cleanEnvironment(folder, { ...env, PORT: String(port) }),
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  async ready(): Promise<void> {
    await until(
      async () => {
        if (this.#child.exitCode !== null) throw new Error(`It ended: ${this.output}`);
        return await fetch(this.url).then(
          (response) => response.ok,
          () => false,
        );
      },
      () => this.output,
    );
  }

  async ended(): Promise<number | null> {
    await once(this.#child, 'close');
    return this.#child.exitCode;
  }

  async interrupt(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    // Not `exit`: npm is gone before the processes it started.
    const ended = once(this.#child, 'close');
    process.kill(-pid, 'SIGINT');
    await ended;
  }

  async visits(headers: Record<string, string> = {}): Promise<{ visits: number; cookie: string }> {
    const response = await fetch(`${this.url}/session/visits`, { method: 'POST', headers });
    if (response.status !== 200) throw new Error(`Answered ${response.status}: ${await response.text()}`);
    const { visits } = (await response.json()) as { visits: number };
    return { visits, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
  }
}

/** @throws Error when it does not hold within 20 seconds */
export async function until(holds: () => Promise<boolean>, describeFailure: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It took too long: ${describeFailure()}`);
    await sleep(50);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}
