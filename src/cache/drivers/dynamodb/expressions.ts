/**
 * The conditions and updates of the driver, as DynamoDB reads them.
 *
 * `:now` is epoch seconds with a fraction, to compare with the expiry; `:nowMs` is epoch milliseconds, to compare with a
 * lease. A lease is live while both its own end and the record's expiry lie ahead: hence two comparisons wherever one is
 * asked for.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
 */
import type { Precondition } from '../../store.ts';
import {
  ENCODING,
  LOCK_EXPIRES_AT,
  LOCK_NEXT,
  LOCK_OWNER,
  LOCK_TURN,
  NO_VERSION,
  VERSION,
  type AttributeNames,
  type AttributeValue,
} from './item.ts';

const UNEXPIRED = '(attribute_not_exists(#expires) OR #expires > :now)';
const FREE = '(attribute_not_exists(#owner) OR #owner = :owner OR #lease <= :nowMs)';

/** A record with a value that has not expired. */
export const LIVING = `attribute_exists(#value) AND ${UNEXPIRED}`;

/** A record whose time is over, though the engine still has it. */
export const EXPIRED = '#expires <= :now';

const EXPIRED_UNDER_PREFIX = '#expires <= :now AND begins_with(#key, :prefix)';
/** The same, and all that is counted. */
const EXPIRED_OR_COUNTED = '#expires <= :now OR begins_with(#key, :tally)';
const EXPIRED_UNDER_PREFIX_OR_COUNTED =
  '(#expires <= :now AND begins_with(#key, :prefix)) OR begins_with(#key, :tally)';

/** What a purge scans for. The size of an answer is not billed: only what is looked at. */
export function scannedFor(prefix: string, tally: string | undefined): Expressions {
  if (tally === undefined) {
    return { ProjectionExpression: '#key', FilterExpression: prefix === '' ? EXPIRED : EXPIRED_UNDER_PREFIX };
  }
  const FilterExpression = prefix === '' ? EXPIRED_OR_COUNTED : EXPIRED_UNDER_PREFIX_OR_COUNTED;
  return { ProjectionExpression: '#key, #expires', FilterExpression };
}

/** Nothing, or a record that only holds a lock. */
export const VALUELESS = `attribute_not_exists(#value) AND ${UNEXPIRED}`;

/** No record at all. */
export const ABSENT = 'attribute_not_exists(#key)';

/**
 * Any record. On AWS a delete without a condition is as good; DynamoDB Local hands the same record to several of them.
 */
export const PRESENT = 'attribute_exists(#key)';

/** Any record except an expired one with a lock, which must not come back to life with the record. */
export const NO_EXPIRED_LOCK = `attribute_not_exists(#owner) OR ${UNEXPIRED}`;

const VERSION_HOLDS = `${LIVING} AND #version = :ifVersion`;
const UNVERSIONED = `${LIVING} AND attribute_not_exists(#version)`;
const OWNER_HOLDS = `#owner = :ifOwner AND #lease > :nowMs AND ${UNEXPIRED}`;
const OWNER_AND_VERSION_HOLD = `${OWNER_HOLDS} AND attribute_exists(#value) AND #version = :ifVersion`;

/** A number that stays a safe integer; nothing; and for a ttl, a record that has an expiry of its own to keep. */
export const COUNTABLE = `attribute_not_exists(#key) OR (#value BETWEEN :low AND :high AND ${UNEXPIRED})`;
export const COUNTABLE_WITH_EXPIRY =
  'attribute_not_exists(#key) OR (#value BETWEEN :low AND :high AND #expires > :now)';
export const COUNTABLE_WITHOUT_EXPIRY = '#value BETWEEN :low AND :high AND attribute_not_exists(#expires)';

const NOBODY_IN_LINE = '(attribute_not_exists(#next) OR #turn >= #next)';

/** A living record that nobody else has locked or is in line for. */
export const LOCKABLE = `${LIVING} AND ${FREE} AND ${NOBODY_IN_LINE}`;
/** The same for one in line, whose place is good and has not been passed. */
export const LOCKABLE_IN_TURN = `${LIVING} AND ${FREE} AND #next >= :turn AND (attribute_not_exists(#turn) OR #turn < :turn)`;
/** The same with an expiry of its own, or nothing: then the lock's record gets the lease's. */
export const LOCKABLE_OR_ABSENT = `attribute_not_exists(#key) OR (attribute_exists(#value) AND #expires > :now AND ${FREE})`;
export const LOCKABLE_WITHOUT_EXPIRY = `attribute_exists(#value) AND attribute_not_exists(#expires) AND ${FREE}`;
export const LOCKABLE_VALUELESS = `${VALUELESS} AND ${FREE}`;

