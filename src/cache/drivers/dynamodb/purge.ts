/**
 * Deletes expired records, for tables without TTL: scans keys only and eventually consistently, then deletes each
 * record under the condition that it is still expired, 25 in one request.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError } from '../../../errors.ts';
import { StoreUnavailableError } from '../../errors.ts';
import type { PurgeOptions, PurgeProgress } from '../../store.ts';
import type { BatchContext } from './batch.ts';
import { consumedBy } from './connection.ts';
import { EXPIRED, bind } from './expressions.ts';
import { keyOf, type Item } from './item.ts';

const MAX_STATEMENTS = 25;

/** Where each segment of a scan goes on: a key of the table, `''` for its start, `null` where it is done. */
type Positions = (string | null)[];

interface Totals {
  scanned: number;
  expired: number;
  deleted: number;
  readUnits: number;
  writeUnits: number;
}

/** @throws StoreUnavailableError @throws InvalidArgumentError for a cursor or a number of segments that can't be */
export async function* deleteExpired(context: BatchContext, options: PurgeOptions): AsyncGenerator<PurgeProgress> {
  const positions = positionsFrom(options);
  const totals: Totals = { scanned: 0, expired: 0, deleted: 0, readUnits: 0, writeUnits: 0 };
  const started = Date.now();
  while (positions.some((position) => position !== null)) {
    if (options.deadline !== undefined && Date.now() >= options.deadline) break;
    await Promise.all(
      positions.map(async (position, segment) => {
        if (position !== null)
          positions[segment] = await purgePage(context, position, segment, positions.length, totals);
      }),
    );
    yield { ...totals, ...cursorOf(positions) };
    if (options.capacityPerSecond !== undefined) {
      const due = started + ((totals.readUnits + totals.writeUnits) / options.capacityPerSecond) * 1000;
      await delay(Math.max(0, Math.min(due, options.deadline ?? Infinity) - Date.now()));
    }
  }
}

async function purgePage(
  context: BatchContext,
  position: string,
  segment: number,
  segments: number,
  totals: Totals,
): Promise<string | null> {
  const { connection, names, table, prefix, now } = context;
  const request = {
    TableName: table,
    Segment: segment,
    TotalSegments: segments,
    ...bind(
      {
        ProjectionExpression: '#key',
        FilterExpression: prefix === '' ? EXPIRED : `${EXPIRED} AND begins_with(#key, :prefix)`,
      },
      names,
      { ':now': now() / 1000, ':prefix': prefix },
    ),
    ...(position !== '' && { ExclusiveStartKey: { [names.key]: { S: position } } }),
    ReturnConsumedCapacity: 'TOTAL',
  };
  const answer = await connection.call('Scan', request);
  if (!answer.ok) return position;
  const { Items: items = [], ScannedCount: scanned = 0, LastEvaluatedKey: last } = answer.output;
  totals.scanned += scanned;
  totals.expired += items.length;
  totals.readUnits += consumedBy(answer.output);
  for (let start = 0; start < items.length; start += MAX_STATEMENTS) {
    await deleteStillExpired(context, items.slice(start, start + MAX_STATEMENTS), totals);
  }
  return last === undefined ? null : keyOf(last, names);
}

async function deleteStillExpired(context: BatchContext, items: readonly Item[], totals: Totals): Promise<void> {
  try {
    await deleteByStatements(context, items, totals);
  } catch (error) {
    if (!isUnknownOperation(error)) throw error;
    for (const item of items) await deleteOne(context, item, totals);
  }
}

/** For engines without PartiQL, such as dynalite. */
async function deleteOne({ connection, names, table, now }: BatchContext, item: Item, totals: Totals): Promise<void> {
  const request = {
    TableName: table,
    Key: item,
    ...bind({ ConditionExpression: EXPIRED }, names, { ':now': now() / 1000 }),
    ReturnConsumedCapacity: 'TOTAL',
  };
  const answer = await connection.call('DeleteItem', request);
  if (!answer.ok) return;
  totals.writeUnits += consumedBy(answer.output);
  totals.deleted++;
}

function isUnknownOperation(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.name === 'UnknownOperationException';
}

async function deleteByStatements(context: BatchContext, items: readonly Item[], totals: Totals): Promise<void> {
  const { connection, names, table, now } = context;
  const statement = `DELETE FROM "${table}" WHERE "${names.key}" = ? AND "${names.expires}" <= ?`;
  const expiredBy = { N: String(now() / 1000) };
  let waiting = items;
  for (let tries = 0; waiting.length > 0; tries++) {
    if (tries === 5) throw new StoreUnavailableError('DynamoDB kept throttling the deletion of expired records.');
    const request = {
      Statements: waiting.map((item) => ({
        Statement: statement,
        Parameters: [{ S: keyOf(item, names) }, expiredBy],
      })),
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await connection.call('BatchExecuteStatement', request);
    if (!answer.ok) return;
    totals.writeUnits += consumedBy(answer.output);
    const responses = (answer.output.Responses ?? []) as readonly StatementResult[];
    const left = waiting.filter((_item, index) => isWorthAnotherTry(responses[index]?.Error?.Code));
    totals.deleted += responses.filter((response) => response.Error === undefined).length;
    waiting = left;
    if (left.length > 0) await delay(100 * 2 ** tries);
  }
}

interface StatementResult {
  readonly Error?: { readonly Code?: string };
}

/** A failed condition is the outcome: the record was renewed or deleted in the meantime. */
function isWorthAnotherTry(code: string | undefined): boolean {
  return (
    code === 'ThrottlingError' ||
    code === 'ProvisionedThroughputExceeded' ||
    code === 'RequestLimitExceeded' ||
    code === 'InternalServerError'
  );
}

function positionsFrom({ cursor, segments = 1 }: PurgeOptions): Positions {
  if (!Number.isSafeInteger(segments) || segments < 1 || segments > 1000) {
    throw new InvalidArgumentError(`A scan has 1 to 1000 segments; got ${segments}.`);
  }
  if (cursor === undefined) return Array.from({ length: segments }, () => '');
  try {
    const positions: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(positions) && positions.every((one) => one === null || typeof one === 'string')) return positions;
  } catch {
    // Falls through to the same error.
  }
  throw new InvalidArgumentError('The cursor is not one that an earlier run reported.');
}

function cursorOf(positions: Positions): { cursor?: string } {
  if (positions.every((position) => position === null)) return {};
  return { cursor: Buffer.from(JSON.stringify(positions)).toString('base64url') };
}
