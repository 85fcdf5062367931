/** What a failed try tells: may it be tried again, and may it have been applied? */
import type { Item } from './item.ts';
import { isClockSkew } from './transport.ts';

export type Failure =
  /** The condition did not hold; `item` is the record, where the engine brings it back. */
  | { readonly kind: 'condition'; readonly item: Item | undefined }
  /** Not applied: too fast for the table. */
  | { readonly kind: 'throttled' }
  /** Not applied: the request never reached DynamoDB, or its clock differs from ours, by how much is known now. */
  | { readonly kind: 'not-sent' }
  /** Not applied, and it would not be the next time either. */
  | { readonly kind: 'refused' }
  /** It may have been applied: the answer was lost, late, unreadable or a server's error. */
  | { readonly kind: 'unknown' };

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

/** Errors that the SDK makes before anything is sent: no credentials, no region. */
const BEFORE_SENDING = new Set(['CredentialsProviderError', 'ProviderError', 'TokenProviderError']);

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly Item?: Item;
}

export function failureOf(error: unknown): Failure {
  const { name = '', message = '', code = '', $fault, $metadata, Item: item } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  if (name === 'ConditionalCheckFailedException') return { kind: 'condition', item };
  if (THROTTLING.has(name) || status === 429) return { kind: 'throttled' };
  if (isClockSkew({ name, message }) || NOT_SENT.has(code)) return { kind: 'not-sent' };
  if (BEFORE_SENDING.has(name) || code === 'ERR_MODULE_NOT_FOUND' || isMissingRegion(error)) return { kind: 'refused' };
  if ($fault === 'client' && status !== undefined && status >= 400 && status < 500) return { kind: 'refused' };
  return { kind: 'unknown' };
}

function isMissingRegion(error: unknown): boolean {
  return error instanceof Error && error.message === 'Region is missing';
}

/**
 * What of an error may be kept: the SDK's own holds the whole item of a failed condition, a parser's message quotes the
 * answer that it could not read, and DynamoDB's may quote the request. Either may be a record.
 */
export function causeOf(error: unknown): Error {
  const { name = 'Error', message = '', code } = error as SdkError;
  const cause = new Error(hasPlainMessage(error) ? message : 'The message is left out, because it may quote a record.');
  cause.name = name;
  if (code !== undefined) Object.assign(cause, { code });
  return cause;
}

/** Whether the message names hosts, settings and permissions only. */
function hasPlainMessage(error: unknown): boolean {
  const { name = '', message = '', code, $fault } = error as SdkError;
  if ($fault !== undefined) return PLAIN_ANSWERS.has(name) || THROTTLING.has(name) || message.startsWith(WRONG_KEY);
  return code !== undefined || PLAIN.has(name) || BEFORE_SENDING.has(name) || isMissingRegion(error);
}

/** Ours, of the connection. */
const PLAIN = new Set(['TimeoutError', 'AbortError', 'UnexpectedAnswerError']);

/** DynamoDB's, about who asks and for which table. */
const PLAIN_ANSWERS = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
]);

/** What DynamoDB says where the table's key has another name than the settings'. */
const WRONG_KEY = 'The provided key element does not match the schema';
