/** A local AWS: MiniStack on a free port of this machine, with nothing in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonWithPackages } from '../../scripts/python-environment.ts';
import { freePort } from '../e2e/dev-run.ts';

export interface LocalAws {
  /** `http://127.0.0.1:` and the port. */
  readonly endpoint: string;
  /** For whatever else is of use only while it runs: removed with it. */
  readonly folder: string;
  stop(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, 'emulator.py');
/** What it said, for looking into after a failure. */
const LOG = join(import.meta.dirname, '../../.ministack/emulator.log');
const PYTHON = {
  what: 'The local AWS',
  requirements: join(import.meta.dirname, 'requirements.txt'),
  folder: join(import.meta.dirname, '../../.ministack'),
};
const STARTUP_MS = 30_000;

/**
 * Runs its arguments as a command in a process group of its own, and ends that group as soon as its standard input ends:
 * the pipe breaks however the process at its other end dies, so neither the emulator, nor a function's process, nor the
 * folder is left.
 */
const GUARD = `
  const [folder, command, ...args] = process.argv.slice(1);
  const options = { stdio: ['ignore', 'inherit', 'inherit'], detached: true };
  const child = require('node:child_process').spawn(command, args, options);
  const end = (signal) => { try { process.kill(-child.pid, signal); } catch {} };
  const leave = (code) => {
    end('SIGKILL');
    process.chdir('/');
    require('node:fs').rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code ?? 0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  // Whoever would read what is printed is gone too.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  child.on('error', (error) => { console.error(error.message); leave(1); });
  child.on('exit', leave);
  for (const event of ['end', 'error']) process.stdin.on(event, () => {
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), 3000);
  });
  process.stdin.resume();
`;

/**
 * Starts it. It ends when it is stopped or when this process ends, whichever way.
 *
 * @throws Error where Python is missing, or it does not start
 */
export async function startLocalAws(): Promise<LocalAws> {
  const python = await pythonWithPackages(PYTHON);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-aws-'));
  const guard = spawn(process.execPath, ['-e', GUARD, '--', folder, python, PROGRAM], {
    cwd: folder,
    env: emulatorEnvironment(folder, port),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await mkdir(join(LOG, '..'), { recursive: true });
  const log = createWriteStream(LOG);
  guard.stdout.pipe(log, { end: false });
  guard.stderr.pipe(log, { end: false });
  const stop = async () => {
    if (guard.exitCode === null && guard.signalCode === null) {
      const exited = once(guard, 'exit');
      guard.stdin.end();
      await exited;
    }
    log.end();
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await answering(guard, endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, folder, stop };
}

/** Functions get this environment too, so nothing of the developer's own may be in it. */
function emulatorEnvironment(folder: string, port: number): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return {
    PATH,
    HOME: folder,
    TMPDIR: folder,
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    // Requests are signed, and functions may do what their roles allow: nothing else.
    AUTH: 'true',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
  };
}

async function answering(guard: ChildProcess, endpoint: string): Promise<void> {
  const deadline = Date.now() + STARTUP_MS;
  while (Date.now() < deadline && guard.exitCode === null) {
    const health = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2000) }).catch(() => {});
    if (health?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`The local AWS did not start: see ${LOG}.`);
}
