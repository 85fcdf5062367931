import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  AmbiguousWriteError,
  BatchIncompleteError,
  CorruptEntryError,
  EntryTooLargeError,
  InvalidKeyError,
  NotANumberError,
  StoreUnavailableError,
} from '../../src/cache/errors.ts';
import { CloakroomError } from '../../src/errors.ts';

const cause = new Error('the cause');

const ALL: [string, () => CloakroomError, string, string][] = [
  ['STORE_UNAVAILABLE', () => new StoreUnavailableError('down', { key: 'secret' }), 'StoreUnavailableError', 'down'],
  ['AMBIGUOUS_WRITE', () => new AmbiguousWriteError('lost', 'secret'), 'AmbiguousWriteError', 'lost'],
  [
    'ENTRY_TOO_LARGE',
    () => new EntryTooLargeError('secret', 11, 10),
    'EntryTooLargeError',
    'The entry would take 11 bytes; at most 10 are possible.',
  ],
  ['INVALID_KEY', () => new InvalidKeyError('empty', 'secret'), 'InvalidKeyError', 'empty'],
  ['NOT_A_NUMBER', () => new NotANumberError('secret'), 'NotANumberError', 'The value to increment is not a number.'],
  [
    'BATCH_INCOMPLETE',
    () => new BatchIncompleteError(['secret', 'other']),
    'BatchIncompleteError',
    'The batch was cut short: 2 keys are left over.',
  ],
  ['CORRUPT_ENTRY', () => new CorruptEntryError('damaged'), 'CorruptEntryError', 'damaged'],
];

describe('An error of the cache', () => {
  it.each(ALL)('with the code %s says what is wrong', (code, make, name, message) => {
    const error = make();
    expect(error).toBeInstanceOf(CloakroomError);
    expect(error).toMatchObject({ code, name, message });
  });

  it.each(ALL)('with the code %s does not print its keys', (_, make) => {
    const error = make();
    expect(inspect(error)).not.toContain('secret');
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('has the key that it is about', () => {
    for (const error of [
      new StoreUnavailableError('down', { key: 'a' }),
      new AmbiguousWriteError('lost', 'a'),
      new EntryTooLargeError('a', 2, 1),
      new InvalidKeyError('empty', 'a'),
      new NotANumberError('a'),
    ]) {
      expect(error.key).toBe('a');
    }
    expect(new BatchIncompleteError(['a', 'b']).keys).toEqual(['a', 'b']);
    expect(new StoreUnavailableError('down').key).toBeUndefined();
    expect(new StoreUnavailableError('down')).not.toHaveProperty('key');
  });

  it('keeps its cause', () => {
    for (const error of [
      new StoreUnavailableError('down', { cause }),
      new AmbiguousWriteError('lost', 'a', { cause }),
      new BatchIncompleteError(['a'], { cause }),
    ]) {
      expect(error.cause).toBe(cause);
    }
  });

  it('of a store that is unavailable tells whether the write may have been applied', () => {
    expect(new StoreUnavailableError('down', { ambiguous: true }).ambiguous).toBe(true);
    expect(new StoreUnavailableError('down', { ambiguous: false }).ambiguous).toBe(false);
    expect(new StoreUnavailableError('down').ambiguous).toBe(false);
  });
});
