import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyProject, tryServerless, type Project } from '../deploy/project.ts';
import { DevRun, freePort, portOf, until } from './dev-run.ts';

describe('npm run dev', { timeout: 30_000 }, () => {
  let project: Project;
  let run: DevRun;

  beforeAll(async () => {
    project = await copyProject();
    run = new DevRun(project, 'dev', await freePort());
    await run.ready();
  }, 30_000);

  afterAll(async () => {
    await run.interrupt();
    await project.remove();
  });

  test('serves the page from memory, and says so', async () => {
    const response = await fetch(run.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(run.output).toContain(`Address:  ${run.url}`);
    expect(run.output).toContain('Sessions: memory');
  });

  test("keeps one store for a browser's parallel requests", async () => {
    const { cookie } = await run.visits();
    const answers = await Promise.all(Array.from({ length: 10 }, () => run.visits({ cookie })));
    expect(answers.map(({ visits }) => visits).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('puts saved code to work without losing a session', async () => {
    const { cookie } = await run.visits();
    const path = join(project.folder, 'src/app/routes.ts');
    const source = await readFile(path, 'utf8');
    await writeFile(path, source.replace("'ok'", "'changed'"));
    await until(
      async () => (await (await fetch(`${run.url}/health`)).text()).includes('changed'),
      () => run.output,
    );
    expect((await run.visits({ cookie })).visits).toBe(2);
  });

  test('leaves cookies that are no cookies to the function', async () => {
    const response = await fetch(run.url, { headers: { cookie: 'a="b; ;;=; ä' } });
    expect(response.status).toBe(200);
  });

  test('hands JSON bodies to the function as they were sent, whatever they are', async () => {
    const { cookie } = await run.visits();
    const bodies = ['"x"', '""', '"{\\"a\\":1}"', 'false', '0', 'null', '[]', '{"a":[1]}'];
    for (const [index, body] of bodies.entries()) {
      for (const headers of [{ cookie, 'content-type': 'application/json' }, { cookie }]) {
        const response = await fetch(`${run.url}/session/data/key${index}`, {
          method: 'PUT',
          headers,
          body: new TextEncoder().encode(body),
        });
        expect(`${body} ${response.status}`).toBe(`${body} 204`);
      }
    }
    const { data } = (await (await fetch(`${run.url}/session`, { headers: { cookie } })).json()) as { data: object };
    expect(data).toEqual({
      visits: 1,
      ...Object.fromEntries(bodies.map((body, index) => [`key${index}`, JSON.parse(body)])),
    });
  });

  test('grants other origins nothing', async () => {
    const response = await fetch(run.url, { headers: { origin: 'https://elsewhere.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('says that a port is taken', async () => {
    const { port } = new URL(run.url);
    const { code, output } = await tryServerless(project, ['offline'], { PORT: port });
    expect(output).toContain(`Port ${port} is taken`);
    expect(code).toBe(1);
  });

  test('does not start with a wrong configuration', async () => {
    const { code, output } = await tryServerless(project, ['offline', '--httpPort', String(await freePort())], {
      SESSION_LIFETIME: '0',
    });
    expect(output).toContain('SESSION_LIFETIME is "0"');
    expect(code).toBe(1);
  });
});

describe('npm run dev:dynamodb', { timeout: 30_000 }, () => {
  test('ends where sls offline does not start', async () => {
    const project = await copyProject();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const run = new DevRun(project, 'dev:dynamodb', portOf(taken));
    try {
      expect(await run.ended()).toBe(1);
      expect(run.output).toContain('is taken');
    } finally {
      taken.close();
      await project.remove();
    }
  });

  test('serves from a table of an emulator, whatever .env says, and leaves nothing behind', async () => {
    const project = await copyProject();
    await writeFile(join(project.folder, '.env'), 'CACHE_DRIVER=memory\nDYNAMODB_ENDPOINT=http://127.0.0.1:1\n');
    const run = new DevRun(project, 'dev:dynamodb', await freePort());
    try {
      await run.ready();
      const endpoint = /DynamoDB: .* at (\S+), table (\S+)/.exec(run.output)?.[1] ?? '';
      expect(run.output).toContain('Sessions: dynamodb, table cache at');
      const { cookie } = await run.visits();
      expect((await run.visits({ cookie })).visits).toBe(2);
      await run.interrupt();
      await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
    } finally {
      await run.interrupt();
      await project.remove();
    }
  });
});
