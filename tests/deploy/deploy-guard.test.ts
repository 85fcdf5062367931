import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { copyProject, packagedTemplate, runServerless, tryServerless, type Project } from './project.ts';

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly file?: readonly [name: string, text: string];
  readonly env?: Record<string, string>;
  readonly message: RegExp;
}

let project: Project;

beforeAll(async () => {
  project = await copyProject();
});

afterEach(async () => {
  for (const name of ['.env', '.env.prod', '.serverless']) {
    await rm(join(project.folder, name), { recursive: true, force: true });
  }
});

afterAll(() => project.remove());

describe('sls package and sls deploy', { timeout: 30_000 }, () => {
  test.each<Case>([
    {
      what: 'sessions in memory, set in .env',
      args: ['package'],
      file: ['.env', 'SESSION_DRIVER=memory\n'],
      message: /SESSION_DRIVER is "memory"/,
    },
    {
      what: "a cache in memory, set in a stage's .env",
      args: ['package', '--stage', 'prod'],
      file: ['.env.prod', 'CACHE_DRIVER=memory\nSESSION_DRIVER=dynamodb\n'],
      message: /CACHE_DRIVER \(or CACHE_STORE\) is "memory"/,
    },
    {
      what: 'a cache in memory, set in the environment, before it asks for credentials',
      args: ['deploy'],
      env: { CACHE_STORE: 'memory' },
      message: /CACHE_STORE is "memory"/,
    },
    {
      what: 'whatever else the function would refuse, all at once and without secrets',
      args: ['package'],
      env: { SESSION_LIFETIME: '0', APP_KEY: 'sesame' },
      message: /(?=[\s\S]*SESSION_LIFETIME is "0")(?=[\s\S]*APP_KEY is \*\*\*)(?![\s\S]*sesame)/,
    },
    {
      what: 'a key attribute that the table does not have',
      args: ['package'],
      env: { DYNAMODB_KEY_ATTRIBUTE: 'id' },
      message: /DYNAMODB_KEY_ATTRIBUTE is "id", but resources\/dynamodb\.yml has "key"/,
    },
  ])('refuse $what', async ({ args, file, env, message }) => {
    if (file !== undefined) await writeFile(join(project.folder, file[0]), file[1]);
    const { code, output } = await tryServerless(project, args, env);
    expect(output).toMatch(/Nothing was packaged/);
    expect(output).toMatch(message);
    expect(code).toBe(1);
    expect(existsSync(join(project.folder, '.serverless'))).toBe(false);
  });

  test('hand what is set, and only that, to the function', async () => {
    await writeFile(join(project.folder, '.env'), 'SESSION_LIFETIME=30\n');
    await runServerless(project, ['package'], { DYNAMODB_CACHE_TABLE: 'sessions' });
    const { HttpLambdaFunction, CacheTable } = (await packagedTemplate(project)).Resources;
    expect(HttpLambdaFunction).toHaveProperty('Properties.Environment.Variables', {
      DYNAMODB_CACHE_TABLE: 'sessions',
      SESSION_LIFETIME: '30',
    });
    expect(CacheTable).toHaveProperty('Properties.TableName', 'sessions');
  });
});
