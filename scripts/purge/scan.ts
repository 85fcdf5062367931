/** How commands scan a table from an operator's desk. */
import { transportFor } from '../../src/cache/drivers/dynamodb/endpoint.ts';
import type { DynamoDBConfig } from '../../src/config.ts';

/** Parallel parts of the scan, so that the way to AWS is not what takes the time. */
export const SEGMENTS = 4;
const DESCRIBE_MS = 5000;
/** A page of keys takes a while on a slow line, and nobody waits for an answer as a request's visitor does. */
export const PATIENCE = { requestTimeoutMs: 5000, timeoutMs: 15_000 } as const;

export const INTERRUPTED = 130;

/**
 * As DynamoDB counts them every six hours; `undefined` where it may not be asked.
 *
 * @throws where there is no such table, no way to it, or nobody to ask as
 */
export async function estimatedRecords({ table, ...dynamodb }: DynamoDBConfig): Promise<number | undefined> {
  const transport = await transportFor(dynamodb);
  try {
    const { Table } = await transport.send('DescribeTable', { TableName: table }, AbortSignal.timeout(DESCRIBE_MS));
    return Table?.ItemCount;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') return undefined;
    throw error;
  }
}
