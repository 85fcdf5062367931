/** The command as somebody runs it, and what it says to write into serverless.yml as the packaging takes it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
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

  it('says the same as JSON, and the packaging takes each mode that it names', async () => {
    const { stdout } = await capacity('--rps', '40', '--json');
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
