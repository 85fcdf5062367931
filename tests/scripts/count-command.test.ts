import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandOf } from '../../scripts/count/command.ts';
import { differenceOf, verdictOn } from '../../scripts/count/difference.ts';
import { recordLines } from '../../scripts/count/report.ts';
import type { RecordCounts } from '../../src/cache/counter.ts';
import { tries } from '../support/property-tries.ts';

describe('The command count', () => {
  it('has the settings of the service, only shows, and waits 15 seconds', () => {
    const env = { DYNAMODB_CACHE_TABLE: 'sessions', DYNAMODB_KEY_ATTRIBUTE: 'id', CACHE_PREFIX: 'shop' };
    expect(commandOf([], env)).toEqual({
      kind: 'count',
      settings: {
        dynamodb: expect.objectContaining({ table: 'sessions', attributes: expect.objectContaining({ key: 'id' }) }),
        prefix: 'shop',
        mode: 'show',
        waitMs: 15_000,
      },
    });
  });

  it.each([
    [['--correct'], { mode: 'correct' }],
    [['--correct', '--yes'], { mode: 'estimate' }],
    [['--wait', '0', '--capacity', '7'], { waitMs: 0, capacityPerSecond: 7 }],
  ])('takes %j', (args, settings) => {
    expect(commandOf(args, {})).toMatchObject({ kind: 'count', settings });
  });

  it('tells its options', () => {
    expect(commandOf(['--help'], {})).toMatchObject({ kind: 'help', text: expect.stringContaining('--correct') });
  });

  it.each([
    [['--corect'], /^Unknown option '--corect'\. Usage: npm run count/],
    [['sessions'], /^Unexpected argument 'sessions'\. Usage: /],
    [['--yes'], /^--yes goes with --correct\. Usage: /],
    [['--wait', 'long'], /^--wait must be a whole number of seconds from 0 to 3600\.$/],
    [['--wait', '3601'], /^--wait must be/],
    [['--capacity', '0'], /^--capacity is "0"; allowed: /],
  ])('refuses %j in one line', (args, message) => {
    const command = commandOf(args, {});
    expect(command).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
    expect(JSON.stringify(command)).not.toContain('\\n');
  });
});

function counts(count: number, own: Partial<RecordCounts['sums']> = {}): RecordCounts {
  const sums = { created: 0, expired: 0, removed: 0, purged: 0, corrected: 0, changes: 0, ...own };
  return { count, asOf: 1_700_000_000_000, sums };
}

describe('The difference between a count and a scan', () => {
  it('has the true one in its range, whichever of those that came and went the scan has seen', () => {
    const number = fc.nat(50);
    fc.assert(
      fc.property(number, fc.integer({ min: -50, max: 50 }), number, number, number, (there, off, came, went, part) => {
        const seen = { came: part % (came + 1), went: Math.min(there, (7 * part) % (went + 1)) };
        const before = counts(there + off, { created: 100, removed: 60, expired: 40 });
        const after = counts(there + off + came - went, { created: 100 + came, removed: 60 + went, expired: 40 });
        const { least, most } = differenceOf(before, after, there + seen.came - seen.went);
        expect(least).toBeLessThanOrEqual(off);
        expect(most).toBeGreaterThanOrEqual(off);
      }),
      tries(300),
    );
  });

  it('is one number where nothing came or went, and is corrected by that', () => {
    const difference = differenceOf(counts(10), counts(10), 13);
    expect(difference).toMatchObject({ drift: -3, least: -3, most: -3 });
    expect(verdictOn(difference, 'correct')).toEqual({ kind: 'wrong', by: 3 });
  });

  it('is nothing where both say the same', () => {
    expect(verdictOn(differenceOf(counts(10), counts(10), 10), 'correct')).toEqual({ kind: 'right' });
  });

  it('is all that was scanned where nothing was counted', () => {
    expect(verdictOn(differenceOf(undefined, undefined, 7), 'correct')).toEqual({ kind: 'wrong', by: 7 });
  });

  it.each<[what: string, scanned: number, estimate: object]>([
    ['the middle of its range', 200, { kind: 'wrong', by: 99 }],
    ['the middle of its range, the other way', 20, { kind: 'wrong', by: -81 }],
    ['nothing, where its range has 0 at its end', 104, { kind: 'explained' }],
    ['nothing, where its range has 0 at its other end', 98, { kind: 'explained' }],
  ])('is uncertain where some came and went: it is estimated as %s', (_what, scanned, estimate) => {
    // 4 came, 2 went, and 100 were counted at the beginning.
    const difference = differenceOf(counts(100), counts(102, { created: 4, expired: 1, removed: 1 }), scanned);
    expect(verdictOn(difference, 'correct')).toEqual({ kind: 'uncertain' });
    expect(verdictOn(difference, 'estimate')).toEqual(estimate);
  });

  it.each([
    ['was corrected meanwhile', counts(12, { corrected: 2 }), counts(10)],
    ['has begun anew meanwhile', counts(0), counts(10, { created: 10 })],
  ])('says nothing of a count that %s', (_what, after, before) => {
    const difference = differenceOf(before, after, 13);
    expect(verdictOn(difference, 'estimate')).toEqual({ kind: 'disturbed' });
  });
});

describe('The record of the count', () => {
  it('is shown with what it is made of, and the last purge', () => {
    const made = { created: 5000, expired: 40, removed: 1000, purged: 900, corrected: 3, changes: 6040 };
    const lastPass = { at: 1_700_000_100_000, living: 20, expired: 5, deleted: 4, drift: -2, changes: 9 };
    expect(recordLines({ ...counts(3963, made), lastPass })).toBe(
      `Count: 3,963 sessions as of 2023-11-14T22:13:20.000Z
  5,000 created, 100 logged out, 40 expired, 900 purged, +3 corrected
  last purge: 2023-11-14T22:15:00.000Z, 25 sessions, 5 expired, 4 deleted, drift -2, 9 changes meanwhile
`,
    );
  });

  it('may be missing', () => {
    expect(recordLines(undefined)).toMatch(/^Nothing was counted yet/);
  });
});