export const LOCKED_BY_OWNER = `attribute_exists(#value) AND #owner = :owner AND #lease > :nowMs AND ${UNEXPIRED}`;
export const VALUELESS_LOCKED_BY_OWNER = `attribute_not_exists(#value) AND #owner = :owner AND #lease > :nowMs AND ${UNEXPIRED}`;

export const COUNT = 'SET #version = :version ADD #value :by';
export const COUNT_OR_START = 'SET #version = :version, #expires = if_not_exists(#expires, :expires) ADD #value :by';
export const TOUCH = 'SET #expires = :expires';
export const LOCK = 'SET #owner = :owner, #lease = :lease';
export const LOCK_AND_CLOSE_LINE = 'SET #owner = :owner, #lease = :lease REMOVE #next, #turn';
export const LOCK_IN_TURN = 'SET #owner = :owner, #lease = :lease, #turn = :turn';
export const TAKE_TURN = 'ADD #next :one';
export const LOCK_OR_START = 'SET #owner = :owner, #lease = :lease, #expires = if_not_exists(#expires, :expires)';
export const START_LOCK =
  'SET #owner = :owner, #lease = :lease, #expires = :expires REMOVE #value, #version, #encoding, #next, #turn';
export const UNLOCK = 'REMOVE #owner, #lease';
export const UNLOCK_AND_TOUCH = 'SET #expires = :expires REMOVE #owner, #lease';

/** The condition of a precondition. */
export function conditionOf(precondition: Precondition): string {
  if (precondition.absent === true) return VALUELESS;
  if (precondition.owner === undefined) return precondition.version === NO_VERSION ? UNVERSIONED : VERSION_HOLDS;
  return precondition.version === undefined ? OWNER_HOLDS : OWNER_AND_VERSION_HOLD;
}

/** A whole new value. What is not given is removed; the lease, and the line for it, only where `unlock` says so. */
export function writeOf(parts: { expires: unknown; encoding: unknown; unlock: 'all' | 'lease' | undefined }): string {
  const set = ['#value = :value', '#version = :version'];
  const remove = [];
  if (parts.expires === undefined) remove.push('#expires');
  else set.push('#expires = :expires');
  if (parts.encoding === undefined) remove.push('#encoding');
  else set.push('#encoding = :encoding');
  if (parts.unlock !== undefined) remove.push('#owner', '#lease');
  if (parts.unlock === 'all') remove.push('#next', '#turn');
  return `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`;
}

/** Values for the placeholders of expressions; numbers and text become attribute values. */
export type Values = Readonly<Record<`:${string}`, number | string | AttributeValue | undefined>>;

export interface Expressions {
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly FilterExpression?: string;
  readonly ProjectionExpression?: string;
}

export interface BoundExpressions extends Expressions {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** Expressions with exactly the names and values that they use: DynamoDB refuses unused ones. */
export function bind(expressions: Expressions, attributes: AttributeNames, values: Values): BoundExpressions {
  const text = Object.values(expressions).join(' ');
  const names: Record<string, string> = {};
  for (const name of text.match(/#\w+/g) ?? []) names[name] = nameOf(name, attributes);
  const bound: Record<string, AttributeValue> = {};
  for (const placeholder of text.match(/:\w+/g) ?? []) {
    const value = values[placeholder as `:${string}`];
    if (value !== undefined) bound[placeholder] = attributeValue(value);
  }
  return {
    ...expressions,
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(bound).length > 0 && { ExpressionAttributeValues: bound }),
  };
}

function attributeValue(value: number | string | AttributeValue): AttributeValue {
  if (typeof value === 'number') return { N: String(value) };
  return typeof value === 'string' ? { S: value } : value;
}

function nameOf(placeholder: string, attributes: AttributeNames): string {
  switch (placeholder) {
    case '#key':
      return attributes.key;
    case '#value':
      return attributes.value;
    case '#expires':
      return attributes.expires;
    case '#version':
      return VERSION;
    case '#encoding':
      return ENCODING;
    case '#owner':
      return LOCK_OWNER;
    case '#lease':
      return LOCK_EXPIRES_AT;
    case '#next':
      return LOCK_NEXT;
    case '#turn':
      return LOCK_TURN;
    default:
      throw new TypeError(`No attribute is called ${placeholder}.`);
  }
}
