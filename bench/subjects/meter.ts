/**
 * What the requests through a proxy would be billed on AWS. Whoever does not ask for the consumed capacity is made to, and
 * failed conditions, of which emulators report nothing, count as AWS bills them: the size of the record that is there, at
 * least one write unit.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
import type { DynamoDBProxy, Fault, RawAnswer } from '../../tests/service/dynamodb-proxy.ts';
import { bytesOf, type WireItem, writeUnitsOf } from './item.ts';

export interface Bill {
  readonly requests: number;
  readonly readUnits: number;
  /** Those of failed conditions included. */
  readonly writeUnits: number;
  readonly failedConditions: number;
  /** Of the last item that a GetItem brought. */
  readonly itemBytes?: number;
}

interface Body {
  readonly __type?: string;
  /** Of a GetItem, or there with `ReturnValuesOnConditionCheckFailure: ALL_OLD`. */
  readonly Item?: WireItem;
}

export class Meter {
  readonly #proxy: DynamoDBProxy;
  #failedConditions = 0;
  #itemBytes: number | undefined;

  /** Forgets the proxy's other rules; those that come later have to send their requests by {@link measured}. */
  constructor(proxy: DynamoDBProxy) {
    this.#proxy = proxy;
    proxy.reset();
    proxy.on({ fault: this.measured });
  }

  /** Has a request done, and measured. */
  readonly measured: Fault = async (forward, exchange): Promise<RawAnswer> => {
    const request = { ReturnConsumedCapacity: 'TOTAL', ...(JSON.parse(exchange.body) as object) };
    const answer = await forward(JSON.stringify(request));
    if (answer.status === 400) {
      const { __type: type = '', Item: item } = JSON.parse(answer.body) as Body;
      if (type.endsWith('#ConditionalCheckFailedException')) {
        this.#failedConditions += 1;
        exchange.writeUnits = writeUnitsOf(bytesOf(item ?? {}));
      }
    }
    if (exchange.operation === 'GetItem') {
      const { Item: item } = JSON.parse(answer.body) as Body;
      if (item !== undefined) this.#itemBytes = bytesOf(item);
    }
    return answer;
  };

  /** What was billed since the last call. */
  take(): Bill {
    const [requests, readUnits, writeUnits] = this.#proxy.cost();
    const failedConditions = this.#failedConditions;
    const itemBytes = this.#itemBytes;
    this.#failedConditions = 0;
    this.#itemBytes = undefined;
    return { requests, readUnits, writeUnits, failedConditions, ...(itemBytes !== undefined && { itemBytes }) };
  }
}
