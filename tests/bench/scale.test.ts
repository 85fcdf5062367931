import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { throttledIncrements } from '../../bench/scale/hot-keys.ts';
import { minutesUntil } from '../../bench/scale/limits.ts';
import { markdownOf, withTables } from '../../bench/scale/markdown.ts';
import { lostChanges, undoneLogouts } from '../../bench/scale/regions.ts';
import { stampede } from '../../bench/scale/remember.ts';
import { SIMULATIONS } from '../../bench/scale/simulations.ts';
import { failureOf } from '../../src/cache/drivers/dynamodb/failure.ts';
import { read } from '../docs/markdown.ts';

describe('docs/scale.md', () => {
  const page = read('docs/scale.md');

  it.each(SIMULATIONS)('shows what the simulation of $name says', { timeout: 60_000 }, ({ name, run }) => {
    expect(page).toContain(`<!-- table: ${name} -->\n\n${markdownOf(run())}\n`);
  });

  it('has no table that no simulation made', () => {
    const marks = [...page.matchAll(/<!-- table: ([\w-]+) -->/g)].map(([, name]) => name);
    expect(new Set(marks)).toEqual(new Set(SIMULATIONS.map(({ name }) => name)));
    expect(page.match(/^\| -/gm)).toHaveLength(marks.length);
  });

  it('says what becomes of a write that another region is in the way of', () => {
    const conflict = {
      name: 'ReplicatedWriteConflictException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    };
    expect(failureOf(conflict).kind).toBe('not-sent');
    expect(page).toContain('which the driver tries again');
  });
});

describe('Instances that miss one value', () => {
  it('compute it once, however many they are and whenever they come', () => {
    const cases = fc.record({ instances: fc.integer({ min: 1, max: 60 }), spread: fc.nat(2000), seed: fc.nat() });
    fc.assert(
      fc.property(cases, ({ instances, spread, seed }) => {
        const { computed, reads, writes } = stampede(instances, spread, 200, seed);
        expect(computed).toBe(1);
        expect(reads).toBeGreaterThanOrEqual(instances);
        expect(writes).toBeGreaterThanOrEqual(2);
      }),
    );
  });

  it('need a read, a lease and a write where there is one', () => {
    expect(stampede(1, 0, 200)).toMatchObject({ reads: 1, writes: 2 });
  });
});

describe('Two regions', () => {
  it('lose nothing where one has all the writes, or where they are far enough apart', () => {
    expect(lostChanges(50, 0)).toBe(0);
    expect(lostChanges(5000, 0.5)).toBe(0);
    expect(lostChanges(200, 0.5)).toBeGreaterThan(0.3);
  });

  it('undo a logout that one of them has not heard of', () => {
    expect(undoneLogouts(100)).toBe(1);
    expect(undoneLogouts(5000)).toBe(0);
  });
});

describe('Limits', () => {
  it('refuse of one counter what is more than a thousand a second', () => {
    expect(throttledIncrements(2000, 1)).toBeCloseTo(0.5, 2);
    expect(throttledIncrements(900, 1)).toBe(0);
  });

  it('of an on-demand table double in half an hour', () => {
    expect(minutesUntil(4000, 0, 4000)).toBe(0);
    expect(minutesUntil(8000, 0, 4000)).toBe(30);
    expect(minutesUntil(8001, 0, 4000)).toBe(60);
    expect(minutesUntil(20_000, 10_000, 4000)).toBe(0);
  });
});

describe('A page', () => {
  const table = { title: 'T', columns: ['a', 'b'], rows: [['1', 'two']] };

  it('gets each table in place of the one that it had', () => {
    const empty = 'Before\n\n<!-- table: t -->\n\nAfter\n';
    const once = withTables(empty, new Map([['t', table]]));
    expect(once).toBe('Before\n\n<!-- table: t -->\n\n| a   | b   |\n| --- | --- |\n| 1   | two |\n\nAfter\n');
    expect(withTables(once, new Map([['t', table]]))).toBe(once);
    expect(() => withTables('nothing', new Map([['t', table]]))).toThrow('<!-- table: t -->');
  });
});
