/** Operations on many records: as few requests as DynamoDB's limits allow, several at a time, until done or the deadline. */
import { setTimeout as delay } from 'node:timers/promises';
import { BatchIncompleteError, StoreUnavailableError } from '../../errors.ts';
import { checkTtl, checkValue, expiryOf, fullKey, newVersion } from '../../rules.ts';
import type { CacheEntry, CacheValue, EpochMillis, Seconds } from '../../store.ts';
import { MAX_BACKOFF_MS, backoffMs, type Connection } from './connection.ts';
import { bind } from './expressions.ts';
import { isThrottled } from './failure.ts';
import type { Write } from './transport.ts';
import {
  ENCODING,
  VERSION,
  encode,
  keyOf,
  overheadOf,
  type AttributeNames,
  type Item,
  readableEntryOf,
} from './item.ts';

/** DynamoDB's limits of one request. */
const MAX_READS = 100;
const MAX_WRITES = 25;

/** Requests under way at the same time. */
const CONCURRENCY = 4;

export interface BatchContext {
  readonly connection: Connection;
  readonly table: string;
  readonly prefix: string;
  readonly names: AttributeNames;
  readonly valueType: 'string' | 'binary';
  readonly timeoutMs: number;
  readonly now: () => EpochMillis;
}

/** @throws BatchIncompleteError @throws StoreUnavailableError @throws InvalidKeyError */
export async function getMany(
  context: BatchContext,
  keys: Iterable<string>,
  consistent: boolean,
): Promise<Map<string, CacheEntry>> {
  const asked = fullKeys(context, keys);
  const found = new Map<string, CacheEntry>();
  await inBatches(context, [...asked.keys()], MAX_READS, asked, async (batch, deadline) => {
    const { names, table } = context;
    const request = {
      RequestItems: { [table]: { Keys: batch.map((full) => keyItem(full, names)), ConsistentRead: consistent } },
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await context.connection.call('BatchGetItem', request, { deadline });
    if (!answer.ok) return batch;
    // One damaged record must not hide the others: it is left out.
    for (const item of Object.values(answer.output.Responses ?? {}).flat()) {
      const entry = readableEntryOf(item, names, context.now());
      const key = asked.get(keyOf(item, names));
      if (entry !== undefined && key !== undefined) found.set(key, entry);
    }
    return Object.values(answer.output.UnprocessedKeys ?? {}).flatMap(({ Keys = [] }) =>
      Keys.map((key) => keyOf(key, names)),
    );
  });
  return found;
}

/** @throws EntryTooLargeError before anything is sent @throws BatchIncompleteError @throws StoreUnavailableError */
export async function setMany(
  context: BatchContext,
  entries: Iterable<readonly [key: string, value: CacheValue, ttl?: Seconds]>,
): Promise<void> {
  const asked = new Map<string, string>();
  const requests = new Map<string, Write>();
  for (const [key, value, ttl] of entries) {
    checkTtl(ttl);
    const full = fullKey(context.prefix, key);
    asked.set(full, key);
    requests.set(full, { PutRequest: { Item: itemFor(context, key, full, checkValue(value), ttl) } });
  }
  await writeAll(context, requests, asked);
}

/** @throws BatchIncompleteError @throws StoreUnavailableError @throws InvalidKeyError */
export async function deleteMany(context: BatchContext, keys: Iterable<string>): Promise<void> {
  const asked = fullKeys(context, keys);
  await writeAll(context, deletesOf(asked.keys(), context.names), asked);
}

/** A Scan of the whole table, deleting what is under the prefix. @throws StoreUnavailableError */
export async function clear(context: BatchContext): Promise<void> {
  let from: Item | undefined;
  do {
    const request = {
      TableName: context.table,
      ...bind(
        {
          ProjectionExpression: '#key',
          ...(context.prefix !== '' && { FilterExpression: 'begins_with(#key, :prefix)' }),
        },
        context.names,
        { ':prefix': context.prefix },
      ),
      ConsistentRead: true,
      ...(from && { ExclusiveStartKey: from }),
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await context.connection.call('Scan', request);
    if (!answer.ok) return;
    const fulls = (answer.output.Items ?? []).map((item) => keyOf(item, context.names));
    const asked = new Map(fulls.map((full) => [full, full.slice(context.prefix.length)]));
    await writeAll(context, deletesOf(fulls, context.names), asked);
    from = answer.output.LastEvaluatedKey;
  } while (from !== undefined);
}

async function writeAll(
  context: BatchContext,
  requests: ReadonlyMap<string, Write>,
  asked: ReadonlyMap<string, string>,
): Promise<void> {
  const { names, table } = context;
  await inBatches(context, [...requests.keys()], MAX_WRITES, asked, async (batch, deadline) => {
    const writes = batch.flatMap((full) => requests.get(full) ?? []);
    const request = { RequestItems: { [table]: writes }, ReturnConsumedCapacity: 'TOTAL' };
    const answer = await context.connection.call('BatchWriteItem', request, { deadline });
    if (!answer.ok) return batch;
    return Object.values(answer.output.UnprocessedItems ?? {})
      .flat()
      .map((write) => keyOf(write.PutRequest?.Item ?? write.DeleteRequest?.Key ?? {}, names));
  });
}

/**
 * Calls `send` with at most `size` keys at a time until it leaves none over. Keys left over are sent again with those
 * that wait, after a pause where a whole round got nothing done.
 */
async function inBatches(
  context: BatchContext,
  keys: string[],
  size: number,
  asked: ReadonlyMap<string, string>,
  send: (batch: string[], deadline: number) => Promise<string[]>,
): Promise<void> {
  const deadline = Date.now() + context.timeoutMs;
  let waiting = keys;
  let futile = 0;
  while (waiting.length > 0) {
    if (Date.now() >= deadline) throw new BatchIncompleteError(originals(waiting, asked));
    const round = waiting.slice(0, size * CONCURRENCY);
    const rest = waiting.slice(round.length);
    const batches: string[][] = [];
    for (let start = 0; start < round.length; start += size) batches.push(round.slice(start, start + size));
    const results = await Promise.allSettled(batches.map((batch) => send(batch, deadline)));
    const left = results.flatMap(
      (result, index) => (result.status === 'fulfilled' ? result.value : batches[index]) ?? [],
    );
    // A batch of which nothing could be done for want of capacity is refused as a whole: it is left over like any other.
    const failed = results.find((result) => result.status === 'rejected' && !isThrottled(result.reason));
    if (failed?.status === 'rejected') {
      // No try is begun whose pause would reach beyond the deadline.
      const isLate = Date.now() >= deadline - MAX_BACKOFF_MS;
      if (!isLate || !(failed.reason instanceof StoreUnavailableError)) throw failed.reason;
      throw new BatchIncompleteError(originals([...left, ...rest], asked), { cause: failed.reason });
    }
    waiting = [...left, ...rest];
    futile = left.length < round.length ? 0 : futile + 1;
    if (left.length > 0) await delay(Math.max(0, Math.min(backoffMs(futile + 1), deadline - Date.now())));
  }
}

function originals(fulls: readonly string[], asked: ReadonlyMap<string, string>): string[] {
  return fulls.flatMap((full) => asked.get(full) ?? []);
}

/** Each full key once, with the key it was asked for. */
function fullKeys({ prefix }: BatchContext, keys: Iterable<string>): Map<string, string> {
  const asked = new Map<string, string>();
  for (const key of keys) asked.set(fullKey(prefix, key), key);
  return asked;
}

function deletesOf(fulls: Iterable<string>, names: AttributeNames): Map<string, Write> {
  const requests = new Map<string, Write>();
  for (const full of fulls) requests.set(full, { DeleteRequest: { Key: keyItem(full, names) } });
  return requests;
}

function keyItem(full: string, names: AttributeNames): Item {
  return { [names.key]: { S: full } };
}

function itemFor(
  { names, valueType, now }: BatchContext,
  key: string,
  full: string,
  value: CacheValue,
  ttl: Seconds | undefined,
): Item {
  const encoded = encode(key, value, overheadOf(full, names), valueType);
  return {
    ...keyItem(full, names),
    [names.value]: encoded.value,
    [VERSION]: { N: String(newVersion()) },
    ...(encoded.encoding !== undefined && { [ENCODING]: { S: encoded.encoding } }),
    ...(ttl !== undefined && { [names.expires]: { N: String(expiryOf(now(), ttl)) } }),
  };
}
