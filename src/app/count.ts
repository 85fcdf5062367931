import type { RecordCounts, StreamCounter } from '../cache/counter.ts';
import { normalizePrefix } from '../cache/rules.ts';
import { batchOf, type StreamEvent } from '../count/stream-batch.ts';

export interface CountHandlerOptions {
  readonly counter: StreamCounter;
  /** Before every key: `CACHE_PREFIX`. @default none */
  readonly prefix?: string;
  /** @default 'key' */
  readonly keyAttribute?: string;
  /** Called with the counts after each batch that changed them. What it throws is ignored. */
  readonly onCounted?: (counts: RecordCounts) => void;
}

/** What Lambda wants to hear of a batch in a window. */
export interface StreamResponse {
  readonly state: Readonly<Record<string, unknown>>;
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * The count of sessions as a Lambda handler for the table's stream: one request for a batch, none for an empty one.
 *
 * A batch counts as a whole or not at all. So a failure is thrown: Lambda delivers the batch again, in halves where it
 * is told to, and sees an error of the function. The window's state is handed back as it came: what was counted stands
 * in the record of the count, where it outlives windows.
 *
 * @throws StoreUnavailableError, ConfigError or InvalidArgumentError, without a key
 * @example
 * export const handler = createCount({ counter: new DynamoDBCounter({ table: 'cache', name: 'sessions' }) });
 */
export function createCount({ counter, prefix = '', keyAttribute = 'key', onCounted }: CountHandlerOptions) {
  const counted = { prefix: `${normalizePrefix(prefix)}session:`, keyAttribute };
  return async function count(event: StreamEvent): Promise<StreamResponse> {
    const { shard, changes } = batchOf(event, counted);
    if (changes.length > 0) tell(onCounted, await counter.count(shard, changes));
    return { state: event.state ?? {}, batchItemFailures: [] };
  };
}

function tell(onCounted: CountHandlerOptions['onCounted'], counts: RecordCounts | undefined): void {
  try {
    if (counts !== undefined) onCounted?.(counts);
  } catch {
    // The batch is counted: a metric that could not be written must not bring it back.
  }
}
