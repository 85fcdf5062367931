import type { Context } from 'aws-lambda';
import type { StreamCounter } from '../cache/counter.ts';
import { normalizePrefix } from '../cache/rules.ts';
import { batchOf, type StreamEvent } from '../count/stream-batch.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';

export interface CountHandlerOptions {
  readonly counter: StreamCounter;
  /** Before every key: `CACHE_PREFIX`. @default none */
  readonly prefix?: string;
  /** @default 'key' */
  readonly keyAttribute?: string;
  /** Gets the number of sessions after each batch that changed it. @default none */
  readonly telemetry?: Telemetry;
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
export function createCount({
  counter,
  prefix = '',
  keyAttribute = 'key',
  telemetry = createTelemetry(),
}: CountHandlerOptions) {
  const counted = { prefix: `${normalizePrefix(prefix)}session:`, keyAttribute };
  return telemetry.observe(async function count(
    event: StreamEvent,
    _context: Partial<Pick<Context, 'awsRequestId'>>,
  ): Promise<StreamResponse> {
    const { shard, changes } = batchOf(event, counted);
    const counts = changes.length > 0 ? await counter.count(shard, changes) : undefined;
    if (counts !== undefined) telemetry.emit({ Sessions: counts.count });
    return { state: event.state ?? {}, batchItemFailures: [] };
  });
}
