/**
 * What makes a line one of CloudWatch's embedded metric format: its rules, and those of the metrics that come of it.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
 */
import assert from 'node:assert/strict';

const UNITS = new Set(
  [
    'Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits',
    'Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second',
    'Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None',
  ].flatMap((line) => line.split(' ')),
);

/** Two weeks back and two hours ahead: otherwise CloudWatch drops the values. */
const OLDEST_MS = 14 * 24 * 60 * 60 * 1000;
const NEWEST_MS = 2 * 60 * 60 * 1000;

const MAX_LINE_BYTES = 256 * 1024; // the smaller of the limits that AWS has published

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string; readonly StorageResolution?: number }[];
}

export type MetricsLine = Readonly<Record<string, unknown>>;

/** The line as an object. @throws AssertionError for the first rule that is broken */
export function readMetricsLine(line: string): MetricsLine {
  assert(!/[\r\n]/.test(line), 'one line is one event of the log');
  assert(Buffer.byteLength(line) <= MAX_LINE_BYTES);
  const root = JSON.parse(line) as MetricsLine;
  const { _aws: metadata, ...members } = root as { _aws: Record<string, unknown> };
  assert.deepEqual(Object.keys(metadata).toSorted(), ['CloudWatchMetrics', 'Timestamp']);
  const { Timestamp: timestamp } = metadata;
  assert(typeof timestamp === 'number' && Number.isInteger(timestamp));
  assert(timestamp > Date.now() - OLDEST_MS && timestamp < Date.now() + NEWEST_MS, 'milliseconds, and of now');
  const directives = metadata['CloudWatchMetrics'] as readonly Directive[];
  assert(directives.length > 0);
  for (const directive of directives) checkDirective(directive, members);
  return members;
}

function checkDirective(directive: Directive, members: MetricsLine): void {
  assert.deepEqual(Object.keys(directive).toSorted(), ['Dimensions', 'Metrics', 'Namespace']);
  assert.match(directive.Namespace, /^(?!AWS\/)[\w.\-/#][\w.\-/#:]{0,254}$/);
  assert(directive.Dimensions.length > 0);
  for (const set of directive.Dimensions) {
    assert(set.length <= 30);
    for (const name of set) {
      assert.match(name, /^(?!:)[\x20-\x7e]{1,250}$/);
      const value = members[name];
      assert(typeof value === 'string', 'a dimension stands among the members, as text');
      assert.match(value, /^(?=.*\S)[\x20-\x7e]{1,1024}$/);
    }
  }
  assert(directive.Metrics.length > 0 && directive.Metrics.length <= 100);
  const names = directive.Metrics.map(({ Name }) => Name);
  assert.equal(new Set(names).size, names.length);
  for (const { Name: name, Unit: unit = 'None', StorageResolution: resolution = 60 } of directive.Metrics) {
    assert.match(name, /^(?!:)[\x20-\x7e]{1,255}$/);
    assert(UNITS.has(unit));
    assert([1, 60].includes(resolution));
    const values = [members[name]].flat();
    assert(values.length > 0 && values.length <= 100);
    for (const value of values) assert(typeof value === 'number' && Math.abs(value) <= 2 ** 360);
  }
}
