/** Errors as answers: `application/problem+json`, without anything that the client must not see. */
import { STATUS_CODES } from 'node:http';
import type middy from '@middy/core';
import {
  AmbiguousWriteError,
  BatchIncompleteError,
  EntryTooLargeError,
  StoreUnavailableError,
} from '../cache/errors.ts';
import { CloakroomError } from '../errors.ts';
import { HttpError } from './http-error.ts';
import type { Headers, HttpResponse } from './http-response.ts';

/** Writes one entry of the log. */
export type Log = (entry: Readonly<Record<string, unknown>>) => void;

export interface ProblemsOptions {
  readonly log: Log;
  /** Called for every error that becomes an answer, such as for metrics. `code` is a stable one. */
  readonly onProblem?: (code: string) => void;
}

interface Problem {
  readonly status: number;
  readonly detail?: string | undefined;
  readonly code?: string | undefined;
  readonly headers?: Readonly<Headers>;
}

/**
 * Turns errors into answers, and writes those that are the service's own fault to the log.
 *
 * Attach it last: Middy runs `onError` from the last middleware to the first, so all others decorate its answer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problems(options: ProblemsOptions): middy.MiddlewareObj<unknown, unknown> {
  return {
    onError(call) {
      const problem = problemOf(call.error);
      options.onProblem?.(problem.code ?? 'INTERNAL');
      if (problem.status >= 500) {
        options.log({ level: 'ERROR', requestId: call.context.awsRequestId, ...describeError(call.error) });
      }
      call.response = answer(problem);
    },
  };
}

function answer({ status, detail, code, headers }: Problem): HttpResponse {
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    statusCode: status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: JSON.stringify({ title, status, detail, code }),
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof HttpError) {
    return { status: error.status, detail: error.message, code: error.code, headers: error.headers };
  }
  if (isTemporary(error)) return unavailable(error instanceof CloakroomError ? error.code : 'TIMEOUT');
  if (error instanceof EntryTooLargeError) return { status: 413, detail: error.message, code: error.code };
  if (error instanceof CloakroomError && 'statusCode' in error) return withStatus(error, Number(error.statusCode));
  return { status: 500 };
}

/** An error that names its own status, as the session's errors do. */
function withStatus(error: CloakroomError & { readonly retryAfter?: unknown }, status: number): Problem {
  if (!(status >= 400 && status <= 599)) return { status: 500 };
  if (status === 503) return unavailable(error.code, error.retryAfter);
  if (status >= 500) return { status, code: error.code };
  return { status, detail: error.message, code: error.code };
}

function unavailable(code: string, retryAfter?: unknown): Problem {
  const seconds = typeof retryAfter === 'number' && retryAfter > 0 ? Math.ceil(retryAfter) : 1;
  const detail = 'The service can’t answer at the moment. Try again.';
  return { status: 503, code, detail, headers: { 'Retry-After': String(seconds) } };
}

function isTemporary(error: unknown): boolean {
  return (
    error instanceof StoreUnavailableError ||
    error instanceof AmbiguousWriteError ||
    error instanceof BatchIncompleteError ||
    // Middy's own, shortly before Lambda would end the function.
    (error instanceof Error && error.name === 'TimeoutError')
  );
}

/**
 * What a log may hold of an error: what it is and where it came from. Messages only of Cloakroom's own errors, which
 * never hold values; others quote what they failed on, as JSON's parser does.
 */
export function describeError(error: unknown, depth = 3): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error };
  return {
    error: error.name,
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    message: error instanceof CloakroomError ? error.message : undefined,
    stack: frames(error),
    cause: error.cause instanceof Error && depth > 0 ? describeError(error.cause, depth - 1) : undefined,
  };
}

/** Without the message, whose lines may look like frames. */
function frames({ stack = '', message }: Error): readonly string[] {
  const lines = stack
    .replace(message, () => '')
    .split('\n')
    .filter((line) => /^\s+at .*(?::\d+:\d+\)?|\(native\)|<anonymous>\)?)$/.test(line));
  return lines.slice(0, 5).map((line) => line.trim());
}
