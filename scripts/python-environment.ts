/** Python for tools that are written in it, each with its packages in an environment of the project's own. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Oldest Python that the packages run on. */
const REQUIRED = [3, 10] as const;
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

const ROOT = join(import.meta.dirname, '..');
const INSTALL_MS = 180_000;

export interface PythonEnvironment {
  /** What needs Python, for the message where there is none: `The local AWS`. */
  readonly what: string;
  /** Path of the list of packages, each with its exact version. */
  readonly requirements: string;
  /** Path of the folder that it is kept in, which is emptied first. */
  readonly folder: string;
}

/**
 * The interpreter of a virtual environment with these packages; their commands are beside it. It is made the first
 * time, and kept until requirements or Python change.
 *
 * @throws Error that says what to install
 */
export async function pythonWithPackages({ what, requirements, folder }: PythonEnvironment): Promise<string> {
  const { command, version } = await findPython(what);
  const packages = await readFile(requirements, 'utf8');
  const content = createHash('sha256').update(`${version}\n${packages}`).digest('hex');
  const mark = join(folder, 'content');
  const python = join(folder, 'venv/bin/python');
  if ((await readFile(mark, 'utf8').catch(() => '')) === content && (await answers(python))) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run(command, ['-m', 'venv', join(folder, 'venv')], { timeout: INSTALL_MS }).catch((error: unknown) => {
    throw new Error(
      'Python cannot make a virtual environment. On Debian: apt-get install python3-venv.\n' + said(error),
      { cause: error },
    );
  });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', requirements];
  await run(python, pip, { timeout: INSTALL_MS }).catch((error: unknown) => {
    throw new Error(`The packages of ${relative(ROOT, requirements)} were not installed.\n` + said(error), {
      cause: error,
    });
  });
  await writeFile(mark, content);
  return python;
}

async function findPython(what: string): Promise<{ command: string; version: string }> {
  const found: string[] = [];
  for (const command of CANDIDATES) {
    const version = await versionOf(command);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1])) return { command, version };
    found.push(version);
  }
  throw new Error(
    `${what} needs Python ${REQUIRED.join('.')} or later; found ${found.join(', ') || 'none'}. ` +
      'On Debian: apt-get install python3 python3-venv.',
  );
}

async function versionOf(command: string): Promise<string | undefined> {
  const program = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
  return run(command, ['-c', program], { timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

async function answers(python: string): Promise<boolean> {
  return (await versionOf(python)) !== undefined;
}

function said(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return (stdout + stderr).slice(-2000);
}
