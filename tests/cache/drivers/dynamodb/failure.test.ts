import { describe, expect, it } from 'vitest';
import {
  causeOf,
  failureOf,
  isClockSkew,
  isThrottled,
  ServiceError,
  setUpError,
} from '../../../../src/cache/drivers/dynamodb/failure.ts';

const ITEM = { key: { S: 'k' }, value: { S: 'secret' } };

/** What DynamoDB answers. */
function answer(name: string, status = 400, message = 'secret'): ServiceError {
  return new ServiceError(name, message, status, undefined);
}

/** What the network, or Node.js, throws. */
function thrown(properties: object): Error {
  return Object.assign(new Error('secret'), properties);
}

describe('A failed try', () => {
  it('of a condition that did not hold has the record, where it came along', () => {
    const name = 'ConditionalCheckFailedException';
    expect(failureOf(new ServiceError(name, '', 400, ITEM))).toStrictEqual({ kind: 'condition', item: ITEM });
    expect(failureOf(answer(name))).toStrictEqual({ kind: 'condition', item: undefined });
  });

  it.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'ThrottledException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'TooManyRequestsException',
    'LimitExceededException',
    'SlowDown',
  ])('with %s came too fast, and was not applied', (name) => {
    expect(failureOf(answer(name))).toStrictEqual({ kind: 'throttled' });
    expect(failureOf(answer(name, 500))).toStrictEqual({ kind: 'throttled' });
  });

  it('with the status 429 came too fast, whatever its name', () => {
    expect(failureOf(answer('Other', 429))).toStrictEqual({ kind: 'throttled' });
  });

  it.each<[string, unknown]>([
    ['whose clock is behind', answer('InvalidSignatureException', 400, 'Signature expired: 2026 is now earlier')],
    ['whose clock is ahead', answer('InvalidSignatureException', 400, 'Signature not yet current: 2026')],
    ['that nobody listened to', thrown({ code: 'ECONNREFUSED' })],
    ['to a host that is not known', thrown({ code: 'ENOTFOUND' })],
    ['while names could not be resolved', thrown({ code: 'EAI_AGAIN' })],
    ['to a host that is not reached', thrown({ code: 'EHOSTUNREACH' })],
    ['to a network that is not reached', thrown({ code: 'ENETUNREACH' })],
    ['that did not get a connection', thrown({ code: 'ETIMEDOUT', syscall: 'connect' })],
    ['while another region writes the item', answer('ReplicatedWriteConflictException')],
    ["while somebody's transaction writes the item", answer('TransactionConflictException')],
  ])('%s was not applied', (_, error) => {
    expect(failureOf(error)).toStrictEqual({ kind: 'not-sent' });
  });

  it.each<[string, unknown]>([
    ['without credentials', thrown({ name: 'CredentialsProviderError' })],
    ['without a provider', thrown({ name: 'ProviderError' })],
    ['without a token', thrown({ name: 'TokenProviderError' })],
    ['that was not set up', setUpError('No connection', new Error('region'))],
    ['with a certificate that has expired', thrown({ code: 'CERT_HAS_EXPIRED' })],
    ['with a certificate for another name', thrown({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    ['over a protocol that TLS does not allow', thrown({ code: 'ERR_TLS_PROTOCOL_VERSION_CONFLICT' })],
    ['with a certificate that nobody signed', thrown({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })],
    ['with a signature that does not fit', thrown({ code: 'ERR_BAD_SIGNATURE' })],
    ['that is not valid', answer('ValidationException', 400)],
    ['that is not allowed', answer('AccessDeniedException', 403)],
    ['with a wrong key', answer('InvalidSignatureException', 400, 'The signature does not match')],
    ['with another 4xx', answer('Other', 499)],
  ])('%s is refused, now and later', (_, error) => {
    expect(failureOf(error)).toStrictEqual({ kind: 'refused' });
  });

  it.each<[string, unknown]>([
    ['with an error of the server', answer('InternalServerError', 500)],
    ['with a connection that broke', thrown({ code: 'ECONNRESET', syscall: 'read' })],
    ['with an answer that is no JSON', new SyntaxError('Unexpected token')],
    ['that took too long', thrown({ name: 'TimeoutError' })],
    ['that a signal ended', new DOMException('secret', 'TimeoutError')],
    ['with an error of a client without a status', thrown({ $fault: 'client', $metadata: {} })],
    ['with an error of a client below 400', thrown({ $fault: 'client', $metadata: { httpStatusCode: 399 } })],
    ['with an error of a client at 500', thrown({ $fault: 'client', $metadata: { httpStatusCode: 500 } })],
    ['with an error of the server that says 404', thrown({ $fault: 'server', $metadata: { httpStatusCode: 404 } })],
    ['with a status, from nobody known', thrown({ $metadata: { httpStatusCode: 404 } })],
    ['with a signature as a name', answer('Signature expired', 500)],
    ['with text', 'text'],
    ['with nothing', undefined],
    ['with null', null],
  ])('%s may have been applied', (_, error) => {
    expect(failureOf(error)).toStrictEqual({ kind: 'unknown' });
  });
});

it('A clock is put right only where the signature says so', () => {
  expect(isClockSkew({ name: 'InvalidSignatureException', message: 'Signature expired: now' })).toBe(true);
  expect(isClockSkew({ name: 'InvalidSignatureException', message: 'The Signature expired' })).toBe(false);
  expect(isClockSkew({ name: 'Other', message: 'Signature expired: now' })).toBe(false);
});

it('A call was throttled where its cause says so', () => {
  expect(isThrottled(new Error('failed', { cause: answer('SlowDown') }))).toBe(true);
  expect(isThrottled(new Error('failed', { cause: answer('ValidationException') }))).toBe(false);
  expect(isThrottled(new Error('failed', { cause: 'SlowDown' }))).toBe(false);
  expect(isThrottled(new Error('failed'))).toBe(false);
  expect(isThrottled({ cause: answer('SlowDown') })).toBe(false);
  expect(isThrottled(undefined)).toBe(false);
});

it('An error of the set-up says what of it failed, whatever was thrown', () => {
  const messages = [new TypeError('no region'), 'text', undefined, null].map((error) => {
    const { name, message } = setUpError('No credentials', error);
    return `${name}: ${message}`;
  });
  expect(messages).toEqual([
    'SetUpError: No credentials: TypeError: no region',
    'SetUpError: No credentials: string: ',
    'SetUpError: No credentials: undefined: ',
    'SetUpError: No credentials: object: ',
  ]);
});

it('The cause of what has no message has none', () => {
  expect(causeOf({ code: 'ECONNRESET' }).message).toBe('');
});

describe('The cause that an error keeps', () => {
  const HIDDEN = 'The message is left out, because it may quote a record.';

  it.each<[string, unknown]>([
    ['of the network', thrown({ code: 'ECONNRESET' })],
    ['of the time', thrown({ name: 'TimeoutError' })],
    ['of an end from outside', thrown({ name: 'AbortError' })],
    ['of an answer that is none', thrown({ name: 'UnexpectedAnswerError' })],
    ['of the set-up', thrown({ name: 'SetUpError' })],
    ['of permissions', answer('AccessDeniedException')],
    ['of a token that has expired', answer('ExpiredTokenException')],
    ['of a token that is missing', answer('MissingAuthenticationTokenException')],
    ['of a table that is missing', answer('ResourceNotFoundException')],
    ['of a client that is not known', answer('UnrecognizedClientException')],
    ['of capacity', answer('ThrottlingException')],
  ])('says what it said: %s', (_, error) => {
    const cause = causeOf(error);
    expect(cause.message).toBe('secret');
    expect(cause.name).toBe((error as Error).name);
    expect((cause as { code?: string }).code).toBe((error as { code?: string }).code);
    expect('code' in cause).toBe('code' in (error as Error));
  });

  it('says that the key has another name than the settings say', () => {
    const message = 'The provided key element does not match the schema: more';
    expect(causeOf(answer('ValidationException', 400, message)).message).toBe(message);
  });

  it.each<[string, unknown, string]>([
    ['an answer about the request', answer('ValidationException'), 'ValidationException'],
    ['a failed condition', new ServiceError('Failed', 'secret', 400, ITEM), 'Failed'],
    [
      'an answer that merely ends so',
      answer('Other', 400, 'secret The provided key element does not match the schema'),
      'Other',
    ],
    ['a parser', new SyntaxError('secret'), 'SyntaxError'],
    ['text', 'secret', 'Error'],
  ])('says nothing that may be of a record: %s', (_, error, name) => {
    const cause = causeOf(error);
    expect(cause.message).toBe(HIDDEN);
    expect(cause.name).toBe(name);
    expect(cause).not.toHaveProperty('Item');
    expect(cause).not.toHaveProperty('code');
  });
});
