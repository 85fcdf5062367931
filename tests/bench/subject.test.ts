import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { environmentOf, Subject } from '../../bench/latency/subject.ts';

/** A module with this handler. */
async function bundleOf(code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cloakroom-subject-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'handler.mjs');
  await writeFile(file, code);
  return file;
}

const ECHO = `
  let calls = 0;
  export const handler = async (event, context) => {
    console.log('x'.repeat(100_000));
    return { statusCode: 200, body: JSON.stringify({ calls: ++calls, event, left: context.getRemainingTimeInMillis() }) };
  };`;

describe('A subject', () => {
  it('answers a batch one request after the other, with a duration for each and the last answer', async () => {
    await using subject = await Subject.start(await bundleOf(ECHO), environmentOf('http://127.0.0.1:1'));
    const request = { method: 'PUT', path: '/session/data/a', cookie: 'id=1', body: '"ü"' } as const;
    const { durationsMs, elapsedMs, cpuUs, last } = await subject.measure(request, 5);
    expect(durationsMs).toHaveLength(5);
    expect(elapsedMs).toBeGreaterThanOrEqual(Math.max(...durationsMs));
    expect(cpuUs).toBeGreaterThan(0);
    const { calls, event, left } = JSON.parse(last?.body ?? '') as { calls: number; event: object; left: number };
    expect(calls).toBe(5);
    expect(left).toBeGreaterThan(9000);
    expect(event).toMatchObject({
      version: '2.0',
      rawPath: '/session/data/a',
      cookies: ['id=1'],
      headers: { 'content-length': '4' },
      requestContext: { http: { method: 'PUT' } },
      body: '"ü"',
    });
  });

  it('is one process for all its batches, with the environment that was asked for', async () => {
    const code = `export const handler = async () => ({ statusCode: 200, body: [process.pid, process.env.A,
      process.env.AWS_ENDPOINT_URL_DYNAMODB, process.env.HOME].join() });`;
    await using subject = await Subject.start(
      await bundleOf(code),
      environmentOf('http://127.0.0.1:1', { A: 'value' }),
    );
    const request = { method: 'GET', path: '/' } as const;
    const [first, second] = [await subject.answer(request), await subject.answer(request)];
    expect(first.body).toMatch(/^\d+,value,http:\/\/127\.0\.0\.1:1,$/);
    expect(second).toEqual(first);
  });

  it.each([
    ['answers an error', 'async () => ({ statusCode: 503 })', 'GET / was answered 503.'],
    ['throws', "async () => { throw new Error('broken'); }", 'broken'],
    ['ends', 'async () => process.exit(3)', 'A subject has ended (3).'],
  ])('that %s has no figures', async (_, handler, message) => {
    const file = await bundleOf(`export const handler = ${handler};`);
    await using subject = await Subject.start(file, environmentOf('http://127.0.0.1:1'));
    await expect(subject.measure({ method: 'GET', path: '/' }, 3)).rejects.toThrow(message);
  });

  it('that does not load does not start', async () => {
    const file = await bundleOf('process.exit(4);');
    await expect(Subject.start(file, environmentOf('http://127.0.0.1:1'))).rejects.toThrow('A subject has ended (4).');
  });
});
