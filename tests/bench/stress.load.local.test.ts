/** A run on the packaged function: what it counts is what README says that requests cost. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startLocalService } from '../../bench/stress/local.ts';
import { commandOf } from '../../bench/stress/options.ts';
import { stress } from '../../bench/stress/stress.ts';
import type { Summary } from '../../bench/stress/summary.ts';
import type { RequestKind } from '../../bench/traffic/traffic.ts';

async function run(args: string): Promise<Summary> {
  const command = commandOf(args.split(' '));
  if (command.kind !== 'stress') throw new Error('The options are wrong.');
  const signal = new AbortController().signal;
  const summary = await stress(command.options, { output: { write: () => true }, signal, drainMs: 30_000 });
  if (summary === undefined) throw new Error('It was ended before it began.');
  return summary;
}

/** Requests, read units and write units of one request. */
const COSTS: Readonly<Record<RequestKind, readonly [number, number, number]>> = {
  bot: [0, 0, 0],
  'first write': [1, 0, 1],
  'read-only': [1, 1, 0],
  change: [2, 1, 1],
  login: [5, 2, 3],
  logout: [3, 1, 2],
};

describe('A run on the packaged function', { timeout: 120_000 }, () => {
  it('counts for each kind of request the units that README has', async () => {
    const summary = await run('--visitors 3 --duration 5 --pages 4 --read-only 0.5 --logins 1 --logouts 1 --bots 0.2');
    expect(summary.errors).toEqual({});
    expect(summary.kinds['first write'].requests).toBe(15);
    expect(summary.kinds.login.requests).toBe(15);
    expect(summary.kinds.logout.requests).toBe(15);
    expect(summary.kinds['read-only'].requests + summary.kinds.change.requests).toBe(60);
    for (const [kind, [requests, reads, writes]] of Object.entries(COSTS) as [RequestKind, (typeof COSTS)['bot']][]) {
      const { requests: count, consumption } = summary.kinds[kind];
      expect(count).toBeGreaterThan(0);
      expect(consumption).toMatchObject({
        answers: count,
        requests: count * requests,
        readUnits: count * reads,
        writeUnits: count * writes,
        failedConditions: 0,
        throttles: 0,
      });
    }
    expect(summary.all.consumption.coldStarts).toBeLessThanOrEqual(10);
  });

  it('counts failed conditions of parallel changes, and no lost visit', async () => {
    const summary = await run('--visitors 2 --duration 3 --pages 3 --parallel 4 --read-only 0 --logins 0 --bots 0');
    const { requests, consumption } = summary.kinds.change;
    expect(summary.errors).toEqual({});
    expect(requests).toBe(72);
    expect(consumption.writeUnits).toBe(72);
    expect(consumption.failedConditions).toBeGreaterThan(0);
    expect(consumption.failedConditionUnits).toBe(consumption.failedConditions);
    expect(consumption.requests).toBe(2 * 72 + consumption.failedConditions);
  });
});

describe('The service of this machine', { timeout: 60_000 }, () => {
  it.skipIf(!existsSync('/proc')).each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process behind where the command ends by %s in the middle of a run',
    async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'cloakroom-stress-'));
      const script = join(import.meta.dirname, '../../bench/stress/run.ts');
      const args = ['--duration', '3600', '--report', join(folder, 'r.html')];
      const command = fork(script, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
      const exited = once(command, 'exit');
      try {
        await said(command, 'requests a second for 3600 s');
        // The service, the guard of its Java, Java, an instance or more, and the generator.
        await expect.poll(() => descendantsOf(command.pid).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(5);
        const started = descendantsOf(command.pid);
        command.kill(signal);
        await exited;
        expect(command.exitCode).toBe(signal === 'SIGKILL' ? null : 130);
        await expect.poll(() => started.filter(isAlive), { timeout: 20_000 }).toEqual([]);
        const report = await readFile(join(folder, 'r.html'), 'utf8');
        expect(report.includes('stopped early')).toBe(signal !== 'SIGKILL');
      } finally {
        command.kill('SIGKILL');
        await rm(folder, { recursive: true });
      }
    },
  );

  it('passes on how sessions are to work', async () => {
    await using service = await startLocalService({
      ...process.env,
      SESSION_COOKIE: 'visit',
      SESSION_DRIVER: 'memory',
    });
    const { headers } = await fetch(`${service.url}/session/data/a`, {
      method: 'PUT',
      body: '1',
      headers: { 'content-type': 'application/json' },
    });
    expect(headers.get('set-cookie')).toMatch(/^__Host-visit=/);
    expect(headers.get('server-timing')).toContain('1 WCU');
  });
});

async function said({ stdout }: ChildProcess, text: string): Promise<void> {
  let output = '';
  const heard = Promise.withResolvers<void>();
  stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes(text)) heard.resolve();
  });
  await heard.promise;
}

/** Processes that this one has started, and those that they have. */
function descendantsOf(ancestor: number | undefined): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat !== undefined) parents.set(Number(name), stat.parent);
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === ancestor || isOurs(parents.get(pid)));
  return [...parents.keys()].filter((pid) => pid !== ancestor && isOurs(pid));
}

function isAlive(pid: number): boolean {
  return ![undefined, 'Z'].includes(statOf(pid)?.state);
}

/** From /proc/PID/stat, whose second field is the name in parentheses. */
function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const [state = '', parent = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
