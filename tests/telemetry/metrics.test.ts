import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddedMetrics, type MetricName, type Metrics, readableMetrics, UNITS } from '../../src/telemetry/metrics.ts';
import { tries } from '../support/property-tries.ts';
import { readMetricsLine } from './embedded-format.ts';

const SOURCE = { namespace: 'Cloakroom', functionName: 'shop-prod-http' };
const NAMES = Object.keys(UNITS) as MetricName[];

const value = fc.oneof(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.constantFrom(Number.NaN, Infinity),
  fc.array(fc.nat(), { maxLength: 150 }),
);
const metrics = fc.dictionary(fc.constantFrom(...NAMES), value) as fc.Arbitrary<Metrics>;
const properties = fc.dictionary(fc.constantFrom('status', 'code', 'requestId'), fc.oneof(fc.string(), fc.nat()));

describe('A line of metrics', () => {
  it('keeps to the format, whatever was counted', () => {
    const keeps = fc.property(metrics, properties, (counted, known) => {
      const line = embeddedMetrics(SOURCE, counted, known, Date.now());
      if (line !== undefined) expect(readMetricsLine(line)).toMatchObject(known);
    });
    expect(fc.check(keeps, tries(300))).toMatchObject({ failed: false });
  });

  it('says each metric with its unit, the function, and what else is known', () => {
    const counted = { Latency: 2.71428, StoreRequests: 2, RecordBytes: [200, 1500] };
    const line = embeddedMetrics(SOURCE, counted, { status: 200, requestId: undefined }, 1_800_000_000_000) ?? '';
    expect(JSON.parse(line)).toEqual({
      _aws: {
        Timestamp: 1_800_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Cloakroom',
            Dimensions: [['FunctionName']],
            Metrics: [
              { Name: 'Latency', Unit: 'Milliseconds' },
              { Name: 'StoreRequests', Unit: 'Count' },
              { Name: 'RecordBytes', Unit: 'Bytes' },
            ],
          },
        ],
      },
      FunctionName: 'shop-prod-http',
      status: 200,
      Latency: 2.71,
      StoreRequests: 2,
      RecordBytes: [200, 1500],
    });
  });

  it('is none where nothing was counted', () => {
    expect(embeddedMetrics(SOURCE, {}, { status: 200 }, 0)).toBeUndefined();
    expect(embeddedMetrics(SOURCE, { Latency: Number.NaN, RecordBytes: [] }, {}, 0)).toBeUndefined();
    expect(readableMetrics({}, { status: 200 })).toBeUndefined();
  });

  it('keeps zeros, and the first hundred of many values', () => {
    const many = Array.from({ length: 150 }, (_, index) => index);
    const line = embeddedMetrics(SOURCE, { Sessions: 0, RecordBytes: many }, {}, Date.now()) ?? '';
    expect(readMetricsLine(line)).toMatchObject({ Sessions: 0, RecordBytes: many.slice(0, 100) });
  });

  it('is short for people', () => {
    const counted = { Latency: 2.71428, StoreRequests: 2, RecordBytes: [200, 1500] };
    expect(readableMetrics(counted, { status: 200, code: undefined })).toBe(
      'METRICS Latency 2.71 ms, StoreRequests 2, RecordBytes 200 and 1500 bytes status=200',
    );
  });
});
