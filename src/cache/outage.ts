/** Which failures a cache hides: those of the engine. Mistakes of the caller (a bad key, a value too large) are not hidden. */
import { AmbiguousWriteError, BatchIncompleteError, CorruptEntryError, StoreUnavailableError } from './errors.ts';

/** Receives the failures that a cache hides. */
export type Report = (error: Error) => void;

/** What `action` answers; `undefined`, after a report, where the engine fails. */
export async function attempt<T>(
  action: () => Promise<T>,
  report: Report,
): Promise<{ readonly answer: T } | undefined> {
  try {
    return { answer: await action() };
  } catch (error) {
    if (!isOutage(error)) throw error;
    report(error);
    return undefined;
  }
}

function isOutage(error: unknown): error is Error {
  return (
    error instanceof StoreUnavailableError ||
    error instanceof AmbiguousWriteError ||
    error instanceof BatchIncompleteError ||
    error instanceof CorruptEntryError
  );
}
