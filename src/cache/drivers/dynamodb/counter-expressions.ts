/**
 * What is written to the record of a count, as DynamoDB reads it. `#mark` is the attribute of the batch's shard, `:first`
 * the batch's first sequence number.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
import type { Expressions, BoundExpressions } from './expressions.ts';
import { ATTRIBUTES } from './counter-item.ts';

/** Nothing of the batch was counted, and marks need not be looked through. */
export const UNCOUNTED =
  '(attribute_not_exists(#mark) OR #mark < :first) AND (attribute_not_exists(#sweep) OR #sweep > :now)';

export const COUNT =
  'SET #mark = :mark, #asOf = :asOf, #sweep = if_not_exists(#sweep, :sweep) ' +
  'ADD #n :n, #changes :changes, #created :created, #expired :expired, #removed :removed';

/** No batch at all was counted since the record was seen: so no mark has moved. */
export const UNCHANGED = '#changes = :seen';

/** The same with a look through the marks; those that are old are removed after it. */
export const COUNT_AND_SWEEP =
  'SET #mark = :mark, #asOf = :asOf, #sweep = :sweep ' +
  'ADD #n :n, #changes :changes, #created :created, #expired :expired, #removed :removed';

/** Something is counted here. */
export const COUNTED = 'attribute_exists(#asOf)';

export const BEGIN_PASS = 'SET #passN = #n, #passFrom = if_not_exists(#changes, :zero)';

export const UNNOTED = 'attribute_exists(#asOf) AND (attribute_not_exists(#note) OR #note <> :note)';

export const NOTE = 'SET #note = :note ADD #purged :purged';

export const UNNOTED_PASS = `attribute_exists(#passN) AND ${UNNOTED}`;

export const NOTE_PASS =
  'SET #note = :note, #passAt = :at, #passLiving = :living, #passExpired = :expired, #passDeleted = :deleted, ' +
  '#passDrift = #passN - :seen, #passChanges = if_not_exists(#changes, :zero) - #passFrom ' +
  'REMOVE #passN, #passFrom ADD #purged :purged';

export const UNCORRECTED = 'attribute_not_exists(#note) OR #note <> :note';

export const CORRECT = 'SET #note = :note, #asOf = if_not_exists(#asOf, :at) ADD #n :by, #corrected :by';

/** Expressions with the names and values that they use. */
export function bindCounter(
  expressions: Expressions,
  values: Readonly<Record<`:${string}`, number | string>>,
  own: Readonly<Record<`#${string}`, string>> = {},
): BoundExpressions {
  const text = Object.values(expressions).join(' ');
  const all: Readonly<Record<string, string>> = { ...ATTRIBUTES, ...own };
  const names = Object.fromEntries((text.match(/#\w+/g) ?? []).map((name) => [name, all[name] ?? name]));
  const bound = Object.fromEntries(
    (text.match(/:\w+/g) ?? []).map((name) => {
      const value = values[name as `:${string}`] ?? '';
      return [name, typeof value === 'number' ? { N: String(value) } : { S: value }];
    }),
  );
  return {
    ...expressions,
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(bound).length > 0 && { ExpressionAttributeValues: bound }),
  };
}
