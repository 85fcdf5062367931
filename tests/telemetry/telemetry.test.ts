import { describe, expect, it } from 'vitest';
import type { RequestReport } from '../../src/cache/drivers/dynamodb/connection.ts';
import { StoreUnavailableError } from '../../src/cache/errors.ts';
import { createTelemetry, type TelemetryOptions } from '../../src/telemetry/telemetry.ts';
import { readMetricsLine } from './embedded-format.ts';

const REQUEST: RequestReport = {
  operation: 'UpdateItem',
  outcome: 'ok',
  attempts: 1,
  throttles: 0,
  durationMs: 3,
  readUnits: 0,
  writeUnits: 1,
};

function observed(options: TelemetryOptions = {}) {
  const lines: string[] = [];
  const log: string[] = [];
  const telemetry = createTelemetry({
    metrics: true,
    functionName: 'shop-prod-http',
    writeMetrics: (line) => lines.push(line),
    writeLog: (line) => log.push(line),
    ...options,
  });
  return { telemetry, log, lines, metrics: () => lines.map(readMetricsLine) };
}

const context = (awsRequestId = 'r-1') => ({ awsRequestId });

describe('A handler that is observed', () => {
  it('ends in one line before its answer, the first one with the cold start', async () => {
    const { telemetry, lines, metrics } = observed();
    const handler = telemetry.observe(async () => {
      expect(lines).toHaveLength(0);
      return { statusCode: 204 };
    });
    expect(await handler({}, context())).toEqual({ statusCode: 204 });
    lines.splice(1);
    expect(metrics()).toEqual([
      {
        FunctionName: 'shop-prod-http',
        requestId: 'r-1',
        status: 204,
        Latency: expect.any(Number),
        StoreRequests: 0,
        ColdStart: 1,
      },
    ]);
    await telemetry.observe(async () => undefined)({}, context());
    expect(metrics()[1]).not.toHaveProperty('ColdStart');
    expect(metrics()[1]).not.toHaveProperty('status');
  });

  it.each([
    [500, 1],
    [503, 1],
    [499, undefined],
    [200, undefined],
  ])('answering %i counts as %s errors', async (statusCode, errors) => {
    const { telemetry, metrics } = observed();
    await telemetry.observe(async () => ({ statusCode }))({}, context());
    expect(metrics()[0]?.['Errors']).toBe(errors);
    expect(metrics()[0]?.['status']).toBe(statusCode);
  });

  it.each<[string, unknown, string]>([
    ['ours', new StoreUnavailableError('secret'), 'STORE_UNAVAILABLE'],
    ["others'", Object.assign(new Error('secret'), { code: 'no secret-code' }), 'INTERNAL'],
    ['not even one', 'secret', 'INTERNAL'],
  ])('ends in a line with its code where it fails, and fails as it did: %s', async (_, error, code) => {
    const { telemetry, lines, metrics } = observed();
    const handler = telemetry.observe(async () => {
      throw error;
    });
    await expect(handler({}, context())).rejects.toBe(error);
    expect(metrics()).toEqual([expect.objectContaining({ Errors: 1, code })]);
    expect(lines.join('')).not.toContain('secret');
  });

  it('answers also where the line can not be written', async () => {
    const { telemetry } = observed({
      writeMetrics: () => {
        throw new Error('The pipe is closed.');
      },
    });
    expect(await telemetry.observe(async () => 1)({}, context())).toBe(1);
  });

  it('is counted alone, however many run at once', async () => {
    const { telemetry, metrics } = observed();
    const gate = Promise.withResolvers<void>();
    const handler = telemetry.observe(async (count: number) => {
      for (let n = 0; n < count; n++) {
        telemetry.onRequest(REQUEST);
        telemetry.onEvent({ type: 'opened' });
        await gate.promise;
      }
    });
    const running = [1, 2, 3, 0].map((count) => handler(count, context(`r-${count}`)));
    gate.resolve();
    await Promise.all(running);
    const counted = metrics().map(({ requestId, WriteUnits, SessionsOpened }) => [
      requestId,
      WriteUnits,
      SessionsOpened,
    ]);
    expect(new Set(counted)).toEqual(
      new Set([
        ['r-0', undefined, undefined],
        ['r-1', 1, 1],
        ['r-2', 2, 2],
        ['r-3', 3, 3],
      ]),
    );
  });

  it('has what it left behind counted in a line of its own', async () => {
    const { telemetry, metrics } = observed();
    const gate = Promise.withResolvers<void>();
    let left: Promise<void> | undefined;
    await telemetry.observe(async () => {
      left = gate.promise.then(() => telemetry.onRequest({ ...REQUEST, attempts: 3, throttles: 2, outcome: 'error' }));
    })({}, context());
    expect(metrics()).toEqual([expect.objectContaining({ StoreRequests: 0 })]);
    gate.resolve();
    await left;
    expect(metrics()[1]).toEqual({
      FunctionName: 'shop-prod-http',
      requestId: 'r-1',
      late: true,
      StoreRequests: 3,
      StoreRetries: 2,
      Throttles: 2,
      WriteUnits: 1,
    });
  });

  it('writes nothing where metrics are off, and logs all the same', async () => {
    const { telemetry, lines, log } = observed({ metrics: false, logLevel: 'WARN' });
    await telemetry.observe(async () => {
      telemetry.onRequest(REQUEST);
      telemetry.add({ Deleted: 1 });
      telemetry.onEvent({ type: 'written', bytes: 5000 });
      telemetry.log({ level: 'INFO', message: 'no' });
    })({}, context());
    telemetry.emit({ Sessions: 1 });
    expect(lines).toEqual([]);
    expect(log.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 'WARN', code: 'RECORD_LARGE', requestId: 'r-1' }),
    ]);
  });

  it('adds to its line what it counts itself, zeros too', async () => {
    const { telemetry, metrics } = observed();
    await telemetry.observe(async () => {
      telemetry.add({ Scanned: 5, Deleted: 0 }, { state: 'stopped' });
      telemetry.add({ Scanned: 2 });
    })({}, context());
    expect(metrics()).toEqual([expect.objectContaining({ Scanned: 7, Deleted: 0, state: 'stopped' })]);
  });
});

