/**
 * What is counted, and how CloudWatch is told: its embedded metric format is one line of JSON in the log, so a metric
 * costs no request.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

/** Every metric, with its unit. */
export const UNITS = {
  /** From the event to the answer. */
  Latency: 'Milliseconds',
  /** The first request of an instance. */
  ColdStart: 'Count',
  /** Answers of 500 and above, and calls that failed. */
  Errors: 'Count',
  /** Requests to DynamoDB, repeated ones included. */
  StoreRequests: 'Count',
  /** Those of them that were a repetition. */
  StoreRetries: 'Count',
  /** Those of them that were throttled. */
  Throttles: 'Count',
  /** Conditions that failed: billed as writes, but not among the units that DynamoDB reports. */
  ConditionsFailed: 'Count',
  ReadUnits: 'Count',
  WriteUnits: 'Count',
  SessionsOpened: 'Count',
  SessionsCreated: 'Count',
  SessionsRegenerated: 'Count',
  SessionsDestroyed: 'Count',
  ConflictsReplayed: 'Count',
  LockWaits: 'Count',
  LockWaitTime: 'Milliseconds',
  RecordBytes: 'Bytes',
  /** Of `purge`: records looked at, expired ones, those that it deleted, and whether the run came to its end. */
  Scanned: 'Count',
  Expired: 'Count',
  Deleted: 'Count',
  Unfinished: 'Count',
  /** Of `count`: sessions in the table, and how far a scan's number was from that. */
  Sessions: 'Count',
  SessionsDrift: 'Count',
} as const satisfies Readonly<Record<string, 'Count' | 'Milliseconds' | 'Bytes'>>;

export type MetricName = keyof typeof UNITS;

/** A number, or each of several. */
export type Metrics = { readonly [Name in MetricName]?: number | readonly number[] };

/** Searchable in the log, and no dimension: each value of a dimension would be a metric of its own, with a price. */
export type Properties = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Source {
  readonly namespace: string;
  /** The only dimension. Its name holds service and stage too. */
  readonly functionName: string;
}

/** Values of one metric in a line. */
const MAX_VALUES = 100;

/** A line of the embedded metric format; `undefined` where there is nothing to tell. */
export function embeddedMetrics(
  { namespace, functionName }: Source,
  metrics: Metrics,
  properties: Properties,
  timestamp: number,
): string | undefined {
  const values = valuesOf(metrics);
  if (values.length === 0) return undefined;
  return JSON.stringify({
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [['FunctionName']],
          Metrics: values.map(([name]) => ({ Name: name, Unit: UNITS[name] })),
        },
      ],
    },
    FunctionName: functionName,
    ...properties,
    ...Object.fromEntries(values),
  });
}

/** The same for people: `Latency 3.1 ms, StoreRequests 2 status=200`. */
export function readableMetrics(metrics: Metrics, properties: Properties): string | undefined {
  const values = valuesOf(metrics).map(([name, value]) => `${name} ${[value].flat().join(' and ')}${suffixOf(name)}`);
  if (values.length === 0) return undefined;
  const rest = Object.entries(properties).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
  return ['METRICS', values.join(', '), ...rest].join(' ');
}

function valuesOf(metrics: Metrics): [MetricName, number | readonly number[]][] {
  const entries = Object.entries(metrics) as [MetricName, number | readonly number[]][];
  return entries.flatMap(([name, value]) => {
    const numbers = [value].flat().filter((number) => Number.isFinite(number));
    const [first] = numbers;
    if (first === undefined) return [];
    return [[name, numbers.length === 1 ? rounded(first) : numbers.slice(0, MAX_VALUES).map(rounded)]];
  });
}

/** Sums of half units and of clock readings have digits that mean nothing. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function suffixOf(name: MetricName): string {
  if (UNITS[name] === 'Milliseconds') return ' ms';
  return UNITS[name] === 'Bytes' ? ' bytes' : '';
}
