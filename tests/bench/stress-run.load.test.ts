/** Runs against stand-ins for the service, that hang, die, redirect, or do well. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandOf, type StressOptions } from '../../bench/stress/options.ts';
import { terminalReport } from '../../bench/stress/report.ts';
import { stress } from '../../bench/stress/stress.ts';
import type { Summary } from '../../bench/stress/summary.ts';
import { type Own, type StandIn, standIn } from './stand-in.ts';

function options(url: string, args: readonly string[], duration: string): StressOptions {
  const command = commandOf(['--url', url, '--visitors', '10', '--duration', duration, ...args]);
  if (command.kind !== 'stress') throw new Error('The options are wrong.');
  return command.options;
}

async function drive(
  service: StandIn,
  args: readonly string[] = [],
  { signal = new AbortController().signal, duration = '1' } = {},
): Promise<Summary> {
  const output = { write: () => true };
  const summary = await stress(options(service.url, args, duration), { output, signal, drainMs: 500 });
  if (summary === undefined) throw new Error('It was ended before it began.');
  return summary;
}

/** What came after the guard had looked. */
function visitsIn({ received }: StandIn) {
  return received.slice(2);
}

const isPut = ({ method }: IncomingMessage): boolean => method === 'PUT';

describe('A run', { timeout: 60_000 }, () => {
  it('plays visits with a cookie of their own each, and bots without', async () => {
    await using service = await standIn();
    const summary = await drive(service, ['--pages', '2', '--logins', '1', '--logouts', '1', '--bots', '0.5']);
    const sessions = Map.groupBy(visitsIn(service), ({ session }) => session ?? '');
    const anonymous = sessions.get('') ?? [];
    sessions.delete('');
    expect(sessions.size).toBe(10);
    for (const requests of sessions.values()) {
      expect(requests.map(({ request }) => request)).toEqual([
        'POST /login',
        expect.stringMatching(/^(?:GET \/session|POST \/session\/visits)$/),
        expect.stringMatching(/^(?:GET \/session|POST \/session\/visits)$/),
        'POST /logout',
      ]);
    }
    expect(new Set(anonymous.map(({ request }) => request))).toEqual(new Set(['PUT /session/data/cart', 'GET /']));
    // Half of all requests are bots', and a visit has five.
    expect(anonymous.filter(({ request }) => request === 'GET /')).toHaveLength(50);
    expect(summary.all).toMatchObject({ requests: 100, errors: 0 });
    expect(summary.kinds.login).toMatchObject({ requests: 10, asked: 10 });
    expect(summary.generated).toMatchObject({ visits: 10, bots: 50, requests: 100, skipped: 0, abandoned: 0 });
  });

  it('plays the same visits for the same seed', async () => {
    /** What each visit has asked, in the order of their sessions. */
    const playing = async (seed: string): Promise<string[]> => {
      await using service = await standIn();
      await drive(service, ['--seed', seed, '--pages', '8', '--read-only', '0.5', '--logins', '0.5']);
      const visits = Map.groupBy(visitsIn(service), ({ session }) => session ?? '');
      visits.delete('');
      return [...visits.values()].map((all) => all.map(({ request }) => request).join()).toSorted();
    };
    const first = await playing('7');
    expect(first).toHaveLength(10);
    expect(await playing('7')).toEqual(first);
    expect(await playing('8')).not.toEqual(first);
  });

  it('sends the requests of a page at the same moment', async () => {
    const waiting = new Map<string, (() => void)[]>();
    // Answers a page's requests only when all three are there.
    await using service = await standIn(({ method, url, headers: { cookie = '' } }, response) => {
      if (cookie === '' || method === 'PUT' || url === '/') return false;
      const line = [...(waiting.get(cookie) ?? []), () => void response.writeHead(200).end('{}')];
      waiting.set(cookie, line.length === 3 ? [] : line);
      if (line.length === 3) for (const answer of line) answer();
      return true;
    });
    const summary = await drive(service, ['--pages', '2', '--parallel', '3', '--logins', '0']);
    expect(summary.errors).toEqual({});
    expect(summary.kinds['read-only'].requests + summary.kinds.change.requests).toBe(60);
  });

  it('ends where the service hangs, and counts what was not answered', async () => {
    await using service = await standIn((request) => isPut(request));
    const summary = await drive(service, ['--bots', '0']);
    expect(summary.errors).toEqual({ 'no answer until the end': 10 });
    expect(summary.kinds['first write']).toMatchObject({ requests: 10, errors: 10 });
    expect(summary.isInterrupted).toBe(false);
  });

  it('ends where the service stops in the middle of an answer', async () => {
    await using service = await standIn((request, response) => {
      if (!isPut(request)) return false;
      response.writeHead(200, { 'content-length': '10' }).write('1');
      return true;
    });
    const summary = await drive(service, ['--bots', '0']);
    expect(summary.errors).toEqual({ 'no answer until the end': 10 });
  });

  it('ends where the service dies, with what it has answered before', async () => {
    let puts = 0;
    await using service = await standIn((request) => {
      if (isPut(request)) puts += 1;
      if (puts === 5) service.die();
      return puts === 5;
    });
    const summary = await drive(service, ['--logins', '0']);
    expect(summary.kinds['first write'].requests).toBe(10);
    expect(summary.kinds['first write'].errors).toBeGreaterThanOrEqual(6);
    expect(summary.all.requests - summary.all.errors).toBeGreaterThan(0);
    expect(Object.keys(summary.errors).every((name) => name.startsWith('no answer E'))).toBe(true);
    expect(summary.shortcomings.join(' ')).toContain('visits ended early');
    // Bots got no answer either, and are no visits.
    expect(summary.generated?.abandoned).toBeLessThanOrEqual(10);
  });

  it('counts errors by status and code, and ends visits whose session did not begin', async () => {
    await using service = await standIn((request, response) => {
      if (!isPut(request)) return false;
      response.writeHead(503, { 'content-type': 'application/problem+json' });
      response.end('{"status":503,"code":"SESSION_UNAVAILABLE"}');
      return true;
    });
    const summary = await drive(service, ['--bots', '0']);
    expect(summary.errors).toEqual({ '503 SESSION_UNAVAILABLE': 10 });
    expect(summary.all.requests).toBe(10);
    expect(summary.generated?.abandoned).toBe(10);
  });

  it.each([301, 307])('follows no redirect to elsewhere, %i', async (status) => {
    await using other = await standIn();
    await using service = await standIn((request, response) => {
      if (request.url === '/health' || request.url === '/session') return false;
      response.writeHead(status, { location: `${other.url}/` }).end();
      return true;
    });
    const summary = await drive(service);
    expect(other.received).toEqual([]);
    expect(summary.errors).toEqual({ [String(status)]: summary.all.requests });
  });

  it('says how to see units where answers do not tell them', async () => {
    await using service = await standIn();
    const summary = await drive(service);
    expect(summary).not.toHaveProperty('unitsPerSecond');
    expect(terminalReport(summary)).toContain('start the service with SERVER_TIMING=true');
  });

  it('that is ended early has what was measured so far, and no errors for what it cut off', async () => {
    const ending = new AbortController();
    let puts = 0;
    await using service = await standIn((request) => {
      if (isPut(request)) puts += 1;
      if (puts === 3) ending.abort();
      return puts >= 3;
    });
    const summary = await drive(service, ['--logins', '0'], { signal: ending.signal, duration: '3600' });
    expect(summary).toMatchObject({ isInterrupted: true, errors: {} });
    expect(summary.kinds['first write'].requests).toBe(2);
    expect(summary.seconds).toBeLessThan(3600);
  });
});

