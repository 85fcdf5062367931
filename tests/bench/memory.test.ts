/** What the benchmark of stores in memory makes of its figures, and that it notices a store that loses entries. */
import { describe, expect, it } from 'vitest';
import { open } from '../../bench/memory/cloakroom.ts';
import { keyOf, valueOf } from '../../bench/memory/entries.ts';
import { isMet } from '../../bench/report/section.ts';
import type { Figures, Results } from '../../bench/memory/results.ts';
import { OPERATIONS, speeds, type Speeds } from '../../bench/memory/speed.ts';
import { SUBJECTS, type Subject } from '../../bench/memory/subject.ts';
import { claims, tables } from '../../bench/memory/tables.ts';

const OWN: Subject = { name: 'own', file: './cloakroom.ts', variant: 'plain', about: '' };

/** Everything at the same speed; a number apart for some of it. */
function figures(speed: number, bytes: number, own: Partial<Speeds> = {}): Figures {
  const all = Object.fromEntries(OPERATIONS.map((operation) => [operation, speed])) as Speeds;
  return { speed: { forever: all, ttl: { ...all, ...own } }, bytes: { forever: bytes, ttl: bytes } };
}

function results(own: Figures, givenBack = 0.97): Results {
  const peers = SUBJECTS.map(({ name }) => [name, figures(100, 200)] as const);
  return {
    entries: 10,
    arrays: 150,
    figures: new Map([...peers, ['cloakroom', own]]),
    givenBack: new Map([['cloakroom', givenBack]]),
  };
}

const unmet = (all: Results) =>
  claims(all)
    .filter((claim) => !isMet(claim))
    .map(({ claim, measured }) => [claim, measured]);

describe('The claims on stores in memory', () => {
  it('are met by who is five times as fast, no larger, and gives back what has expired', () => {
    expect(unmet(results(figures(500, 200)))).toEqual([]);
  });

  it('take the worse of the figures with and without a ttl', () => {
    const names = unmet(results(figures(500, 200, { get: 400 })));
    expect(names).toEqual([
      ['In memory, get is at least 5 times as fast as with keyv', 4],
      ['In memory, get is at least 5 times as fast as with bentocache', 4],
    ]);
  });

  it('hold the bytes beyond key and value against those of lru-cache too', () => {
    expect(unmet(results(figures(500, 230)))).toEqual([
      ['The same of the overhead alone, beyond key and value', (230 - 150) / (200 - 150)],
    ]);
  });

  it('fail where expired entries are kept', () => {
    expect(unmet(results(figures(500, 200), 0.5))).toHaveLength(1);
  });
});

describe('The tables on stores in memory', () => {
  it('have a row for every operation and a column for every store', () => {
    const [speed] = tables(results(figures(500, 200)));
    expect(speed?.rows.map(([operation]) => operation)).toEqual(OPERATIONS);
    expect(speed?.columns).toHaveLength(1 + SUBJECTS.length);
    for (const row of speed?.rows ?? []) expect(row).toHaveLength(1 + SUBJECTS.length);
  });
});

describe('The measurement of a store in memory', () => {
  it('has a speed for every operation', async () => {
    const measured = await speeds(OWN, 200, true);
    expect(Object.keys(measured).toSorted()).toEqual(OPERATIONS.toSorted());
    for (const speed of Object.values(measured)) expect(speed).toBeGreaterThan(0);
  });

  it('keeps all entries that it measures with', async () => {
    const keeper = open(200, 'plain');
    for (let index = 0; index < 200; index++) await keeper.set(keyOf(index), valueOf(index), 60);
    for (let index = 0; index < 200; index++) {
      expect(await keeper.get(keyOf(index))).toMatchObject({ value: valueOf(index) });
    }
  });
});
