/**
 * What AWS's PHP session handler and Laravel's DynamoDB sessions cost, by the requests that they send and the size of
 * their items. With both measured on DynamoDB Local for items of up to 1 KB, the formulas give those figures.
 *
 * PHP: aws/aws-sdk-php 3, `Aws\DynamoDb\SessionHandler` at its defaults. Every request reads, consistently, and ends in
 * an UpdateItem, since that moves the expiry: billed by the size of the item whether its data changed or not.
 * Laravel: laravel/framework, `CacheBasedSessionHandler` over `DynamoDbStore`. Every request reads, eventually, and ends
 * in a PutItem of all of it. A blocked route has a lock in an item of its own: PutItem, and GetItem and DeleteItem to end it.
 *
 * @see https://github.com/aws/aws-sdk-php/tree/master/src/DynamoDb
 * @see https://github.com/laravel/framework/blob/master/src/Illuminate/Cache/DynamoDbStore.php
 */
import { bytesOf, readUnitsOf, writeUnitsOf } from '../subjects/item.ts';
import type { Family } from './kinds.ts';

export interface Cost {
  readonly requests: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

type Formula = (bytes: number) => Cost;

const expiry = { N: '1790000000' };

/** PHP's serialization of an array is longer than its JSON, which is taken here. */
export function bytesOfPhpItem(bytes: number): number {
  return bytes + bytesOf({ id: { S: `PHPSESSID_${'x'.repeat(32)}` }, data: { S: '' }, expires: expiry });
}

/** Laravel adds a CSRF token, the previous address and the names of flashed values to the data, and serializes the text. */
export function bytesOfLaravelItem(bytes: number): number {
  const added = `,"_token":"${'x'.repeat(40)}","_previous":{"url":"https://example.com/"},"_flash":{"old":[],"new":[]}`;
  const serialized = `s:${bytes + added.length}:"${added}";`;
  const item = { key: { S: `laravel-cache-${'x'.repeat(40)}` }, value: { S: serialized }, expires_at: expiry };
  return bytes + bytesOf(item);
}

const phpRead = (bytes: number) => readUnitsOf(bytes, 'consistent');
const laravelRead = (bytes: number) => readUnitsOf(bytes, 'eventual');
const cost = (requests: number, readUnits: number, writeUnits: number): Cost => ({ requests, readUnits, writeUnits });

const PHP: Readonly<Record<Family, Formula>> = {
  // Nobody asked for a session, and yet a stub of one is written.
  'no session': () => cost(2, phpRead(0), writeUnitsOf(bytesOfPhpItem(0))),
  'first write': (bytes) => cost(2, phpRead(0), writeUnitsOf(bytes)),
  'read-only': (bytes) => cost(2, phpRead(bytes), writeUnitsOf(bytes)),
  change: (bytes) => cost(2, phpRead(bytes), writeUnitsOf(bytes)),
  destroy: (bytes) => cost(2, phpRead(bytes), writeUnitsOf(bytes)),
  // The new id is looked for before it is written.
  regenerate: (bytes) => cost(4, phpRead(bytes) + phpRead(0), 2 * writeUnitsOf(bytes)),
  // The UpdateItem that sets the lock brings the item with it.
  locked: (bytes) => cost(2, 0, 2 * writeUnitsOf(bytes)),
};

const LARAVEL: Readonly<Record<Family, Formula>> = {
  'no session': () => cost(2, laravelRead(0), writeUnitsOf(bytesOfLaravelItem(0))),
  'first write': (bytes) => cost(2, laravelRead(0), writeUnitsOf(bytes)),
  'read-only': (bytes) => cost(2, laravelRead(bytes), writeUnitsOf(bytes)),
  change: (bytes) => cost(2, laravelRead(bytes), writeUnitsOf(bytes)),
  // Whoever is logged out gets a new session at once.
  destroy: (bytes) => cost(3, laravelRead(bytes), writeUnitsOf(bytes) + writeUnitsOf(bytesOfLaravelItem(0))),
  regenerate: (bytes) => cost(3, laravelRead(bytes), 2 * writeUnitsOf(bytes)),
  locked: (bytes) => cost(5, laravelRead(bytes) + laravelRead(0), writeUnitsOf(bytes) + 2),
};

/** @param bytes of the session's data, as JSON */
export function costOfPhp(family: Family, bytes: number): Cost {
  return PHP[family](bytesOfPhpItem(bytes));
}

/** @param bytes of the session's data, as JSON */
export function costOfLaravel(family: Family, bytes: number): Cost {
  return LARAVEL[family](bytesOfLaravelItem(bytes));
}
