/** Folders that are gone when the process is, also where Ctrl-C ends it: see bench/run.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export interface Folder extends Disposable {
  readonly path: string;
}

/** @param name what its name begins with */
export function temporaryFolder(name: string): Folder {
  const path = mkdtempSync(join(tmpdir(), `cloakroom-${name}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.on('exit', remove);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off('exit', remove);
      remove();
    },
  };
}
