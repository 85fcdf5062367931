/**
 * Stands for DynamoDB where only the other side's time is of interest: it answers at once, and keeps nothing. A read
 * brings the item it was given at its start, a write succeeds and changes nothing.
 */
import { createServer, type Server } from 'node:http';

/** A record in a table, as the protocol has it. */
export interface StubItem {
  readonly table: string;
  /** Name of the table's key attribute. */
  readonly key: string;
  readonly item: Readonly<Record<string, object>>;
}

interface Call {
  readonly TableName: string;
  readonly Key?: object;
  readonly ReturnValues?: string;
  readonly ReturnConsumedCapacity?: string;
}

/** @returns a server that is not listening yet */
export function stubServer(items: readonly StubItem[]): Server {
  const known = new Map(items.map(({ table, key, item }) => [placeOf(table, { [key]: item[key] }), item]));
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      const body = JSON.stringify(answerTo(operation, JSON.parse(Buffer.concat(chunks).toString()) as Call, known));
      const length = Buffer.byteLength(body);
      response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': length }).end(body);
    });
  });
}

function answerTo(operation: string, call: Call, known: ReadonlyMap<string, object>): object {
  const item = call.Key && known.get(placeOf(call.TableName, call.Key));
  const wantsItem = call.ReturnValues !== undefined && call.ReturnValues !== 'NONE';
  const isRead = operation === 'GetItem';
  return {
    ...(item && isRead && { Item: item }),
    ...(item && !isRead && wantsItem && { Attributes: item }),
    ...(call.ReturnConsumedCapacity === 'TOTAL' && {
      ConsumedCapacity: { TableName: call.TableName, CapacityUnits: 1 },
    }),
  };
}

function placeOf(table: string, key: object): string {
  return `${table} ${JSON.stringify(key)}`;
}
