/** What the packaged function counts, next to what the proxy saw of it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MetricsLine, readMetricsLine } from '../telemetry/embedded-format.ts';
import { NOT_APPLIED } from './faults.ts';
import type { Instance } from './packaged.ts';
import { begin, idOf, send, type Service, startService } from './service.ts';
import { recordKey } from './table.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
}, 60_000);

afterEach(() => service.proxy.reset());

afterAll(() => service[Symbol.asyncDispose]());

/** Lines that the function has written: all that there are of it, and from `start` on. */
function linesOf({ output }: Instance, start = 0): MetricsLine[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{"_aws"'));
  return lines.slice(start).map(readMetricsLine);
}

/** The lines that some requests leave. Their answers come by another way than the output, so it waits for one of each. */
async function measured(instance: Instance, requests: () => Promise<unknown>, count = 1): Promise<MetricsLine[]> {
  const start = linesOf(instance).length;
  service.proxy.reset();
  await requests();
  await expect.poll(() => linesOf(instance, start).length, { timeout: 5000 }).toBe(count);
  return linesOf(instance, start);
}

const sum = (lines: readonly MetricsLine[], name: string) =>
  lines.reduce((total, { [name]: value = 0 }) => total + Number(value), 0);

function warnings({ output }: Instance): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.includes('"code":"RECORD_LARGE"'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('The packaged function', () => {
  it('counts the cold start once, and what a first write costs', async () => {
    const instance = await service.start();
    const [first] = await measured(instance, () => send(instance, 'PUT /session/data/a', { json: 1 }));
    expect(first).toEqual({
      FunctionName: 'cloakroom-test-http',
      requestId: 'request-1',
      status: 204,
      Latency: expect.any(Number),
      ColdStart: 1,
      StoreRequests: 1,
      WriteUnits: 1,
      SessionsCreated: 1,
      RecordBytes: expect.any(Number),
    });
    const [second] = await measured(instance, () => send(instance, 'GET /health'));
    expect(second).not.toHaveProperty('ColdStart');
  });

  it('writes nothing where metrics are off', async () => {
    const quiet = await service.start({ METRICS: 'false' });
    await send(quiet, 'PUT /session/data/a', { json: 1 });
    await send(quiet, 'GET /session');
    expect(quiet.output).toBe('');
  });

  it('uses the namespace that was set', async () => {
    const instance = await service.start({ METRICS_NAMESPACE: 'Shop/Sessions' });
    await measured(instance, () => send(instance, 'GET /health'));
    expect(instance.output).toContain('"Namespace":"Shop/Sessions"');
  });

  it('counts of twenty visits at once what the proxy saw, and what was tried again', async () => {
    const cookie = await begin(service.instance);
    const visits = () =>
      Promise.all(Array.from({ length: 20 }, () => send(service.instance, 'POST /session/visits', { cookie })));
    const lines = await measured(service.instance, visits, 20);
    const [requests, readUnits, writeUnits] = service.proxy.cost();
    const failed = sum(lines, 'ConditionsFailed');
    expect(sum(lines, 'StoreRequests')).toBe(requests);
    expect(sum(lines, 'ReadUnits')).toBe(readUnits);
    expect(sum(lines, 'WriteUnits')).toBe(writeUnits);
    expect([readUnits, writeUnits, requests]).toEqual([20, 20, 40 + failed]);
    expect(failed).toBeGreaterThan(0);
    expect(sum(lines, 'ConflictsReplayed')).toBe(failed);
    expect(sum(lines, 'SessionsOpened')).toBe(20);
    expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(20);
    // Each for itself: one read and one write that came through.
    for (const line of lines) expect(line).toMatchObject({ status: 200, ReadUnits: 1, WriteUnits: 1 });
  });

  it('counts the wait for a lock, and nobody’s who had it at once', async () => {
    const locking = await service.start({ SESSION_LOCKING: 'true' });
    const cookie = await begin(service.instance);
    const containing = recordKey(idOf(cookie));
    const lines = await measured(
      locking,
      async () => {
        // The first one's release is kept back until the other one has taken its place in line.
        const release = service.proxy.holdRequest({ operation: 'UpdateItem', containing: 'REMOVE #owner, #lease' });
        const place = service.proxy.holdAnswer({ operation: 'GetItem', containing });
        const first = send(locking, 'GET /session', { cookie });
        await release.reached;
        const second = send(locking, 'GET /session', { cookie });
        await place.reached;
        release.release();
        await first;
        place.release();
        await second;
      },
      2,
    );
    expect(lines.filter((line) => 'LockWaits' in line)).toEqual([
      expect.objectContaining({ status: 200, LockWaits: 1, LockWaitTime: expect.any(Number), SessionsOpened: 1 }),
    ]);
  });

  it('counts throttled tries, and the repetitions', async () => {
    const cookie = await begin(service.instance);
    const fault = NOT_APPLIED['throttles the table'] ?? (async () => 'reset');
    const [line] = await measured(service.instance, () => {
      service.proxy.on({ fault, times: 2 });
      return send(service.instance, 'GET /session', { cookie });
    });
    expect(line).toMatchObject({ status: 200, StoreRequests: 3, StoreRetries: 2, Throttles: 2, ReadUnits: 1 });
    expect(line).not.toHaveProperty('Errors');
  });

  it('counts an error with its code where the store stays throttled', async () => {
    const cookie = await begin(service.instance);
    const fault = NOT_APPLIED['throttles the table'] ?? (async () => 'reset');
    const [line] = await measured(service.instance, () => {
      service.proxy.on({ fault });
      return send(service.instance, 'GET /session', { cookie });
    });
    expect(line).toMatchObject({ status: 503, code: 'SESSION_UNAVAILABLE', Errors: 1 });
    const { StoreRequests, Throttles } = line ?? {};
    expect([StoreRequests, Throttles]).toEqual([service.proxy.exchanges.length, service.proxy.exchanges.length]);
  });

  it('says what a record takes, as DynamoDB bills it, and warns of large ones once', async () => {
    const instance = await service.start();
    const noise = (length: number) =>
      Array.from({ length }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)));
    for (const length of [1, 100, 300, 400, 900]) {
      const [line] = await measured(instance, () =>
        send(instance, 'PUT /session/data/a', { json: noise(length).join('') }),
      );
      expect(line?.['WriteUnits']).toBe(Math.ceil(Number(line?.['RecordBytes']) / 1024));
    }
    expect(warnings(instance)).toEqual([
      expect.objectContaining({ level: 'WARN', message: expect.stringContaining('2 write units'), limit: 1024 }),
    ]);
  });

  it('warns of no record where that is off', async () => {
    const instance = await service.start({ SESSION_WARN_BYTES: '0' });
    await measured(instance, () => send(instance, 'PUT /session/data/a', { json: 'x1y2'.repeat(2000) }));
    expect(warnings(instance)).toEqual([]);
  });
});
