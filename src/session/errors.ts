import { CloakroomError } from '../errors.ts';

/** `statusCode` and `headers` are what error middlewares of Middy read; the message is safe to show. */
abstract class SessionError extends CloakroomError {
  abstract readonly statusCode: number;
  readonly expose = true;
}

/** A value that this request had read, and then replaced or removed, was changed by another request in between. */
export class SessionConflictError extends SessionError {
  readonly code = 'SESSION_CONFLICT';
  readonly statusCode = 409;

  constructor() {
    super('Another request changed the same value of the session. Read it again, or use update().');
  }
}

/** The session ended (logout, expiry, a new id) while this request was changing it. Nothing was written. */
export class SessionGoneError extends SessionError {
  readonly code = 'SESSION_GONE';
  readonly statusCode = 409;

  constructor() {
    super('The session ended while this request was changing it.');
  }
}

/** The session got a new id while this request was on its way. It could still read under the old one; nothing was written. */
export class SessionSupersededError extends SessionError {
  readonly code = 'SESSION_SUPERSEDED';
  readonly statusCode = 409;

  constructor() {
    super('The session got a new id while this request was on its way. Send it again with that one.');
  }
}

/** The user has as many sessions as a user may have, and none was to be ended for another one. Nobody was logged in. */
export class SessionLimitError extends SessionError {
  readonly code = 'SESSION_LIMIT';
  readonly statusCode = 409;
  readonly limit: number;

  constructor(limit: number) {
    super(`A user may have ${limit} sessions at once: end one of them to begin another.`);
    this.limit = limit;
  }
}

/** The session's data would take more than is allowed. Nothing was written. */
export class SessionTooLargeError extends SessionError {
  readonly code = 'SESSION_TOO_LARGE';
  readonly statusCode = 413;
  /** Bytes the data would take, as JSON. */
  readonly size: number;
  readonly limit: number;

  constructor(size: number, limit: number, options?: ErrorOptions) {
    super(`The session's data would take ${size} bytes; ${limit} are allowed.`, options);
    this.size = size;
    this.limit = limit;
  }
}

/** What may go well when it is tried again. */
abstract class TemporarySessionError extends SessionError {
  readonly statusCode = 503;
  /** Seconds. */
  readonly retryAfter = 1;
  readonly headers = { 'Retry-After': '1' };
}

/** The store is down, slow or throttled, or the time ran out. Never to be taken for "no session". */
export class SessionUnavailableError extends TemporarySessionError {
  readonly code = 'SESSION_UNAVAILABLE';

  constructor(message = 'Sessions are not available at the moment.', options?: ErrorOptions) {
    super(message, options);
  }
}

/** The record is there, but it is not one that Cloakroom wrote. Logging out removes it. */
export class SessionUnreadableError extends SessionError {
  readonly code = 'SESSION_UNREADABLE';
  readonly statusCode = 500;

  constructor(options?: ErrorOptions) {
    super('The session can not be read.', options);
  }
}

/** The record can't be decrypted: by none of the keys, in another record's place, changed, or clear where that is refused. */
export class SessionDecryptionError extends SessionError {
  readonly code = 'SESSION_DECRYPTION';
  readonly statusCode = 500;

  constructor() {
    super('The session can not be decrypted.');
  }
}

/** Another request held the session's lock for longer than this one could wait. Nothing was read or written. */
export class SessionLockTimeoutError extends TemporarySessionError {
  readonly code = 'SESSION_LOCK_TIMEOUT';

  constructor() {
    super('Other requests of this session take too long.');
  }
}

/** The request took longer than its lease: the lock has ended, and perhaps gone to another request. Nothing was written. */
export class SessionLockLostError extends SessionError {
  readonly code = 'SESSION_LOCK_LOST';
  readonly statusCode = 409;

  constructor() {
    super('This request took longer than it may hold its session.');
  }
}
