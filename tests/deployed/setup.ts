/** Deploys the service once for a run of the tests, with the command that deploys it to AWS. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { copyProject, runServerless } from '../deploy/project.ts';
import { APP_ORIGIN } from '../e2e/behaviours/origins.ts';
import { startLocalAws } from './emulator.ts';
import { printGaps } from './gaps.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    deployment: Deployment;
  }
}

export interface Deployment {
  readonly endpoint: string;
  /** The copy of the project that is deployed. */
  readonly folder: string;
  /** What the deployments have in their environment. */
  readonly environment: Record<string, string>;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const node = execFileSync('node', ['--version'], { encoding: 'utf8' }).trim();
  // The local AWS runs functions on the node in PATH. npm puts the project's own there.
  if (!node.startsWith('v24.')) throw new Error(`node in PATH is ${node}: run this as \`npm run test:deploy\`.`);
  const started = Date.now();
  const aws = await startLocalAws();
  try {
    const { folder } = await copyProject(aws.folder);
    const environment = {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      // The framework leaves folders behind.
      TMPDIR: aws.folder,
      APP_KEY: `base64:${randomBytes(32).toString('base64')}`,
      ALLOWED_ORIGINS: APP_ORIGIN,
      DEMO: 'true',
      // The table is full of what the tests left, and the local AWS has no limits.
      PURGE_CAPACITY: '1000',
    };
    const ready = Date.now();
    await runServerless({ folder, remove: async () => {} }, ['deploy'], environment);
    console.log(
      `\nThe local AWS started in ${seconds(started, ready)}, and the service was deployed to it in ${seconds(ready)}.`,
    );
    project.provide('deployment', { endpoint: aws.endpoint, folder, environment });
  } catch (error) {
    await aws.stop();
    throw error;
  }
  printGaps();
  return () => aws.stop();
}

function seconds(from: number, to = Date.now()): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}
