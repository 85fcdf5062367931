/**
 * The functions as `sls package` makes them, run as Lambda runs them: every instance is a process of its own that has
 * loaded the artefact with the environment of a function, and answers one event or several at a time.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { copyProject, packagedZip, runServerless, unzip } from '../deploy/project.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILDS = join(ROOT, 'node_modules/.cache/cloakroom-package');
const SOURCES = ['src', 'scripts', 'resources', 'serverless.yml', 'esbuild.config.ts', 'package-lock.json'];

/** A build that was cut short holds up others no longer than this. */
const BUILD_MS = 60_000;

export type FunctionName = 'http' | 'purge' | 'count';

const FUNCTIONS: readonly FunctionName[] = ['http', 'purge', 'count'];

/** The path of a packaged handler. All are built once for a state of the sources, whoever asks first. */
export async function packagedHandler(name: FunctionName = 'http'): Promise<string> {
  const folder = join(BUILDS, await fingerprint());
  const handler = join(folder, `${name}.mjs`);
  await mkdir(BUILDS, { recursive: true });
  const mark = `${folder}.building`;
  while (!(await exists(handler))) {
    if (await began(mark)) {
      try {
        await build(folder);
      } finally {
        await remove(mark);
      }
    } else if (Date.now() - (await ageOf(mark)) > BUILD_MS) await remove(mark);
    else await delay(100);
  }
  return handler;
}

async function build(folder: string): Promise<void> {
  for (const name of await readdir(BUILDS)) {
    if (name.endsWith('.building')) continue;
    if (Date.now() - (await ageOf(join(BUILDS, name))) > BUILD_MS) await remove(join(BUILDS, name));
  }
  const project = await copyProject();
  try {
    await runServerless(project, ['package']);
    const files = await unzip(await packagedZip(project));
    const fresh = `${folder}.${process.pid}.building`;
    await mkdir(fresh, { recursive: true });
    for (const name of FUNCTIONS) {
      const code = files.get(`src/handlers/${name}.mjs`);
      if (code === undefined) throw new Error(`The package has no function ${name}.`);
      await writeFile(join(fresh, `${name}.mjs`), code);
    }
    await rename(fresh, folder);
  } finally {
    await project.remove();
  }
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    const isFolder = (await stat(path)).isDirectory();
    const names = isFolder ? (await readdir(path, { recursive: true })).toSorted() : [''];
    for (const name of names) {
      const file = join(path, name);
      if ((await stat(file)).isFile()) hash.update(`${source}/${name}\n`).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function began(mark: string): Promise<boolean> {
  return mkdir(mark).then(
    () => true,
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Epoch milliseconds of the last change; now, where it is gone. */
async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
}

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

export interface InvokeOptions {
  /** What the function's timeout leaves it. @default 10000 */
  readonly remainingMs?: number;
}

/** One Lambda instance. */
export class Instance implements AsyncDisposable {
  /** All that the function has written to its log. */
  output = '';
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #events = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const collect = (chunk: Buffer): void => void (this.output += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    child.on('exit', () => {
      for (const [id, answer] of this.#waiting) answer({ id, error: 'The instance ended.' });
    });
  }

  /** @param env besides what Lambda itself sets */
  static async start(env: Readonly<Record<string, string>>, name: FunctionName = 'http'): Promise<Instance> {
    return Instance.load(await packagedHandler(name), { AWS_LAMBDA_FUNCTION_NAME: `cloakroom-test-${name}`, ...env });
  }

  /** An instance of any function, of which the module at the path exports `handler`. */
  static async load(handler: string, env: Readonly<Record<string, string>>): Promise<Instance> {
    const child = fork(join(import.meta.dirname, 'instance.ts'), [handler], {
      env: { AWS_REGION: 'eu-central-1', TZ: ':UTC', ...env },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const instance = new Instance(child);
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
    if (first !== 'ready') throw new Error(`The function did not start: ${instance.output}`);
    return instance;
  }

  /** @throws Error where the handler throws, or does not answer before Lambda would end it */
  async invoke(event: unknown, { remainingMs = 10_000 }: InvokeOptions = {}): Promise<unknown> {
    const id = (this.#events += 1);
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.set(id, resolve);
    this.#child.send({ id, event, remainingMs });
    const { answer, error } = await promise;
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