describe('A service that can not be driven', () => {
  const look = (own: Own) => async () => {
    await using service = await standIn(own);
    await drive(service);
  };
  const answering = (path: string, status: number, body = ''): Own => {
    return (request, response) => {
      if (request.url === path) response.writeHead(status).end(body);
      return request.url === path;
    };
  };

  it.each<[string, Own, string]>([
    ['has another /health', answering('/health', 200, '<html>'), 'and not as this service does'],
    ['redirects', answering('/health', 302), '/health answers 302'],
    ['has no routes of the demonstration', answering('/session', 404), 'start the service with DEMO=true'],
    ['is down', answering('/session', 503), '/session answers 503'],
  ])('is named where it %s', async (_name, own, message) => {
    await expect(look(own)()).rejects.toThrow(message);
  });

  it('is named where nothing answers', async () => {
    const service = await standIn();
    service.die();
    await expect(drive(service)).rejects.toThrow(`GET ${service.url}/health does not answer: ECONNREFUSED`);
  });
});

describe('The command', { timeout: 60_000 }, () => {
  async function run(args: readonly string[], interrupt?: (send: () => void) => Promise<void>, report?: string) {
    const folder = await mkdtemp(join(tmpdir(), 'cloakroom-stress-'));
    try {
      const files = ['--report', report ?? join(folder, 'a/r.html'), '--json', join(folder, 'r.json')];
      const script = join(import.meta.dirname, '../../bench/stress/run.ts');
      const child = fork(script, [...args, ...files], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
      let [stdout, stderr] = ['', ''];
      child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      await interrupt?.(() => child.kill('SIGINT'));
      if (child.exitCode === null) await once(child, 'exit');
      const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
      return { code: child.exitCode, stdout, stderr, html: await read('a/r.html'), json: await read('r.json') };
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it.skipIf(!existsSync('/dev/full'))('writes its other report where there is no room for one', async () => {
    await using service = await standIn();
    const { code, stdout, stderr, json } = await run(['--url', service.url, '--duration', '1'], undefined, '/dev/full');
    expect(code).toBe(1);
    expect(stdout).toContain('Latency in milliseconds');
    expect(stderr).toContain('/dev/full is not written');
    expect(JSON.parse(json)).toHaveProperty('all');
  });

  it('writes its report in three ways', async () => {
    await using service = await standIn();
    const { code, stdout, stderr, html, json } = await run(['--url', service.url, '--duration', '1']);
    expect([code, stderr]).toEqual([0, '']);
    const summary = JSON.parse(json) as Summary;
    expect(summary.all.errors).toBe(0);
    expect(stdout).toContain('Latency in milliseconds');
    expect(html).toContain('<h1>Stress test</h1>');
    expect(html).toContain(service.url);
  });

  it('ends by Ctrl-C with the report of what was measured so far', async () => {
    const answered = Promise.withResolvers<void>();
    await using service = await standIn((request) => {
      if (request.url === '/session/visits') answered.resolve();
      return false;
    });
    const args = ['--url', service.url, '--duration', '3600'];
    const { code, stdout, html, json } = await run(args, async (send) => {
      await answered.promise;
      send();
    });
    expect(code).toBe(130);
    expect(stdout).toContain('stopped early: 3600 s were asked for');
    expect(JSON.parse(json)).toMatchObject({ isInterrupted: true, errors: {} });
    expect(html).toContain('stopped early');
  });

  it('refuses wrong options and foreign addresses, sends nothing, and writes nothing', async () => {
    for (const args of [
      ['--pages', '0'],
      ['--url', 'http://192.0.2.1'],
    ]) {
      const { code, stdout, stderr, html } = await run(args);
      expect([code, stdout, html]).toEqual([1, '', '']);
      expect(stderr).not.toBe('');
    }
  });

  it('says why a service can not be driven', async () => {
    const service = await standIn();
    service.die();
    const { code, stderr } = await run(['--url', service.url]);
    expect(code).toBe(1);
    expect(stderr).toContain('Is the service running?');
    expect(stderr).not.toContain('    at ');
  });
});
