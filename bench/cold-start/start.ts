/** One start of a function, as a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

export interface Start {
  /** From loading the bundle to having its handler. */
  readonly loadMs: number;
  /** From the event to the answer. */
  readonly answerMs: number;
  /** From the start of the process to the answer in its output. */
  readonly processMs: number;
}

interface Told {
  readonly statusCode: number;
  readonly body?: string;
  readonly loadMs: number;
  readonly answerMs: number;
}

/**
 * @param worker path of the bundled `worker.ts`: stripping its types would take longer than many a function's start
 * @throws Error where the answer is not the session that the cookie leads to
 */
export async function startOnce(
  worker: string,
  bundle: string,
  cookie: string,
  env: Readonly<Record<string, string>>,
): Promise<Start> {
  const started = performance.now();
  const child = spawn(process.execPath, [worker, bundle, cookie], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let processMs = NaN;
  child.stdout.on('data', (chunk: Buffer) => {
    processMs = performance.now() - started;
    output += chunk.toString();
  });
  await once(child, 'close');
  const { statusCode, body, loadMs, answerMs } = toldIn(output);
  if (statusCode !== 200 || body?.includes('"visits":1') !== true) throw new Error(`Unexpected answer: ${output}`);
  return { loadMs, answerMs, processMs };
}

/** The worker's own line is the last: before it may stand one of metrics. */
export function toldIn(output: string): Told {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line) as Told;
}
