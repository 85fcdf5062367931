/**
 * One call to DynamoDB: bounded tries, a deadline, errors without records, and a report of what it consumed.
 *
 * The tries are counted here rather than by the SDK, because only here is it known which failures may already have
 * been applied, and which calls must not be repeated after one.
 */
import {
  DynamoDBClient,
  type $Command,
  type DynamoDBClientConfig,
  type DynamoDBClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import type { FinalizeHandler } from '@smithy/types';
import { setTimeout as delay } from 'node:timers/promises';
import { AmbiguousWriteError, StoreUnavailableError } from '../../errors.ts';
import { causeOf, failureOf } from './failure.ts';
import type { Item } from './item.ts';

/** What one call did, for metrics. It holds no key and no value. */
export interface RequestReport {
  /** The name of the API operation: `GetItem`, `UpdateItem`, ... */
  readonly operation: string;
  readonly outcome: 'ok' | 'condition-failed' | 'error';
  readonly attempts: number;
  /** How many of the attempts were throttled. */
  readonly throttles: number;
  readonly durationMs: number;
  /** Capacity units as DynamoDB reports them. It reports none for a failed condition, though it bills the write. */
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface ConnectionOptions {
  /** Another DynamoDB, such as an emulator. @default AWS's of the region */
  readonly endpoint?: string;
  /** @default what the SDK finds in the environment; `us-east-1` with an endpoint */
  readonly region?: string;
  /** @default what the SDK finds in the environment; dummy ones with an endpoint on this machine */
  readonly credentials?: DynamoDBClientConfig['credentials'];
  /** A client of your own; its tries are not used. @default one per process, endpoint and region */
  readonly client?: DynamoDBClient;
  /** Milliseconds one try may take. @default 900 */
  readonly requestTimeoutMs?: number;
  /** Milliseconds all tries of one operation may take together. @default 2200 */
  readonly timeoutMs?: number;
  /** Tries of one operation. @default 5 */
  readonly maxAttempts?: number;
  /** Called after every call. An exception of its own is ignored. */
  readonly onRequest?: (report: RequestReport) => void;
}

export interface CallOptions {
  readonly operation: string;
  /** The contract's key, for errors. */
  readonly key?: string;
  /** `false`: not repeated once a try may have been applied; `AmbiguousWriteError` instead. @default true */
  readonly repeatable?: boolean;
  /** Epoch milliseconds; sooner than the connection's own timeout. */
  readonly deadline?: number;
}

export type Answer<Output> =
  | { readonly ok: true; readonly output: Output; readonly ambiguous: boolean }
  /** The condition failed; `item` is what was there. `ambiguous`: an earlier try may have been applied. */
  | { readonly ok: false; readonly item: Item | undefined; readonly ambiguous: boolean };

type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  DynamoDBClientResolvedConfig
>;

const clients = new Map<string, DynamoDBClient>();

export class Connection {
  readonly #options: ConnectionOptions;
  #client: DynamoDBClient | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  /**
   * Sends a command, again where that is safe and worth it.
   *
   * @throws StoreUnavailableError past the tries or the deadline, or where DynamoDB refuses
   * @throws AmbiguousWriteError where a call that is not repeatable may have been applied
   */
  async call<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Command<Input, Output>,
    options: CallOptions,
  ): Promise<Answer<Output>> {
    const started = Date.now();
    const deadline = Math.min(started + (this.#options.timeoutMs ?? 2200), options.deadline ?? Infinity);
    let ambiguous = false;
    let throttles = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        const output = await this.#once(command, deadline);
        this.#report(options.operation, 'ok', attempt, throttles, started, output);
        return { ok: true, output, ambiguous };
      } catch (error) {
        const thrown = error instanceof FinalError ? error.original : error;
        const failure = failureOf(thrown);
        if (failure.kind === 'condition') {
          this.#report(options.operation, 'condition-failed', attempt, throttles, started);
          return { ok: false, item: failure.item, ambiguous };
        }
        if (failure.kind === 'throttled') throttles++;
        if (failure.kind === 'unknown') ambiguous = true;
        const mayRepeat = failure.kind !== 'refused' && (!ambiguous || options.repeatable !== false);
        const pause = backoffMs(attempt);
        if (mayRepeat && attempt < (this.#options.maxAttempts ?? 5) && Date.now() + pause < deadline) {
          await delay(pause);
          continue;
        }
        this.#report(options.operation, 'error', attempt, throttles, started);
        throw this.#errorFor(thrown, options, ambiguous, attempt);
      }
    }
  }

  async #once<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Command<Input, Output>,
    deadline: number,
  ): Promise<Output> {
    const client = (this.#client ??= sharedClient(this.#options));
    const milliseconds = Math.max(1, Math.min(this.#options.requestTimeoutMs ?? 900, deadline - Date.now()));
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // The race also ends a body that never comes, which the abort signal alone does not.
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`No answer within ${milliseconds} ms.`);
        error.name = 'TimeoutError';
        reject(error);
        abort.abort();
      }, milliseconds);
    });
    if (this.#options.client !== undefined) {
      command.middlewareStack.addRelativeTo(sendOnce<Input, Output>, AFTER_RETRIES);
    }
    try {
      const output = await Promise.race([client.send(command, { abortSignal: abort.signal }), timeout]);
      if (isEmpty(output)) throw emptyAnswer();
      return output;
    } finally {
      clearTimeout(timer);
    }
  }

  #errorFor(error: unknown, { operation, key, repeatable }: CallOptions, ambiguous: boolean, attempts: number): Error {
    const cause = causeOf(error);
    if (ambiguous && repeatable === false) {
      return new AmbiguousWriteError(`The answer to ${operation} was lost: it may have been applied.`, key ?? '', {
        cause,
      });
    }
    const tries = attempts === 1 ? 'at the first try' : `after ${attempts} tries`;
    return new StoreUnavailableError(`DynamoDB did not do ${operation}, ${tries}: ${cause.name}: ${cause.message}`, {
      cause,
      ...(key !== undefined && { key }),
    });
  }

  #report(
    operation: string,
    outcome: RequestReport['outcome'],
    attempts: number,
    throttles: number,
    started: number,
    output?: object,
  ): void {
    const { onRequest } = this.#options;
    if (onRequest === undefined) return;
    const units = output === undefined ? 0 : consumedBy(output);
    const reads = operation === 'GetItem' || operation === 'BatchGetItem' || operation === 'Scan';
    try {
      onRequest({
        operation,
        outcome,
        attempts,
        throttles,
        durationMs: Date.now() - started,
        readUnits: reads ? units : 0,
        writeUnits: reads ? 0 : units,
      });
    } catch {
      // A broken hook must not turn an applied write into an error.
    }
  }
}

