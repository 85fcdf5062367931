/** cfn-lint: AWS's own linter of CloudFormation templates. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWithPackages } from '../python-environment.ts';

const ROOT = join(import.meta.dirname, '../..');

const PYTHON = {
  what: 'cfn-lint',
  requirements: join(import.meta.dirname, 'requirements.txt'),
  folder: join(ROOT, '.cfn-lint'),
};

/**
 * What may stay, and why.
 * W3005, a DependsOn beside a reference that implies it: the framework itself writes those, and they do no harm.
 */
const IGNORED = ['W3005'];

export interface Finding {
  /** Of the linted texts, or a path. */
  readonly name: string;
  /** The rule's id and what it says. */
  readonly message: string;
}

/**
 * What cfn-lint finds, errors and warnings; empty: nothing.
 *
 * @param texts templates as JSON, by a name for the findings
 * @param paths templates in files, from the project's folder
 * @throws Error where Python is missing or cfn-lint does not run
 */
export async function lint(texts: ReadonlyMap<string, string>, paths: readonly string[]): Promise<Finding[]> {
  const python = await pythonWithPackages(PYTHON);
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-templates-'));
  try {
    const names = new Map<string, string>(paths.map((path) => [join(ROOT, path), path]));
    for (const [name, text] of texts) {
      const path = join(folder, `${names.size}.json`);
      await writeFile(path, text);
      names.set(path, name);
    }
    const processes = availableParallelism();
    const parts = Array.from({ length: processes }, (_, part) =>
      [...names.keys()].filter((_path, index) => index % processes === part),
    ).filter(({ length }) => length > 0);
    const outputs = await Promise.all(parts.map((part) => output(join(dirname(python), 'cfn-lint'), part)));
    return outputs.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => findingOf(line, names));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function output(command: string, paths: readonly string[]): Promise<string> {
  const args = ['--ignore-checks', ...IGNORED, '--format', 'parseable', '--', ...paths];
  return promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string; readonly message: string }) => {
      // It ends with a code where it finds something. Without a finding, it did not run.
      if (!error.stdout?.trim()) throw new Error(`cfn-lint failed: ${error.message.slice(-2000)}`, { cause: error });
      return error.stdout;
    },
  );
}

/** A line is PATH:LINE:COLUMN:LINE:COLUMN:RULE:MESSAGE. */
function findingOf(line: string, names: ReadonlyMap<string, string>): Finding {
  const [, path = '', rule, message] = /^(.+?):\d+:\d+:\d+:\d+:([A-Z]\d+):(.*)$/.exec(line) ?? [];
  const name = names.get(path);
  return name === undefined ? { name: 'cfn-lint', message: line } : { name, message: `${rule} ${message}` };
}