describe('A session’s event', () => {
  it('is counted by what it is', async () => {
    const { telemetry, metrics } = observed();
    await telemetry.observe(async () => {
      for (const type of ['opened', 'created', 'regenerated', 'replayed'] as const) telemetry.onEvent({ type });
      telemetry.onEvent({ type: 'destroyed', sessions: 3 });
      telemetry.onEvent({ type: 'waited', milliseconds: 20 });
      telemetry.onEvent({ type: 'waited', milliseconds: 22 });
      telemetry.onEvent({ type: 'written', bytes: 300 });
      telemetry.onRequest({ ...REQUEST, outcome: 'condition-failed', writeUnits: 0 });
    })({}, context());
    expect(metrics()).toEqual([
      expect.objectContaining({
        SessionsOpened: 1,
        SessionsCreated: 1,
        SessionsRegenerated: 1,
        ConflictsReplayed: 1,
        SessionsDestroyed: 3,
        LockWaits: 2,
        LockWaitTime: 42,
        RecordBytes: 300,
        ConditionsFailed: 1,
      }),
    ]);
  });
});

describe('A line of its own', () => {
  it('says what it is given, zeros too, inside and outside of requests', async () => {
    const { telemetry, metrics } = observed();
    telemetry.emit({ Sessions: 0, SessionsDrift: -2 }, { asOf: 1_800_000_000 });
    expect(metrics()).toEqual([
      { FunctionName: 'shop-prod-http', Sessions: 0, SessionsDrift: -2, asOf: 1_800_000_000 },
    ]);
  });

  it('is text where people read it', () => {
    const { telemetry, lines } = observed({ format: 'text' });
    telemetry.emit({ Sessions: 3 });
    expect(lines).toEqual(['METRICS Sessions 3']);
  });
});
