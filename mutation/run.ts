/**
 * Mutation tests: changes the code of `src/cache` and `src/session` in every way that Stryker knows, one at a time, and
 * counts how many of the changes the tests of these folders notice. Each folder has to reach {@link REQUIRED} percent.
 *
 * Stryker has a package.json of its own, here, so that nobody else installs it. Arguments go to it.
 *
 * @example npm run test:mutation -- --mutate 'src/cache/rules.ts'
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installOwnPackages } from '../scripts/own-packages.ts';

const REQUIRED = 90;

const here = import.meta.dirname;
const report = join(here, 'report', 'mutation.json');

/** Runs a command and answers whether it succeeded. */
function run(command: string, parameters: readonly string[], cwd: string): boolean {
  const { status, error } = spawnSync(command, parameters, { cwd, stdio: 'inherit' });
  if (error) throw error;
  return status === 0;
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

const DETECTED = ['Killed', 'Timeout'];
const UNDETECTED = ['Survived', 'NoCoverage'];

/** Prints the score of each folder and answers whether all are high enough. */
function areScoresHighEnough(): boolean {
  const { files }: Report = JSON.parse(readFileSync(report, 'utf8'));
  const counts = new Map<string, { detected: number; all: number }>();
  for (const [file, { mutants }] of Object.entries(files)) {
    const folder = file.split('/').slice(0, 2).join('/');
    const count = counts.get(folder) ?? { detected: 0, all: 0 };
    count.detected += mutants.filter(({ status }) => DETECTED.includes(status)).length;
    count.all += mutants.filter(({ status }) => [...DETECTED, ...UNDETECTED].includes(status)).length;
    counts.set(folder, count);
  }
  let isHighEnough = counts.size > 0;
  for (const [folder, { detected, all }] of counts) {
    const score = all === 0 ? 100 : (100 * detected) / all;
    isHighEnough &&= score >= REQUIRED;
    console.log(`${folder}: ${score.toFixed(2)} %, ${detected} of ${all}; required are ${REQUIRED} %`);
  }
  return isHighEnough;
}

installOwnPackages(here, 'Stryker from mutation/package-lock.json');
rmSync(report, { force: true });
const stryker = join(here, 'node_modules', '.bin', 'stryker');
const succeeded = run(stryker, ['run', 'mutation/stryker.config.ts', ...process.argv.slice(2)], join(here, '..'));
process.exitCode = existsSync(report) && areScoresHighEnough() && succeeded ? 0 : 1;
