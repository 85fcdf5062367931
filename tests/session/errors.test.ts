import { expect, it } from 'vitest';
import { CloakroomError } from '../../src/errors.ts';
import {
  SessionConflictError,
  SessionDecryptionError,
  SessionGoneError,
  SessionLockLostError,
  SessionLockTimeoutError,
  SessionTooLargeError,
  SessionUnavailableError,
  SessionUnreadableError,
} from '../../src/session/errors.ts';

it.each([
  [
    'SessionConflictError',
    () => new SessionConflictError(),
    'SESSION_CONFLICT',
    409,
    'Another request changed the same value of the session. Read it again, or use update().',
  ],
  [
    'SessionGoneError',
    () => new SessionGoneError(),
    'SESSION_GONE',
    409,
    'The session ended while this request was changing it.',
  ],
  [
    'SessionTooLargeError',
    () => new SessionTooLargeError(11, 10),
    'SESSION_TOO_LARGE',
    413,
    "The session's data would take 11 bytes; 10 are allowed.",
  ],
  [
    'SessionUnavailableError',
    () => new SessionUnavailableError(),
    'SESSION_UNAVAILABLE',
    503,
    'Sessions are not available at the moment.',
  ],
  [
    'SessionUnreadableError',
    () => new SessionUnreadableError(),
    'SESSION_UNREADABLE',
    500,
    'The session can not be read.',
  ],
  [
    'SessionDecryptionError',
    () => new SessionDecryptionError(),
    'SESSION_DECRYPTION',
    500,
    'The session can not be decrypted.',
  ],
  [
    'SessionLockTimeoutError',
    () => new SessionLockTimeoutError(),
    'SESSION_LOCK_TIMEOUT',
    503,
    'Other requests of this session take too long.',
  ],
  [
    'SessionLockLostError',
    () => new SessionLockLostError(),
    'SESSION_LOCK_LOST',
    409,
    'This request took longer than it may hold its session.',
  ],
])('%s may be shown: what it is, and what to answer', (name, make, code, statusCode, message) => {
  const error = make();
  expect(error).toBeInstanceOf(CloakroomError);
  expect(error).toMatchObject({ name, code, statusCode, message, expose: true });
});

it('Errors that may pass say when to try again', () => {
  for (const error of [new SessionUnavailableError(), new SessionLockTimeoutError()]) {
    expect(error).toMatchObject({ retryAfter: 1, headers: { 'Retry-After': '1' } });
  }
});

it('Errors keep their cause, and what they are told', () => {
  const cause = new Error('the cause');
  expect(new SessionUnavailableError('slow', { cause })).toMatchObject({ message: 'slow', cause });
  expect(new SessionUnreadableError({ cause }).cause).toBe(cause);
  expect(new SessionTooLargeError(11, 10, { cause })).toMatchObject({ size: 11, limit: 10, cause });
});
