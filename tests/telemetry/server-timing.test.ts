import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consumedOf, metricsOf } from '../../bench/stress/server-timing.ts';
import type { RequestReport } from '../../src/cache/drivers/dynamodb/connection.ts';
import { unitsOfFailedCondition } from '../../src/cache/drivers/dynamodb/item.ts';
import { withServerTiming } from '../../src/telemetry/server-timing.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';

const READ: RequestReport = {
  operation: 'GetItem',
  outcome: 'ok',
  attempts: 1,
  throttles: 0,
  durationMs: 3,
  readUnits: 0.5,
  writeUnits: 0,
};

const NONE: Readonly<Record<string, string>> = {};

/** The header of an answer whose request did this, with metrics off. */
async function headerOf(reports: readonly RequestReport[]): Promise<string> {
  const lines: string[] = [];
  const telemetry = createTelemetry({ serverTiming: true, writeMetrics: (line) => lines.push(line) });
  const handler = telemetry.observe(async () => {
    for (const report of reports) telemetry.onRequest(report);
    return { statusCode: 204, headers: NONE };
  });
  const { headers } = await handler({}, undefined);
  expect(lines).toEqual([]);
  return headers['Server-Timing'] ?? '';
}

describe('The header', () => {
  it('says what a request asked of the store, for people and for programs', async () => {
    const write = { ...READ, operation: 'UpdateItem', readUnits: 0, writeUnits: 2, durationMs: 4 } as const;
    const header = await headerOf([READ, write]);
    expect(header.replace(/dur=\d+\.\d/, 'dur=_')).toBe(
      'total;dur=_, store;dur=7;desc="2 requests, 0.5 RCU, 2 WCU", ' +
        'StoreRequests;desc="2", ReadUnits;desc="0.5", WriteUnits;desc="2", ColdStart;desc="1", ConditionUnits;desc="0"',
    );
  });

  it('tells repetitions, throttles, and failed conditions with what they are billed', async () => {
    const failed = { ...READ, outcome: 'condition-failed', readUnits: 0, conditionUnits: 3 } as const;
    const header = await headerOf([failed, failed, { ...READ, attempts: 3, throttles: 2 }]);
    expect(consumedOf(header)).toMatchObject({
      requests: 5,
      readUnits: 0.5,
      writeUnits: 0,
      failedConditions: 2,
      failedConditionUnits: 6,
      throttles: 2,
    });
  });

  it('counts for each of several requests at once its own', async () => {
    const telemetry = createTelemetry({ serverTiming: true });
    const gate = Promise.withResolvers<void>();
    const handler = telemetry.observe(async (units: number) => {
      telemetry.onRequest({ ...READ, readUnits: units });
      await gate.promise;
      return { statusCode: 200, headers: NONE };
    });
    const answers = [1, 2, 3].map((units) => handler(units, undefined));
    gate.resolve();
    const units = (await Promise.all(answers)).map(({ headers }) => consumedOf(headers['Server-Timing'])?.readUnits);
    expect(units).toEqual([1, 2, 3]);
  });

  it('stands where the answer has its headers', () => {
    expect(withServerTiming({ statusCode: 204 }, 'total;dur=2')).toEqual({
      statusCode: 204,
      headers: { 'Server-Timing': 'total;dur=2' },
    });
    const multiValueHeaders = { 'Set-Cookie': ['a=1', 'b=2'] };
    expect(withServerTiming({ statusCode: 200, multiValueHeaders }, 'total;dur=2')).toEqual({
      statusCode: 200,
      multiValueHeaders: { ...multiValueHeaders, 'Server-Timing': ['total;dur=2'] },
    });
    expect(withServerTiming({ statusCode: 200, headers: {}, multiValueHeaders }, 'total;dur=2')).toEqual({
      statusCode: 200,
      headers: { 'Server-Timing': 'total;dur=2' },
      multiValueHeaders,
    });
  });

  it.each(['Server-Timing', 'server-timing'])("stands after a handler's own, which is kept: %s", (name) => {
    expect(withServerTiming({ statusCode: 200, headers: { [name]: 'db;dur=5', a: 'b' } }, 'total;dur=2')).toEqual({
      statusCode: 200,
      headers: { [name]: 'db;dur=5, total;dur=2', a: 'b' },
    });
    const multiValueHeaders = { [name]: ['db;dur=5', 'edge'], a: ['b'] };
    expect(withServerTiming({ statusCode: 200, multiValueHeaders }, 'total;dur=2')).toEqual({
      statusCode: 200,
      multiValueHeaders: { [name]: ['db;dur=5', 'edge', 'total;dur=2'], a: ['b'] },
    });
  });

  it.each([undefined, null, 'text', 1, { done: true }])('is not put on %j, which is no answer to HTTP', (answer) => {
    expect(withServerTiming(answer, 'total;dur=2')).toBe(answer);
  });
});

describe('Units of a failed condition', () => {
  it('are those of the record, by the started KB, and at least one', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 5000 }), fc.nat(), (text, bytes, number) => {
        const size = 3 + Buffer.byteLength(text) + 5 + bytes.length + 1 + Math.ceil(String(number).length / 2) + 1;
        const expected = Math.ceil(size / 1024);
        const rest = { key: { S: text }, n: { N: String(number) } };
        expect(unitsOfFailedCondition({ ...rest, value: { B: bytes } })).toBe(expected);
        const base64 = Buffer.from(bytes).toString('base64');
        expect(unitsOfFailedCondition({ ...rest, value: { B: base64 } })).toBe(expected);
      }),
    );
    expect(unitsOfFailedCondition(undefined)).toBe(1);
    expect(unitsOfFailedCondition({ list: {} })).toBe(1);
  });
});

describe('A reader of the header', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/);
  const quoted = fc.string({ unit: 'grapheme-ascii' });

  it('reads every value that the grammar allows', () => {
    const metrics = fc.uniqueArray(fc.tuple(token, quoted), { selector: ([name]) => name, maxLength: 5 });
    fc.assert(
      fc.property(metrics, (all) => {
        const written = all.map(([name, desc]) => `${name};desc="${desc.replaceAll(/["\\]/g, String.raw`\$&`)}";dur=1`);
        const read = [...metricsOf(written.join(' , '))].map(([name, parameters]) => [name, parameters.get('desc')]);
        expect(read).toEqual(all);
      }),
    );
  });

  it('ends on anything', () => {
    fc.assert(fc.property(fc.string(), (text) => void metricsOf(text)));
    expect(consumedOf('cdn-cache;desc=HIT, edge;dur=1')).toBeUndefined();
    expect(consumedOf(undefined)).toBeUndefined();
    for (const units of ['-5', '1e999', 'many']) {
      expect(consumedOf(`StoreRequests;desc="1", ReadUnits;desc="${units}"`)).toBeUndefined();
    }
  });
});
