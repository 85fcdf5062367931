/** What the workflow may do, and what it must never. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isVariable } from '../../src/config/variables.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILE = '.github/workflows/main.yml';
const source = readFileSync(join(ROOT, FILE), 'utf8');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly concurrency: { readonly group: string; readonly 'cancel-in-progress': string };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: { readonly test: Job; readonly deploy: Job };
}

const workflow = parse(source) as Workflow;
const { test, deploy } = workflow.jobs;
const jobs = Object.entries(workflow.jobs);

const usesOf = ({ steps }: Job): readonly string[] => steps.flatMap(({ uses }) => uses ?? []);

describe('The workflow', () => {
  it('is the only one', () => {
    expect(readdirSync(join(ROOT, '.github/workflows'))).toEqual(['main.yml']);
  });

  it('runs for pull requests, without their right to anything, and for main', () => {
    expect(workflow.on).toEqual({ pull_request: null, push: { branches: ['main'] } });
    expect(source).not.toContain('pull_request_target');
  });

  it('gives each job what it needs, and nothing more', () => {
    expect(workflow.permissions).toEqual({});
    expect(Object.keys(workflow.jobs)).toEqual(['test', 'deploy']);
    expect(test.permissions).toEqual({ contents: 'read' });
    expect(deploy.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  });

  it('lets runs of main wait for each other, so that no deployment overlaps or overtakes another', () => {
    expect(workflow.concurrency).toEqual({
      group: '${{ github.workflow }}-${{ github.ref }}',
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    });
  });

  it.each(jobs)('ends %s by itself, before GitHub would', (_name, job) => {
    expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  it.each(jobs)('runs %s with actions pinned by their commit, with their version beside it', (_name, job) => {
    expect(usesOf(job).length).toBeGreaterThan(0);
    for (const uses of usesOf(job)) {
      expect(uses).toMatch(/^(?:actions|aws-actions)\/[\w-]+@[0-9a-f]{40}$/);
      expect(source).toMatch(new RegExp(`uses: ${uses} # v\\d+\\.\\d+\\.\\d+\\n`));
    }
  });

  it.each(jobs)('leaves no token of the repository behind in %s', (_name, { steps }) => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts).toHaveLength(1);
    for (const checkout of checkouts) expect(checkout.with).toEqual({ 'persist-credentials': false });
  });

  it.each(jobs)('runs %s on the Node.js of the functions', (_name, { steps }) => {
    const service: { provider: { runtime: string } } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), {
      logLevel: 'error',
    });
    const setup = steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'));
    expect(`nodejs${String(setup?.with?.['node-version'])}.x`).toBe(service.provider.runtime);
  });

  it.each(jobs)('puts nothing of the event into a command of %s', (_name, { steps }) => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });
});

describe('The tests', () => {
  it('are those of everybody, and see no secret or variable', () => {
    expect(test.steps.flatMap(({ run }) => run ?? [])).toEqual(['bash .ci/run']);
    expect(JSON.stringify(test)).not.toMatch(/secrets|vars\.|id-token|environment/);
  });
});

describe('The deployment', () => {
  it('is of main alone, after its tests, where a role is named', () => {
    expect(deploy.needs).toBe('test');
    expect(deploy.if).toBe(
      "github.event_name == 'push' && github.ref == 'refs/heads/main' && vars.AWS_DEPLOY_ROLE != ''",
    );
    expect(deploy.environment).toBe('production');
  });

  it('takes on a role, and has no key of AWS', () => {
    const login = deploy.steps.find(({ uses }) => uses?.startsWith('aws-actions/configure-aws-credentials@'));
    expect(login?.with).toEqual({
      'role-to-assume': '${{ vars.AWS_DEPLOY_ROLE }}',
      'aws-region': '${{ vars.AWS_REGION }}',
    });
    expect(source).not.toMatch(/access[-_]key|secret[-_]access|session[-_]token/i);
  });

  it('installs no package, and runs none of their scripts, once it has the role', () => {
    const install = deploy.steps.findIndex(({ run }) => run?.startsWith('npm ci --ignore-scripts'));
    const login = deploy.steps.findIndex(({ uses }) => uses?.startsWith('aws-actions/'));
    expect(install).toBeGreaterThan(0);
    expect(install).toBeLessThan(login);
    const installs = deploy.steps.filter(({ run }) =>
      /\bnpm (?:ci|i|install)\b|\bnpx (?!--no-install)/.test(run ?? ''),
    );
    expect(installs).toHaveLength(1);
  });

  it('gets the key of the cookies from the environment’s secrets, and none other', () => {
    const secrets = [...source.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets).toEqual(['APP_KEY', 'APP_PREVIOUS_KEYS']);
    expect(source).not.toMatch(/toJSON\(\s*(?:secrets|vars)/i);
  });

  it('refuses to go on without APP_KEY, under which all its settings are known to the service', () => {
    const step = deploy.steps.find(({ run }) => run?.includes('serverless deploy'));
    expect(step?.run).toMatch(/^: "\$\{APP_KEY:\?/);
    for (const [name, value] of Object.entries(step?.env ?? {})) {
      if (name === 'SLS_NOTIFICATIONS_MODE') continue;
      expect(isVariable(name)).toBe(true);
      expect(value).toMatch(new RegExp(`^\\$\\{\\{ (?:secrets|vars)\\.${name} \\}\\}$`));
    }
  });
});
