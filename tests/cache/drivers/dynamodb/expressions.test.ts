import { describe, expect, it } from 'vitest';
import { bind, writeOf } from '../../../../src/cache/drivers/dynamodb/expressions.ts';

const NAMES = { key: 'id', value: 'data', expires: 'ends' };

describe('A write of a whole value', () => {
  it.each([
    [
      { expires: undefined, encoding: undefined, unlock: undefined },
      'SET #value = :value, #version = :version REMOVE #expires, #encoding',
    ],
    [
      { expires: 1, encoding: 'br', unlock: undefined },
      'SET #value = :value, #version = :version, #expires = :expires, #encoding = :encoding',
    ],
    [
      { expires: 1, encoding: 'br', unlock: 'lease' as const },
      'SET #value = :value, #version = :version, #expires = :expires, #encoding = :encoding REMOVE #owner, #lease',
    ],
    [
      { expires: 1, encoding: undefined, unlock: 'all' as const },
      'SET #value = :value, #version = :version, #expires = :expires REMOVE #encoding, #owner, #lease, #next, #turn',
    ],
  ])('with %j sets what is given and removes the rest', (parts, expression) => {
    expect(writeOf(parts)).toBe(expression);
  });
});

describe('A request', () => {
  it('has the names and values that its expressions use, and no others', () => {
    const expressions = {
      UpdateExpression: 'SET #value = :text, #version = :number',
      ConditionExpression: '#key = :raw',
    };
    const values = { ':text': 'a', ':number': 1, ':raw': { B: 'AA==' }, ':unused': 1 };
    expect(bind(expressions, NAMES, values)).toStrictEqual({
      ...expressions,
      ExpressionAttributeNames: { '#key': 'id', '#value': 'data', '#version': 'version' },
      ExpressionAttributeValues: { ':text': { S: 'a' }, ':number': { N: '1' }, ':raw': { B: 'AA==' } },
    });
  });

  it('has the names of all attributes', () => {
    const all = '#key #value #expires #version #encoding #owner #lease #next #turn';
    expect(bind({ ProjectionExpression: all }, NAMES, {}).ExpressionAttributeNames).toStrictEqual({
      '#key': 'id',
      '#value': 'data',
      '#expires': 'ends',
      '#version': 'version',
      '#encoding': 'encoding',
      '#owner': 'lock_owner',
      '#lease': 'lock_expires_at',
      '#next': 'lock_next',
      '#turn': 'lock_turn',
    });
  });

  it('has neither names nor values where no expression uses any', () => {
    expect(bind({}, NAMES, { ':unused': 1 })).toStrictEqual({});
    const expression = { FilterExpression: 'attribute_exists(#key)' };
    expect(bind(expression, NAMES, { ':unused': 1 })).toStrictEqual({
      ...expression,
      ExpressionAttributeNames: { '#key': 'id' },
    });
  });

  it('has no value for what is left out', () => {
    const expression = { UpdateExpression: 'SET #value = :value' };
    expect(bind(expression, NAMES, { ':value': undefined })).not.toHaveProperty('ExpressionAttributeValues');
  });

  it('can not name an attribute that records do not have', () => {
    expect(() => bind({ FilterExpression: '#other = :a' }, NAMES, {})).toThrow('No attribute is called #other.');
  });
});
