/** Runs the load generator in a process of its own, for a bounded time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromGenerator, Load, ToGenerator } from './messages.ts';
import type { Measurement } from './measurement.ts';

/** For the last word after the drain, and for the start. */
const GRACE_MS = 3000;

/**
 * Puts what comes back into the measurement. Ends after the load's duration and drain at the latest, whatever the service
 * and the generator do.
 *
 * @param signal ends it at once, with what was measured so far
 * @throws Error where the generator can't be started
 */
export async function generate(load: Load, measurement: Measurement, signal: AbortSignal): Promise<void> {
  const child = fork(join(import.meta.dirname, '../peers/load.ts'), {
    execArgv: [],
    // A group of its own: Ctrl-C reaches only this process.
    detached: true,
    env: { PATH: process.env['PATH'], ...proxiesOf(process.env) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2000)));
  const send = (message: ToGenerator): void => {
    if (child.connected) child.send(message);
  };
  const ended = once(child, 'exit');
  const done = Promise.withResolvers<void>();
  let isReady = false;
  child.on('message', (message: FromGenerator) => {
    if (message.type === 'ready') {
      isReady = true;
      measurement.startedAt = performance.now();
      send({ type: 'start', load });
    } else if (message.type === 'samples') {
      for (const sample of message.samples) measurement.add(sample);
    } else {
      measurement.generated = message.generated;
      // What Ctrl-C cut off is no fault of the service.
      if (!signal.aborted) measurement.addUnanswered(message.unanswered);
      done.resolve();
    }
  });
  const timers = [setTimeout(() => done.resolve(), load.durationMs + load.drainMs + GRACE_MS)];
  const stop = (): void => {
    send({ type: 'stop' });
    timers.push(setTimeout(() => done.resolve(), GRACE_MS));
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.race([done.promise, ended]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await ended;
    }
  }
  if (!isReady) throw new Error(`The load generator did not start. Does \`npm ci\` in bench/ help? ${output}`);
}

function proxiesOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { HTTP_PROXY, HTTPS_PROXY, NODE_EXTRA_CA_CERTS } = env;
  const own = { HTTP_PROXY, HTTPS_PROXY, NODE_EXTRA_CA_CERTS };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}
