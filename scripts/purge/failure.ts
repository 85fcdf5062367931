/** One line on what went wrong, and what to do about it. Never a stack, never a record. */
import type { DynamoDBConfig } from '../../src/config.ts';

export function explain(error: unknown, { table, endpoint }: DynamoDBConfig): string {
  const { name, message } = rootOf(error);
  const where = endpoint === undefined ? '' : ` at ${endpoint}`;
  if (name === 'ResourceNotFoundException') {
    return `There is no table ${table}${where}. Name another one with --table, or set DYNAMODB_CACHE_TABLE.`;
  }
  if (/no credentials|could not load credentials/i.test(message)) {
    return 'No AWS credentials were found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  }
  if (/region is missing/i.test(message)) return 'No AWS region was found. Set AWS_REGION.';
  if (/ECONNREFUSED|ENOTFOUND|EHOSTUNREACH/.test(`${message} ${codeOf(error)}`)) {
    return `Nothing answers${where || ' for DynamoDB'}. Check the address.`;
  }
  if (/throttl|throughput/i.test(`${name} ${message} ${String(error)}`)) {
    return `The table ${table} has less capacity than this takes. Keep below it with --capacity.`;
  }
  return `${name}: ${message}`.replaceAll('\n', ' ');
}

/** The driver's errors say what was tried; their cause says what was wrong, without a record. */
function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? error.cause : error;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
