import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../bench/subjects/folder.ts';

const FOLDER = pathToFileURL(join(import.meta.dirname, '../../bench/subjects/folder.ts')).href;

it('A folder is gone with its block', () => {
  let path;
  {
    using folder = temporaryFolder('test');
    path = folder.path;
    expect(existsSync(path)).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

it('A folder is gone with its process, wherever that was when it ended', async () => {
  const place = await mkdtemp(join(tmpdir(), 'cloakroom-test-'));
  onTestFinished(() => rm(place, { recursive: true }));
  const file = join(place, 'hold.ts');
  const code = `import { temporaryFolder } from '${FOLDER}';
    using folder = temporaryFolder('test');
    process.send(folder.path, () => process.exit(130));
    await new Promise(() => {});`;
  await writeFile(file, code);
  const child = fork(file, { execArgv: [] });
  const exited = once(child, 'exit');
  const [path] = (await once(child, 'message')) as [string];
  expect(await exited).toEqual([130, null]);
  expect(existsSync(path)).toBe(false);
});
