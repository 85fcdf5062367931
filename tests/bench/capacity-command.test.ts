/** The command as somebody runs it, and what it says to write into serverless.yml as the packaging takes it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { copyProject, packagedTemplate, runServerless } from '../deploy/project.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../../bench/capacity/run.ts');

async function capacity(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return run(process.execPath, [SCRIPT, ...args], { env: { PATH: process.env['PATH'] ?? '' } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

/** A day of which the last hour is so many times as busy as each other one. */
async function hours(last: number): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'capacity-')), 'day.json');
  await writeFile(path, JSON.stringify([...Array.from({ length: 23 }, () => 1), last]));
  return path;
}

describe('npm run capacity', { timeout: 60_000 }, () => {
  it('prints a plan, and writes it as a page', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'capacity-')), 'plan.html');
    const { code, stdout } = await capacity('--rps', '300', '--size', '900', '--mix', 'parallel=3', '--html', path);
    expect(code).toBe(0);
    for (const part of ['ReadCapacityUnits', 'failed conditions', 'Laravel', 'Cheapest:', 'capacityMode:']) {
      expect(stdout).toContain(part);
    }
    expect(await readFile(path, 'utf8')).toContain('Cost against traffic');
  });

  it('ends with 1 and one message for options that are wrong', async () => {
    const { code, stdout, stderr } = await capacity('--rps', '-1', '--bogus');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--rps: allowed is');
    expect(stderr).toContain('--bogus: there is no such option.');
  });

  it('says first what it helps with, and prints the plan though its page can not be written', async () => {
    expect(await capacity('--help', '--bogus')).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await capacity('--html', '/nowhere/plan.html');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '--html: /nowhere/plan.html can not be written (ENOENT).\n' });
    expect(stdout).toContain('capacityMode:');
    expect((await capacity('--check', '--rps', '5')).stderr).toContain('--check: plans its own traffic');
  });

  it('warns of what the figures do not say', async () => {
    const { stdout } = await capacity('--rps', '80000', '--peak', '1', '--locking', '--day', await hours(100));
    for (const line of [
      'reads for ever, writes for ever.',
      'A table has 40,000 RCU and 40,000 WCU at the most',
      'which has 1,000: it falls behind',
      'The others have their own locks',
      'They were flattened to 1 times:',
      'throttlingRate: 104000',
    ]) {
      expect(stdout).toContain(line);
    }
    const rush = await capacity('--rps', '20', '--peak', '15', '--locking', '--mix', 'parallel=4');
    expect(rush.stdout).toContain('That is by price alone');
    expect(rush.stdout).toContain('In serverless.yml: on-demand; autoscaling is cheaper, and throttles');
    expect(rush.stdout).toContain('    capacityMode: on-demand');
  });

  it('draws what is asked for and what is there by one measure', async () => {
    const { stdout } = await capacity('--rps', '300');
    const [, average = ''] = stdout.split('provisioned for the average');
    const [asked = '', there = ''] = average.split('\n').slice(1, 3);
    expect(asked).toContain('█');
    expect(there).not.toContain('█');
  });

  it('says the same as JSON, and the packaging takes each mode that it names', async () => {
    const { stdout } = await capacity('--rps', '400', '--json');
    const { parameters, provisioned } = JSON.parse(stdout) as {
      parameters: readonly Readonly<Record<string, string | number>>[];
      provisioned: { reads: number; writes: number };
    };
    expect(parameters.map(({ capacityMode }) => capacityMode)).toEqual(['provisioned', 'autoscaling', 'on-demand']);
    const project = await copyProject();
    try {
      for (const given of parameters) {
        await runServerless(project, [
          'package',
          ...Object.entries(given).map(([name, value]) => `--param=${name}=${value}`),
        ]);
        const { Properties } = (await packagedTemplate(project)).Resources['CacheTable'] ?? {};
        if (given['capacityMode'] === 'provisioned') {
          expect(Properties).toHaveProperty('ProvisionedThroughput', {
            ReadCapacityUnits: provisioned.reads,
            WriteCapacityUnits: provisioned.writes,
          });
        }
      }
    } finally {
      await project.remove();
    }
  });

  it('prints lines for serverless.yml that are YAML', async () => {
    const { stdout } = await capacity('--rps', '40', '--peak', '2');
    const lines = stdout.slice(stdout.indexOf('params:'));
    expect(parse(lines)).toHaveProperty('params.prod.capacityMode');
  });
});
