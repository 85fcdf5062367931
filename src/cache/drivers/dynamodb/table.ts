/** Requests for one record of the table. */
import { fullKey } from '../../rules.ts';
import type { EpochMillis } from '../../store.ts';
import type { Answer, Connection } from './connection.ts';
import * as x from './expressions.ts';
import type { AttributeNames, Item } from './item.ts';

export interface TableOptions {
  readonly connection: Connection;
  readonly table: string;
  readonly prefix: string;
  readonly names: AttributeNames;
  readonly now: () => EpochMillis;
  readonly readsFailedConditions: boolean;
}

/** An update, and the condition under which it is made. */
export interface Plan {
  readonly update: string;
  readonly condition: string;
}

export type Updated =
  | { readonly done: true; readonly item: Item | undefined }
  | { readonly done: false; readonly item: Item | undefined; readonly ambiguous: boolean };

/** How often an operation follows a record that changes under it before it gives up. */
const MAX_PLANS = 10;

export class Table {
  readonly names: AttributeNames;
  readonly now: () => EpochMillis;
  readonly #options: TableOptions;

  constructor(options: TableOptions) {
    this.#options = options;
    this.names = options.names;
    this.now = options.now;
  }

  async read(key: string, consistent: boolean): Promise<Item | undefined> {
    const request = {
      TableName: this.#options.table,
      Key: this.#key(key),
      ConsistentRead: consistent,
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await this.#options.connection.call('GetItem', request, { key });
    return answer.ok ? answer.output.Item : undefined;
  }

  /**
   * One UpdateItem as `plan` has it, and others while `next` has a plan for the record that made the condition fail
   * (`undefined`: there is none). Without one, the failure is the outcome.
   */
  async update(
    key: string,
    values: x.Values,
    plan: Plan,
    next: (item: Item | undefined) => Plan | undefined = () => undefined,
    { returns = 'NONE', repeatable = true }: { returns?: 'NONE' | 'ALL_NEW'; repeatable?: boolean } = {},
  ): Promise<Updated> {
    let current: Plan | undefined = plan;
    let item: Item | undefined;
    let ambiguous = false;
    for (let plans = 0; current !== undefined && plans < MAX_PLANS; plans++) {
      const request = {
        TableName: this.#options.table,
        Key: this.#key(key),
        ...this.#bind({ UpdateExpression: current.update, ConditionExpression: current.condition }, values),
        ReturnValues: returns,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ReturnConsumedCapacity: 'TOTAL',
      };
      const answer = await this.#options.connection.call('UpdateItem', request, { key, repeatable });
      if (answer.ok) return { done: true, item: answer.output.Attributes };
      ambiguous ||= answer.ambiguous;
      item = await this.#failedItem(key, answer.item);
      current = next(item);
    }
    return { done: false, item, ambiguous };
  }

  async delete(key: string, condition: string, values: x.Values): Promise<Answer> {
    const request = {
      TableName: this.#options.table,
      Key: this.#key(key),
      ...this.#bind({ ConditionExpression: condition }, values),
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ReturnConsumedCapacity: 'TOTAL',
    };
    const answer = await this.#options.connection.call('DeleteItem', request, { key });
    return answer.ok ? answer : { ...answer, item: await this.#failedItem(key, answer.item) };
  }

  async #failedItem(key: string, item: Item | undefined): Promise<Item | undefined> {
    return item ?? (this.#options.readsFailedConditions ? this.read(key, true) : undefined);
  }

  #key(key: string): Item {
    return { [this.names.key]: { S: fullKey(this.#options.prefix, key) } };
  }

  #bind(expressions: x.Expressions, values: x.Values): x.BoundExpressions {
    const now = this.now();
    return x.bind(expressions, this.names, { ...values, ':now': now / 1000, ':nowMs': now });
  }
}
