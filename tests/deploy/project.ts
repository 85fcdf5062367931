/** Copies of the project to package and to run, apart from the working tree and from each other. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import JSZip from 'jszip';
import type { Template } from '../../scripts/template-references.ts';

const ROOT = join(import.meta.dirname, '../..');
const PARTS = ['package.json', 'serverless.yml', 'esbuild.config.ts', 'resources', 'scripts', 'src'];
export const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');

/** Far more than any command takes. */
const COMMAND_MS = 120_000;

export interface Project {
  readonly folder: string;
  remove(): Promise<void>;
}

/** @param parent the folder that the copy is made in */
export async function copyProject(parent: string = tmpdir()): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(parent, 'cloakroom-')));
  for (const part of PARTS) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** An environment without anybody's credentials or settings. */
export function cleanEnvironment(folder: string, own: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, HOME: join(folder, '.home'), NO_COLOR: '1', SLS_NOTIFICATIONS_MODE: 'off', ...own };
}

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs a framework command, such as `package`, in the project. */
export function tryServerless(
  { folder }: Project,
  args: readonly string[],
  own: Record<string, string> = {},
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const options = { cwd: folder, env: cleanEnvironment(folder, own), timeout: COMMAND_MS };
  const child = execFile(process.execPath, [SERVERLESS, ...args], options, (_error, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
  );
  return promise;
}

/** @throws Error with the output where the command fails */
export async function runServerless(project: Project, args: readonly string[], own?: Record<string, string>) {
  const { code, output } = await tryServerless(project, args, own);
  if (code !== 0) throw new Error(`serverless ${args.join(' ')} ended with ${code}: ${output}`);
}

export async function packagedTemplate({ folder }: Project): Promise<Template> {
  return JSON.parse(await readFile(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8'));
}

export function packagedZip({ folder }: Project): Promise<Buffer> {
  return readFile(join(folder, '.serverless/cloakroom.zip'));
}

/** The files of a zip, by path. */
export async function unzip(zip: Buffer): Promise<Map<string, string>> {
  const { files } = await JSZip.loadAsync(zip);
  const entries = Object.values(files).filter(({ dir }) => !dir);
  return new Map(await Promise.all(entries.map(async (file) => [file.name, await file.async('string')] as const)));
}
