import { AmbiguousWriteError, CorruptEntryError, EntryTooLargeError, StoreUnavailableError } from '../cache/errors.ts';
import { SessionTooLargeError, SessionUnavailableError, SessionUnreadableError } from './errors.ts';

/** The store's failures as those of sessions. */
export async function available<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof AmbiguousWriteError) {
      throw new SessionUnavailableError(undefined, { cause: error });
    }
    if (error instanceof CorruptEntryError) throw new SessionUnreadableError({ cause: error });
    if (error instanceof EntryTooLargeError) throw new SessionTooLargeError(error.size, error.limit, { cause: error });
    throw error;
  }
}
