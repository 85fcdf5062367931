/**
 * A count in one record of the table, `count:<name>`. Whatever is added to it is one UpdateItem, under a condition by which
 * it knows what it has already added: for a batch of the stream, a mark of how far its shard was counted; for a note of a
 * purge, the note's own name. A second request is needed only where the condition fails.
 *
 * Lambda delivers a shard in order, and goes on only once a batch has succeeded or was given up: so all up to a shard's
 * mark was counted, or will not come.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 */
import { randomBytes } from 'node:crypto';
import {
  sumsOf,
  uncounted,
  type Change,
  type PassReport,
  type PassTally,
  type PurgeNote,
  type PurgeNotes,
  type RecordCounts,
  type StreamCounter,
} from '../../counter.ts';
import { StoreUnavailableError } from '../../errors.ts';
import { fullKey, normalizePrefix } from '../../rules.ts';
import type { EpochMillis } from '../../store.ts';
import { Connection, type Answer, type ConnectionOptions } from './connection.ts';
import * as x from './counter-expressions.ts';
import { ATTRIBUTES, countsOf, MAX_SWEPT, markedIn, markName, markOf, numberOf, staleMarks } from './counter-item.ts';
import type { Item } from './item.ts';

export interface DynamoDBCounterOptions extends ConnectionOptions {
  /** What is counted: the record's key is `count:<name>`, after the prefix. */
  readonly name: string;
  /** The table's name or ARN. @default 'cache' */
  readonly table?: string;
  /** Before the key; gets a `:` at its end if it has none. @default none */
  readonly prefix?: string;
  /** What the key's attribute is called. @default { key: 'key' } */
  readonly attributes?: { readonly key?: string };
  /** The time. @default Date.now */
  readonly clock?: () => EpochMillis;
}

/** Marks of shards that have closed are removed this often: a shard lives about 4 hours. */
const SWEEP_MS = 4 * 60 * 60 * 1000;

/** How often a batch follows a record that changes under it. */
const MAX_PLANS = 10;

/**
 * @example
 * const counter = new DynamoDBCounter({ table: 'cache', name: 'sessions' });
 * await counter.read();
 */
export class DynamoDBCounter implements StreamCounter, PurgeNotes {
  readonly #connection: Connection;
  readonly #table: string;
  readonly #key: Item;
  readonly #now: () => EpochMillis;

  constructor(options: DynamoDBCounterOptions) {
    const { name, table = 'cache', prefix = '', attributes = {}, clock = () => Date.now() } = options;
    this.#connection = new Connection(options);
    this.#table = table;
    this.#key = { [attributes.key ?? 'key']: { S: fullKey(normalizePrefix(prefix), `count:${name}`) } };
    this.#now = clock;
  }

  get notes(): PurgeNotes {
    return this;
  }

  async read(): Promise<RecordCounts | undefined> {
    const request = { TableName: this.#table, Key: this.#key, ConsistentRead: false, ReturnConsumedCapacity: 'TOTAL' };
    const answer = await this.#connection.call('GetItem', request);
    return answer.ok ? countsOf(answer.output.Item) : undefined;
  }

  async count(shard: string, changes: readonly Change[]): Promise<RecordCounts | undefined> {
    const mark = markName(shard);
    let seen: Item | undefined;
    for (let plans = 0; plans < MAX_PLANS; plans++) {
      // Also where the answer to an earlier try got lost: then the mark is the batch's own.
      const left = uncounted(changes, seen && markedIn(seen, mark));
      if (left.length === 0) return countsOf(seen);
      const answer = await this.#add(mark, left, seen);
      if (answer.ok) return countsOf(answer.output.Attributes);
      seen = answer.item;
    }
    throw new StoreUnavailableError('The count kept changing while a batch was added to it.');
  }

  #add(mark: string, changes: readonly Change[], seen: Item | undefined): Promise<Answer> {
    const now = this.#now();
    const { created, expired, removed } = sumsOf(changes);
    const values = {
      ':first': changes[0]?.sequence ?? '',
      ':mark': markOf(changes.at(-1)?.sequence ?? '', now),
      ':asOf': Math.max(...changes.map(({ at }) => at)),
      ':n': created - expired - removed,
      ':changes': changes.length,
      ':created': created,
      ':expired': expired,
      ':removed': removed,
      ':now': now,
      ':sweep': now + SWEEP_MS,
      ':seen': (seen && numberOf(seen, '#changes')) ?? 0,
    };
    if (seen === undefined || (numberOf(seen, '#sweep') ?? Infinity) > now) {
      return this.#update(x.COUNT, x.UNCOUNTED, values, { '#mark': mark });
    }
    const stale = staleMarks(seen, now).filter((name) => name !== mark);
    const names = Object.fromEntries(stale.map((name, index) => [`#stale${index}`, name]));
    const remove = stale.length === 0 ? '' : ` REMOVE ${Object.keys(names).join(', ')}`;
    // Where more are left than one update can remove, the next batch goes on.
    const sweep = stale.length < MAX_SWEPT ? values : { ...values, ':sweep': now };
    return this.#update(x.COUNT_AND_SWEEP + remove, x.UNCHANGED, sweep, { ...names, '#mark': mark });
  }

  async beginPass(): Promise<void> {
    await this.#update(x.BEGIN_PASS, x.COUNTED, { ':zero': 0 });
  }

  async notePurge({ deleted, pass }: PurgeNote): Promise<PassReport | undefined> {
    const values = { ':note': noteName(), ':purged': deleted };
    if (pass !== undefined) {
      const answer = await this.#update(x.NOTE_PASS, x.UNNOTED_PASS, { ...values, ...this.#passValues(pass) });
      const item = answer.ok ? answer.output.Attributes : answer.item;
      if (answer.ok || item?.[ATTRIBUTES['#note']]?.S === values[':note']) return countsOf(item)?.lastPass;
      if (countsOf(item) === undefined) return undefined;
      // Counting has begun since this pass did, or its beginning could not be noted: there is nothing to compare with.
    }
    if (deleted > 0) await this.#update(x.NOTE, x.UNNOTED, values);
    return undefined;
  }

  #passValues({ living, expired, deleted }: PassTally): Values {
    return {
      ':at': this.#now(),
      ':living': living,
      ':expired': expired,
      ':deleted': deleted,
      ':seen': living + expired,
      ':zero': 0,
    };
  }

  /**
   * Adds to the count, or takes off, what an operator has found it to be wrong by.
   *
   * @throws StoreUnavailableError
   */
  async correct(by: number): Promise<RecordCounts | undefined> {
    const values = { ':note': noteName(), ':by': by, ':at': this.#now() };
    const answer = await this.#update(x.CORRECT, x.UNCORRECTED, values);
    return countsOf(answer.ok ? answer.output.Attributes : answer.item);
  }

  #update(update: string, condition: string, values: Values, names?: Names): Promise<Answer> {
    const request = {
      TableName: this.#table,
      Key: this.#key,
      ...x.bindCounter({ UpdateExpression: update, ConditionExpression: condition }, values, names),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ReturnConsumedCapacity: 'TOTAL',
    };
    return this.#connection.call('UpdateItem', request);
  }
}

function noteName(): string {
  return randomBytes(9).toString('base64url');
}

type Values = Parameters<typeof x.bindCounter>[1];
type Names = Parameters<typeof x.bindCounter>[2];
