/** The table itself, past the proxy: what a record holds, byte for byte. */
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../src/session/ids.ts';
import { CREDENTIALS } from '../support/dynamodb.ts';

export type RawItem = Record<string, AttributeValue>;

export class Table {
  readonly name: string;
  readonly #client: DynamoDBClient;

  constructor(endpoint: string, name: string) {
    this.name = name;
    this.#client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  }

  async item(key: string): Promise<RawItem | undefined> {
    const input = { TableName: this.name, Key: { key: { S: key } }, ConsistentRead: true };
    return (await this.#client.send(new GetItemCommand(input))).Item;
  }

  /** Gives a record another version, as any write of its value does. */
  async write(key: string, version: number): Promise<void> {
    await this.#set(key, 'version', version);
  }

  /** @param expiresAt epoch seconds */
  async expire(key: string, expiresAt: number): Promise<void> {
    await this.#set(key, 'expires_at', expiresAt);
  }

  /** The keys of all records whose value has this text. */
  async holding(text: string): Promise<string[]> {
    const { Items = [] } = await this.#client.send(new ScanCommand({ TableName: this.name, ConsistentRead: true }));
    return Items.filter(({ value }) => value?.S?.includes(text)).map(({ key }) => key?.S ?? '');
  }

  /** The keys of all records whose key begins so. */
  async keys(prefix = ''): Promise<string[]> {
    const { Items = [] } = await this.#client.send(new ScanCommand({ TableName: this.name, ConsistentRead: true }));
    return Items.map(({ key }) => key?.S ?? '').filter((key) => key.startsWith(prefix));
  }

  async #set(key: string, name: string, value: number): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.name,
        Key: { key: { S: key } },
        UpdateExpression: 'SET #name = :value',
        ConditionExpression: 'attribute_exists(#name)',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': { N: String(value) } },
      }),
    );
  }
}

/** The key in the table of a session's record. */
export function recordKey(id: string): string {
  return `session:${keyOf(id)}`;
}
