/** In a process of its own, whose standard output is what a test makes of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const OUTPUT = pathToFileURL(join(import.meta.dirname, '../../src/telemetry/output.ts')).href;

const script = (work: string) => ['--input-type=module', '-e', `import { writeLine } from '${OUTPUT}';\n${work}`];

describe('A line that is written', () => {
  it('is out at once, also where the process ends in the next moment', async () => {
    const work = "writeLine(1, 'é'.repeat(5000)); process.kill(process.pid, 'SIGKILL');";
    const child = spawn(process.execPath, script(work), { stdio: ['ignore', 'pipe', 'ignore'] });
    expect(await textOf(child.stdout)).toBe(`${'é'.repeat(5000)}\n`);
  });

  it('fails nobody where nobody reads it', async () => {
    const work =
      "process.stdin.once('data', () => { writeLine(1, 'a'); writeLine(1, 'b'); writeLine(2, 'done'); process.exit(0); });";
    const child = spawn(process.execPath, script(work), { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdout.destroy();
    child.stdin.end('go');
    const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, 'close')]);
    expect(said).toBe('done\n');
    expect(code).toBe(0);
  });

  it('is kept for later where a pipe takes no more, whole and in its place', async () => {
    // Node's own stream makes the pipe one that refuses what does not fit into it.
    const work =
      "process.stdout.write(''); for (let n = 0; n < 400; n++) writeLine(1, String(n).padStart(999, '.')); writeLine(2, 'written');";
    const child = spawn(process.execPath, script(work), { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pause();
    await once(child.stderr, 'data');
    const lines = (await textOf(child.stdout)).split('\n').slice(0, -1);
    expect(lines.map((line) => Number(line.replaceAll('.', '')))).toEqual(Array.from({ length: 400 }, (_, n) => n));
    expect(lines.every((line) => line.length === 999)).toBe(true);
  });

  it('fails nobody where what waits is never read', async () => {
    const work =
      "process.stdout.write(''); for (let n = 0; n < 400; n++) writeLine(1, 'x'.repeat(999)); writeLine(2, 'written'); process.stdin.once('data', () => setImmediate(() => process.exit(3)));";
    const child = spawn(process.execPath, script(work), { stdio: ['pipe', 'pipe', 'pipe'] });
    await once(child.stderr, 'data');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end('go');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(3);
  });
});
