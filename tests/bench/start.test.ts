import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startOnce, toldIn } from '../../bench/cold-start/start.ts';

async function workerThatPrints(...lines: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-start-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'worker.mjs');
  await writeFile(file, lines.map((line) => `console.log(${JSON.stringify(line)});`).join('\n'));
  return file;
}

const told = (statusCode: number, body: string) => JSON.stringify({ statusCode, body, loadMs: 20.5, answerMs: 4.5 });

it('A start is told by the last line, whatever stands before it', () => {
  expect(toldIn(`{"_aws":{}}\n${told(200, '')}\n`)).toMatchObject({ statusCode: 200, loadMs: 20.5 });
});

it('A start has the times that its process tells, and that of the whole process', async () => {
  const worker = await workerThatPrints('{"_aws":{}}', told(200, '{"data":{"visits":1}}'));
  const { loadMs, answerMs, processMs } = await startOnce(worker, '', '', {});
  expect({ loadMs, answerMs }).toEqual({ loadMs: 20.5, answerMs: 4.5 });
  expect(processMs).toBeGreaterThan(0);
});

it.each([
  [503, '{"data":{"visits":1}}'],
  [200, '{"data":{}}'],
])('A start that is answered %d %s was none: the session was not read', async (status, body) => {
  const worker = await workerThatPrints(told(status, body));
  await expect(startOnce(worker, '', '', {})).rejects.toThrow('Unexpected answer');
});
