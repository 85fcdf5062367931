/** What a failed try tells: may it be tried again, and may it have been applied? */
import type { Item } from './item.ts';

export type Failure =
  /** The condition did not hold; `item` is the record, where the engine brings it back. */
  | { readonly kind: 'condition'; readonly item: Item | undefined }
  /** Not applied: too fast for the table. */
  | { readonly kind: 'throttled' }
  /**
   * Not applied: the request never reached DynamoDB, its clock differs from ours, by how much is known now, or another
   * write of the item was under way.
   */
  | { readonly kind: 'not-sent' }
  /** Not applied, and it would not be the next time either. */
  | { readonly kind: 'refused' }
  /** It may have been applied: the answer was lost, late, unreadable or a server's error. */
  | { readonly kind: 'unknown' };

/** What DynamoDB answers instead of a result. Shaped as the SDK's, so that both are read alike. */
export class ServiceError extends Error {
  readonly $fault: 'client' | 'server';
  readonly $metadata: { readonly httpStatusCode: number };
  /** The record that made a condition fail. Not enumerable: it must not be printed. */
  declare readonly Item?: Item;

  constructor(name: string, message: string, status: number, item: Item | undefined) {
    super(message);
    this.name = name;
    this.$fault = status < 500 ? 'client' : 'server';
    this.$metadata = { httpStatusCode: status };
    if (item !== undefined) Object.defineProperty(this, 'Item', { value: item });
  }
}

const THROTTLING = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'LimitExceededException',
  'SlowDown',
]);

const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Another write of the item is under way, in another region or in somebody's transaction. Nothing was applied.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
 */
const CONFLICTS = new Set(['ReplicatedWriteConflictException', 'TransactionConflictException']);

/** Before anything is sent: no credentials, no region, no such endpoint. */
const BEFORE_SENDING = new Set(['CredentialsProviderError', 'ProviderError', 'TokenProviderError', 'SetUpError']);

/** An error of the set-up, which says what of it failed. */
export function setUpError(what: string, error: unknown): Error {
  const { name = typeof error, message = '' } = asSdkError(error);
  const wrapped = new Error(`${what}: ${name}: ${message}`);
  wrapped.name = 'SetUpError';
  return wrapped;
}

/** Whether a call failed only because it came too fast. */
export function isThrottled(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && THROTTLING.has(error.cause.name);
}

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  /** Text, but for a `DOMException`, such as that of `AbortSignal.timeout`. */
  readonly code?: string | number;
  readonly syscall?: string;
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly Item?: Item;
}

export function failureOf(error: unknown): Failure {
  const { name = '', message = '', code: given = '', syscall, $fault, $metadata, Item: item } = asSdkError(error);
  const code = String(given);
  const status = $metadata?.httpStatusCode;
  if (name === 'ConditionalCheckFailedException') return { kind: 'condition', item };
  if (THROTTLING.has(name) || status === 429) return { kind: 'throttled' };
  if (CONFLICTS.has(name)) return { kind: 'not-sent' };
  if (isClockSkew({ name, message }) || NOT_SENT.has(code) || syscall === 'connect') return { kind: 'not-sent' };
  if (BEFORE_SENDING.has(name) || isOfCertificate(code)) return { kind: 'refused' };
  if ($fault === 'client' && status !== undefined && status >= 400 && status < 500) return { kind: 'refused' };
  return { kind: 'unknown' };
}

/** Whether our clock was too far from the server's, which is put right for the next request. */
export function isClockSkew({ name, message }: { readonly name: string; readonly message: string }): boolean {
  return name === 'InvalidSignatureException' && /^Signature (expired|not yet current)/.test(message);
}

/** Anything can be thrown, by a provider of credentials for instance. */
function asSdkError(error: unknown): SdkError {
  return typeof error === 'object' && error !== null ? error : {};
}

/** Codes of TLS, which come before anything is sent. */
function isOfCertificate(code: string): boolean {
  return code.startsWith('ERR_TLS') || /CERT|SIGNATURE|UNABLE_TO/.test(code);
}

/**
 * What of an error may be kept: the SDK's own holds the whole item of a failed condition, a parser's message quotes the
 * answer that it could not read, and DynamoDB's may quote the request. Either may be a record.
 */
export function causeOf(error: unknown): Error {
  const { name = 'Error', message = '', code } = asSdkError(error);
  const cause = new Error(hasPlainMessage(error) ? message : 'The message is left out, because it may quote a record.');
  cause.name = name;
  if (code !== undefined) Object.assign(cause, { code });
  return cause;
}

/** Whether the message names hosts, settings and permissions only. */
function hasPlainMessage(error: unknown): boolean {
  const { name = '', message = '', code, $fault } = asSdkError(error);
  if ($fault !== undefined) return PLAIN_ANSWERS.has(name) || THROTTLING.has(name) || message.startsWith(WRONG_KEY);
  return code !== undefined || PLAIN.has(name) || BEFORE_SENDING.has(name);
}

/** Ours, of the connection. */
const PLAIN = new Set(['TimeoutError', 'AbortError', 'UnexpectedAnswerError']);

/** DynamoDB's, about who asks and for which table. */
const PLAIN_ANSWERS = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'MissingAuthenticationTokenException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
]);

/** What DynamoDB says where the table's key has another name than the settings'. */
const WRONG_KEY = 'The provided key element does not match the schema';
