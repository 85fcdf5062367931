/**
 * One call to DynamoDB: bounded tries, a deadline, errors without records, and a report of what it consumed.
 *
 * Only here is it known which failures may already have been applied, and which calls must not be repeated after one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { AmbiguousWriteError, StoreUnavailableError } from '../../errors.ts';
import { transportFor, type EndpointOptions } from './endpoint.ts';
import { causeOf, failureOf, setUpError } from './failure.ts';
import { type Item, unitsOfFailedCondition } from './item.ts';
import type { Operation, Output, Transport } from './transport.ts';

/** What one call did, for metrics. It holds no key and no value. */
export interface RequestReport {
  /** The name of the API operation: `GetItem`, `UpdateItem`, ... */
  readonly operation: Operation;
  readonly outcome: 'ok' | 'condition-failed' | 'error';
  readonly attempts: number;
  /** How many of the attempts were throttled. */
  readonly throttles: number;
  readonly durationMs: number;
  /** Capacity units as DynamoDB reports them. It reports none for a failed condition, though it bills the write. */
  readonly readUnits: number;
  readonly writeUnits: number;
  /** What a failed condition is billed: by the record that it brought back, at least 1; absent for other outcomes. */
  readonly conditionUnits?: number;
}

export interface ConnectionOptions extends EndpointOptions {
  /** Milliseconds one try may take. @default 900 */
  readonly requestTimeoutMs?: number;
  /** Milliseconds all tries of one operation may take together. @default 2200 */
  readonly timeoutMs?: number;
  /** Tries of one operation. @default 5 */
  readonly maxAttempts?: number;
  /** Called after every call. An exception of its own is ignored. */
  readonly onRequest?: (report: RequestReport) => void | Promise<void>;
}

export interface CallOptions {
  /** The contract's key, for errors. */
  readonly key?: string;
  /** `false`: not repeated once a try may have been applied; `AmbiguousWriteError` instead. @default true */
  readonly repeatable?: boolean;
  /** Epoch milliseconds; sooner than the connection's own timeout. */
  readonly deadline?: number;
}

export type Answer =
  | { readonly ok: true; readonly output: Output; readonly ambiguous: boolean }
  /** The condition failed; `item` is what was there. `ambiguous`: an earlier try may have been applied. */
  | { readonly ok: false; readonly item: Item | undefined; readonly ambiguous: boolean };

const READS = new Set<Operation>(['GetItem', 'BatchGetItem', 'Scan']);

export class Connection {
  readonly #options: ConnectionOptions;
  #transport: Promise<Transport> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Sends a request, again where that is safe and worth it.
   *
   * @throws StoreUnavailableError past the tries or the deadline, or where DynamoDB refuses
   * @throws AmbiguousWriteError where a call that is not repeatable may have been applied
   */
  async call(operation: Operation, input: object, options: CallOptions = {}): Promise<Answer> {
    const { maxAttempts = 5, timeoutMs = 2200 } = this.#options;
    const started = Date.now();
    const deadline = Math.min(started + timeoutMs, options.deadline ?? Infinity);
    let ambiguous = false;
    let throttles = 0;
    for (let attempt = 1; ; attempt++) {
      const report = (outcome: RequestReport['outcome'], output?: Output, item?: Item): void => {
        const durationMs = Date.now() - started;
        this.#report({ operation, outcome, attempts: attempt, throttles, durationMs }, output, item);
      };
      try {
        const output = await this.#once(operation, input, deadline);
        report('ok', output);
        return { ok: true, output, ambiguous };
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'condition') {
          report('condition-failed', {}, failure.item);
          return { ok: false, item: failure.item, ambiguous };
        }
        if (failure.kind === 'throttled') throttles++;
        if (failure.kind === 'unknown') ambiguous = true;
        const mayRepeat = failure.kind !== 'refused' && (!ambiguous || options.repeatable !== false);
        const pause = backoffMs(attempt);
        if (!mayRepeat || attempt >= maxAttempts || Date.now() + pause >= deadline) {
          report('error');
          throw errorFor(operation, error, options, ambiguous, attempt);
        }
        await delay(pause);
      }
    }
  }

  async #once(operation: Operation, input: object, deadline: number): Promise<Output> {
    const milliseconds = Math.max(1, Math.min(this.#options.requestTimeoutMs ?? 900, deadline - Date.now()));
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // The race also ends what the signal alone does not, such as a search for credentials.
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(named('TimeoutError', `No answer within ${milliseconds} ms.`));
        abort.abort();
      }, milliseconds);
    });
    try {
      const output = await Promise.race([this.#send(operation, input, abort.signal), timeout]);
      if (!isAnswer(output)) throw named('UnexpectedAnswerError', 'The answer is none that DynamoDB gives.');
      return output;
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(operation: Operation, input: object, signal: AbortSignal): Promise<Output> {
    this.#transport ??= transportFor(this.#options).catch((error: unknown) => {
      this.#transport = undefined;
      throw setUpError('No connection', error);
    });
    return (await this.#transport).send(operation, input, signal);
  }

  #report(report: Omit<RequestReport, 'readUnits' | 'writeUnits'>, output: Output = {}, item?: Item): void {
    const units = consumedBy(output);
    const isRead = READS.has(report.operation);
    const told = async () =>
      this.#options.onRequest?.({
        ...report,
        readUnits: isRead ? units : 0,
        writeUnits: isRead ? 0 : units,
        ...(report.outcome === 'condition-failed' && { conditionUnits: unitsOfFailedCondition(item) }),
      });
    // A broken hook, or a record that can't be measured, must not turn an applied write into an error.
    told().catch(() => {});
  }
}

function errorFor(
  operation: Operation,
  error: unknown,
  { key, repeatable }: CallOptions,
  ambiguous: boolean,
  attempts: number,
): Error {
  const cause = causeOf(error);
  if (ambiguous && repeatable === false) {
    return new AmbiguousWriteError(`The answer to ${operation} was lost: it may have been applied.`, key ?? '', {
      cause,
    });
  }
  const tries = attempts === 1 ? 'at the first try' : `after ${attempts} tries`;
  return new StoreUnavailableError(`DynamoDB did not do ${operation}, ${tries}: ${cause.name}: ${cause.message}`, {
    cause,
    ambiguous,
    ...(key !== undefined && { key }),
  });
}

/**
 * Every call asks for its consumed capacity, so an answer that has neither that nor a record nor results is not
 * DynamoDB's, and neither is one whose record is none. Taking it for one would read "no such record", or "written", out of
 * a stray `{}`.
 */
function isAnswer({
  ConsumedCapacity: consumed,
  Responses: responses,
  Item: item,
  Attributes: attributes,
}: Output): boolean {
  const items = [item, attributes].filter((one) => one !== undefined);
  return [consumed, responses, ...items].some(isObject) && items.every(isItem);
}

function isItem(value: unknown): boolean {
  return isObject(value) && !Array.isArray(value) && Object.values(value).every(isObject);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Sum of the capacity units in an answer; batches report one figure per table. */
export function consumedBy({ ConsumedCapacity: consumed }: Output): number {
  const parts = Array.isArray(consumed) ? consumed : [consumed];
  return parts.reduce((sum: number, part?: { CapacityUnits?: number }) => sum + (part?.CapacityUnits ?? 0), 0);
}

export const MAX_BACKOFF_MS = 400;

/** Full jitter under 25, 50, 100, 200 ms. @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function backoffMs(attempt: number): number {
  return Math.random() * Math.min(25 * 2 ** (attempt - 1), MAX_BACKOFF_MS);
}
