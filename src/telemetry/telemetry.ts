/**
 * What the functions tell about themselves: log lines, and one line of metrics for each request.
 *
 * Whatever happens in the course of a request counts for that request, however many run at the same time:
 * `AsyncLocalStorage` follows it through stores and caches that all of them share.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestReport } from '../cache/drivers/dynamodb/connection.ts';
import { traceId } from '../config/trace-id.ts';
import { describeError, type Log } from '../middleware/problems.ts';
import type { SessionEvent } from '../session/events.ts';
import { createLog, type LogLevel } from './log.ts';
import { embeddedMetrics, type Metrics, type Properties, readableMetrics } from './metrics.ts';
import { STDERR, STDOUT, writeLine } from './output.ts';
import { Recorder, type Sums } from './recorder.ts';
import { withServerTiming } from './server-timing.ts';
import { SizeWarning } from './size-warning.ts';

export interface TelemetryOptions {
  /** Whether metrics are written. @default false */
  readonly metrics?: boolean;
  /** Whether answers say what they asked of the store, in the header `Server-Timing`. @default false */
  readonly serverTiming?: boolean;
  /** Of the metrics. @default 'Cloakroom' */
  readonly namespace?: string;
  /** The metrics' dimension. @default 'local' */
  readonly functionName?: string;
  /** `json` is for CloudWatch, `text` for people. @default 'json' */
  readonly format?: 'json' | 'text';
  /** @default 'INFO' */
  readonly logLevel?: LogLevel;
  /** A session's record above this many bytes, as stored, is warned of; 0: none. @default 1024 */
  readonly warnBytes?: number;
  /** @default standard output */
  readonly writeMetrics?: (line: string) => void;
  /** @default standard error */
  readonly writeLog?: (line: string) => void;
}

type Handler<Event, Context, Answer> = (event: Event, context: Context) => Promise<Answer>;

export interface Telemetry {
  readonly log: Log;
  /** Logs failures that a part of the service got over. */
  logOf(part: string): (error: Error, operation: string) => void;
  /** For the option of that name of a `DynamoDBStore`. */
  readonly onRequest: (report: RequestReport) => void;
  /** For the option of that name of a `SessionStore`. */
  readonly onEvent: (event: SessionEvent) => void;
  /** The handler, whose every call ends in a line of metrics, before its answer leaves and also where it fails. */
  observe<Event, Context extends { readonly awsRequestId?: string } | undefined, Answer>(
    handler: Handler<Event, Context, Answer>,
  ): Handler<Event, Context, Answer>;
  /** Adds to the line of the request under way. */
  add(metrics: Sums, properties?: Properties): void;
  /** A line of its own, such as for a gauge. */
  emit(metrics: Metrics, properties?: Properties): void;
}

/** A request under way, or one that is over. */
interface Invocation {
  readonly requestId: string | undefined;
  readonly recorder: Recorder;
  properties: Properties;
  isOver: boolean;
}

/**
 * @example
 * const telemetry = createTelemetry(config.telemetry);
 * const store = createStore({ ...settings, dynamodb: { ...settings.dynamodb, onRequest: telemetry.onRequest } });
 * export const handler = telemetry.observe(async (event, context) => { ... });
 */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const { metrics: isOn = false, serverTiming: isTimed = false } = options;
  const { namespace = 'Cloakroom', functionName = 'local', format = 'json' } = options;
  const writeMetrics = options.writeMetrics ?? ((line: string) => writeLine(STDOUT, line));
  const invocations = new AsyncLocalStorage<Invocation>();
  const log = createLog({
    ...(options.logLevel && { level: options.logLevel }),
    format,
    context: () => ({ requestId: invocations.getStore()?.requestId, traceId: traceId() }),
    write: options.writeLog ?? ((line: string) => writeLine(STDERR, line)),
  });
  const sizeWarning = new SizeWarning(options.warnBytes ?? 1024, log);
  let isCold = true;

  const emit: Telemetry['emit'] = (metrics, properties = {}) => {
    if (!isOn) return;
    try {
      const line =
        format === 'json'
          ? embeddedMetrics({ namespace, functionName }, metrics, properties, Date.now())
          : readableMetrics(metrics, properties);
      if (line !== undefined) writeMetrics(line);
    } catch {
      // Whoever is counted goes on.
    }
  };

  /** What comes after the answer, as of a request to the store that was given up, gets a line of its own. */
  const record = (work: (recorder: Recorder) => void): void => {
    const invocation = isOn || isTimed ? invocations.getStore() : undefined;
    if (invocation === undefined) return;
    if (!invocation.isOver) return work(invocation.recorder);
    const late = new Recorder();
    work(late);
    emit(late.metrics, { requestId: invocation.requestId, late: true });
  };

  return {
    log,
    logOf: (part) => (error, operation) => log({ level: 'WARN', part, operation, ...describeError(error) }),
    onRequest: (report) => record((recorder) => recorder.addRequest(report)),
    onEvent: (event) => {
      if (event.type === 'written') sizeWarning.saw(event.bytes);
      record((recorder) => recorder.addEvent(event));
    },
    observe: (handler) => (event, context) => {
      const requestId = context?.awsRequestId;
      const invocation: Invocation = { requestId, recorder: new Recorder(), properties: { requestId }, isOver: false };
      const started = performance.now();
      const end = (isFailed: boolean, properties: Properties): string | undefined => {
        invocation.isOver = true;
        const Latency = performance.now() - started;
        const counts = {
          ...invocation.recorder.metrics,
          ...(isCold && { ColdStart: 1 }),
          ...(isFailed && { Errors: 1 }),
        };
        isCold = false;
        emit({ Latency, ...counts }, { ...properties, ...invocation.properties });
        return isTimed ? invocation.recorder.serverTiming(Latency, counts) : undefined;
      };
      return invocations.run(invocation, async () => {
        try {
          const answer = await handler(event, context);
          const status = statusOf(answer);
          const timing = end(status !== undefined && status >= 500, { status });
          return timing === undefined ? answer : withServerTiming(answer, timing);
        } catch (error) {
          end(true, { code: codeOf(error) });
          throw error;
        }
      });
    },
    add: (metrics, properties) => {
      record((recorder) => recorder.add(metrics));
      const invocation = invocations.getStore();
      if (invocation !== undefined) invocation.properties = { ...invocation.properties, ...properties };
    },
    emit,
  };
}

function statusOf(answer: unknown): number | undefined {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) return undefined;
  return typeof answer.statusCode === 'number' ? answer.statusCode : undefined;
}

/** Stable codes only: of others' errors, not even that is known to quote nothing. */
function codeOf(error: unknown): string {
  const { code } = describeError(error);
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'INTERNAL';
}
