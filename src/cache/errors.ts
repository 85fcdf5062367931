import { CloakroomError } from '../errors.ts';

/**
 * An error about one record. `key` can be read, but is not enumerable: printing the error does not print it.
 */
abstract class KeyError extends CloakroomError {
  declare readonly key: string;

  constructor(message: string, key: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, 'key', { value: key });
  }
}

/** The engine could not be reached, refused, or throttled past its retries. */
export class StoreUnavailableError extends CloakroomError {
  readonly code = 'STORE_UNAVAILABLE';
  declare readonly key?: string;
  /** A try may have been applied before the last one failed. */
  readonly ambiguous: boolean;

  constructor(message: string, options?: ErrorOptions & { key?: string; ambiguous?: boolean }) {
    super(message, options);
    this.ambiguous = options?.ambiguous ?? false;
    if (options?.key !== undefined) Object.defineProperty(this, 'key', { value: options.key });
  }
}

/** The answer to a write that must not be repeated got lost: it may or may not have been applied. */
export class AmbiguousWriteError extends KeyError {
  readonly code = 'AMBIGUOUS_WRITE';
}

/** The value is larger than the engine holds. Nothing was sent. */
export class EntryTooLargeError extends KeyError {
  readonly code = 'ENTRY_TOO_LARGE';
  /** Bytes the entry would take, as the engine counts them. */
  readonly size: number;
  /** Bytes the engine holds. */
  readonly limit: number;

  constructor(key: string, size: number, limit: number) {
    super(`The entry would take ${size} bytes; at most ${limit} are possible.`, key);
    this.size = size;
    this.limit = limit;
  }
}

/** A key must be well-formed text of 1 to 2,048 bytes, prefix included. */
export class InvalidKeyError extends KeyError {
  readonly code = 'INVALID_KEY';
}

/** `increment` met a value that is not a number. */
export class NotANumberError extends KeyError {
  readonly code = 'NOT_A_NUMBER';

  constructor(key: string) {
    super('The value to increment is not a number.', key);
  }
}

/** A batch was cut short by its deadline. `keys` are the ones left over; the others are done. */
export class BatchIncompleteError extends CloakroomError {
  readonly code = 'BATCH_INCOMPLETE';
  declare readonly keys: readonly string[];

  constructor(keys: readonly string[], options?: ErrorOptions) {
    super(`The batch was cut short: ${keys.length} keys are left over.`, options);
    Object.defineProperty(this, 'keys', { value: keys });
  }
}

/** A record holds what was not written by this library, or was damaged since. Deleting or overwriting it helps. */
export class CorruptEntryError extends CloakroomError {
  readonly code = 'CORRUPT_ENTRY';
}
