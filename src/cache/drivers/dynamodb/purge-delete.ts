/** Deletes the records of one batch, each under the condition that it is still expired. */
import { StoreUnavailableError } from '../../errors.ts';
import type { Stop } from '../../stop.ts';
import type { PurgeOptions, PurgeProgress } from '../../store.ts';
import type { BatchContext } from './batch.ts';
import type { CapacityBudget, RecordCost } from './capacity.ts';
import { consumedBy, type Answer } from './connection.ts';
import { EXPIRED, bind } from './expressions.ts';
import { keyOf, type Item } from './item.ts';
import type { Tally } from './purge-tally.ts';

const MAX_TRIES = 5;

/** What all segments of a run share. */
export interface PurgeRun {
  readonly context: BatchContext;
  readonly stop: Stop;
  readonly budget: CapacityBudget;
  readonly cost: RecordCost;
  readonly batchSize: number;
  readonly before: PurgeOptions['before'];
  readonly totals: { -readonly [Name in keyof Omit<PurgeProgress, 'cursor' | 'tally'>]: number };
  /** Whether the engine knows PartiQL; dynalite does not. */
  hasStatements: boolean;
  readonly tally: Tally | undefined;
}

/** Told of each record that was deleted. */
type Deleted = (item: Item) => void;

/** False: the stop came first, and records may be left. @throws StoreUnavailableError */
export async function deleteStillExpired(run: PurgeRun, items: readonly Item[], deleted: Deleted): Promise<boolean> {
  if (run.hasStatements) {
    try {
      return await deleteByStatements(run, items, deleted);
    } catch (error) {
      if (!isUnknownOperation(error)) throw error;
      run.hasStatements = false;
    }
  }
  for (const item of items) if (!(await deleteOne(run, item, deleted))) return false;
  return true;
}

async function deleteOne(run: PurgeRun, item: Item, deleted: Deleted): Promise<boolean> {
  const { connection, names, table, now } = run.context;
  const request = {
    TableName: table,
    Key: item,
    ...bind({ ConditionExpression: EXPIRED }, names, { ':now': now() / 1000 }),
    ReturnConsumedCapacity: 'TOTAL',
  };
  const answer = await spendOnDeletes(run, 1, () => connection.call('DeleteItem', request));
  if (answer?.ok === true) deleted(item);
  return answer !== undefined;
}

/**
 * One request for the whole batch, and others for those of it that were throttled.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
 */
async function deleteByStatements(run: PurgeRun, items: readonly Item[], deleted: Deleted): Promise<boolean> {
  const { connection, names, table, now } = run.context;
  const statement = `DELETE FROM "${table}" WHERE "${names.key}" = ? AND "${names.expires}" <= ?`;
  let waiting = items;
  for (let tries = 0; ; tries++) {
    const expiredBy = { N: String(now() / 1000) };
    const request = {
      Statements: waiting.map((item) => ({
        Statement: statement,
        Parameters: [{ S: keyOf(item, names) }, expiredBy],
      })),
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await spendOnDeletes(
      run,
      waiting.length,
      () => connection.call('BatchExecuteStatement', request),
      (one) => resultsIn(one).filter((result) => !isThrottled(result)).length,
    );
    if (answer?.ok !== true) return false;
    const results = resultsIn(answer);
    for (const [index, item] of waiting.entries()) {
      const result = results[index];
      if (result !== undefined && result.Error === undefined) deleted(item);
    }
    waiting = waiting.filter((_item, index) => isThrottled(results[index]));
    if (waiting.length === 0) return true;
    if (tries + 1 === MAX_TRIES) {
      throw new StoreUnavailableError('DynamoDB kept throttling the deletion of expired records.');
    }
    await run.stop.pause(100 * 2 ** tries);
  }
}

/** @param done how many of the records the engine came to: the others were throttled */
async function spendOnDeletes(
  { budget, cost, stop, totals }: PurgeRun,
  records: number,
  send: () => Promise<Answer>,
  done: (answer: Answer) => number = () => records,
): Promise<Answer | undefined> {
  // DynamoDB Local does not report what statements consume.
  const units = (answer: Answer): number => reportedUnits(answer) ?? cost.deleting(done(answer));
  // AWS bills a failed condition as a write, but may not report it.
  const counted = (answer: Answer): number => Math.max(done(answer), units(answer)) * triesIn(answer);
  const answer = await budget.spend(cost.deleting(records), stop, send, counted);
  if (answer === undefined) return undefined;
  totals.writeUnits += units(answer);
  cost.sawDeletes(done(answer), units(answer));
  return answer;
}

/** An answer that got lost was for units as well: for the budget, as many as those that are known. */
export function triesIn({ ambiguous }: Answer): number {
  return ambiguous ? 2 : 1;
}

function reportedUnits(answer: Answer): number | undefined {
  if (!answer.ok) return 0;
  return answer.output.ConsumedCapacity === undefined ? undefined : consumedBy(answer.output);
}

interface StatementResult {
  readonly Error?: { readonly Code?: string };
}

function resultsIn(answer: Answer): readonly StatementResult[] {
  const responses: unknown = answer.ok ? answer.output.Responses : undefined;
  return Array.isArray(responses) ? responses : [];
}

function isUnknownOperation(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.name === 'UnknownOperationException';
}

const WORTH_ANOTHER_TRY = new Set([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'InternalServerError',
]);

/** Any other error is an outcome: a failed condition says that the record was renewed or deleted in the meantime. */
function isThrottled(result: StatementResult | undefined): boolean {
  return WORTH_ANOTHER_TRY.has(result?.Error?.Code ?? '');
}
