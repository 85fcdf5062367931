/** Folders with a package.json of their own, whose packages nobody installs who does not use them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs what the folder's package-lock.json has, unless that is there already.
 *
 * @param purpose for the line that is printed: `Installing <purpose> from <folder>/package-lock.json`
 * @throws Error where npm fails
 */
export function installOwnPackages(folder: string, purpose: string): void {
  if (isInstalled(folder)) return;
  console.error(`Installing ${purpose}; nothing else needs it.`);
  // What npm prints belongs to nobody's output: that may be read by a program.
  const { status, error } = spawnSync('npm', ['ci', '--no-progress'], { cwd: folder, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm could not install ${purpose}.`);
}

/** Whether what is installed is what the lockfile has. */
function isInstalled(folder: string): boolean {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const locked = versionsIn(join(folder, 'package-lock.json'));
  return [...versionsIn(installed)].every(([name, version]) => locked.get(name) === version);
}

function versionsIn(lockfile: string): Map<string, string | undefined> {
  const { packages }: { packages: Record<string, { version?: string }> } = JSON.parse(readFileSync(lockfile, 'utf8'));
  return new Map(Object.entries(packages).map(([name, { version }]) => [name, version]));
}