/**
 * Every call asks for its consumed capacity, so an answer with nothing at all in it is not DynamoDB's. Taking it for one
 * would read "no such record", or "written", out of a stray `{}`.
 */
function isEmpty(output: object): boolean {
  return Object.entries(output).every(([name, value]) => name === '$metadata' || value === undefined);
}

function emptyAnswer(): Error {
  const error = new Error('The answer is empty.');
  error.name = 'EmptyAnswerError';
  return error;
}

/** Keeps a client that was handed in from trying again by itself: its error stops being of a kind that it repeats. */
function sendOnce<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  next: FinalizeHandler<Input, Output>,
): FinalizeHandler<Input, Output> {
  return async (input) => {
    try {
      return await next(input);
    } catch (error) {
      throw new FinalError(error);
    }
  };
}

const AFTER_RETRIES = {
  name: 'cloakroomSendOnce',
  relation: 'after',
  toMiddleware: 'retryMiddleware',
  override: true,
} as const;

/** Hides an error's kind from the SDK's retry strategy. */
class FinalError extends Error {
  readonly original: unknown;

  constructor(original: unknown) {
    super('Not repeated.');
    this.original = original;
  }
}

/** Sum of the capacity units in an answer; batches report one figure per table. */
export function consumedBy(output: object): number {
  if (!('ConsumedCapacity' in output)) return 0;
  const consumed = output.ConsumedCapacity as Capacity | Capacity[] | undefined;
  const parts = Array.isArray(consumed) ? consumed : [consumed];
  return parts.reduce((sum, part) => sum + (part?.CapacityUnits ?? 0), 0);
}

interface Capacity {
  readonly CapacityUnits?: number;
}

/** Full jitter under 25, 50, 100, 200 ms. @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function backoffMs(attempt: number): number {
  return Math.random() * 25 * 2 ** Math.min(attempt - 1, 4);
}

function sharedClient(options: ConnectionOptions): DynamoDBClient {
  const { endpoint, region, credentials } = options;
  if (credentials !== undefined) return newClient(options);
  const name = `${endpoint ?? ''} ${region ?? ''}`;
  let client = clients.get(name);
  if (client === undefined) clients.set(name, (client = newClient(options)));
  return client;
}

function newClient({ endpoint, region, credentials }: ConnectionOptions): DynamoDBClient {
  const local = endpoint !== undefined && isLoopback(endpoint);
  const ownRegion = region ?? (endpoint === undefined ? undefined : 'us-east-1');
  const ownCredentials = credentials ?? (local ? { accessKeyId: 'local', secretAccessKey: 'local' } : undefined);
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 900 },
    ...(endpoint !== undefined && { endpoint }),
    ...(ownRegion !== undefined && { region: ownRegion }),
    ...(ownCredentials !== undefined && { credentials: ownCredentials }),
  });
}

function isLoopback(endpoint: string): boolean {
  return ['localhost', '[::1]'].includes(new URL(endpoint).hostname) || new URL(endpoint).hostname.startsWith('127.');
}
