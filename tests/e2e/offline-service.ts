/** `sls offline` for the suite of behaviours, from a copy of the project. */
import { afterAll, beforeAll } from 'vitest';
import { copyProject, type Project } from '../deploy/project.ts';
import { APP_ORIGIN } from './behaviours/origins.ts';
import { DevRun, freePort } from './dev-run.ts';
import type { Target } from './visitor.ts';

/** Any 32 bytes. */
const APP_KEY = `base64:${Buffer.alloc(32, 7).toString('base64')}`;

/** Starts the service before the tests of a file, and stops it after them. */
export function offlineService(env: () => Record<string, string>): () => Target {
  let project: Project | undefined;
  let run: DevRun | undefined;

  beforeAll(async () => {
    project = await copyProject();
    run = new DevRun(project, 'dev', await freePort(), { APP_KEY, ALLOWED_ORIGINS: APP_ORIGIN, ...env() });
    await run.ready();
  }, 30_000);

  afterAll(async () => {
    await run?.interrupt();
    await project?.remove();
  });

  return () => {
    if (run === undefined) throw new Error('The service was not started.');
    return { url: run.url, cookie: 'session' };
  };
}
