import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpText, readOptions } from '../../bench/capacity/options.ts';
import { sampleData } from '../../bench/capacity/sample.ts';

const refused = (...args: string[]): string => {
  try {
    readOptions(args);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'nothing was refused';
};

function json(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'capacity-')), 'file.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('The command line', () => {
  it('has a default for everything', () => {
    expect(readOptions([])).toMatchObject({ rps: 100, peak: 4, headroom: 0.3, region: 'us-east-1', json: false });
    expect(readOptions([]).traffic).toEqual({
      size: 300,
      readOnly: 0.8,
      pages: 10,
      parallel: 1,
      logins: 0.1,
      logouts: 0.5,
      bots: 0.2,
    });
  });

  it('takes the mix as it is written in either way', () => {
    const mix = { readOnly: 0.7, parallel: 3 };
    expect(readOptions(['--mix', 'read-only=0.7,parallel=3']).traffic).toMatchObject(mix);
    expect(readOptions(['--mix', 'readOnly=0.7, parallel=3']).traffic).toMatchObject(mix);
    expect(readOptions(['--size=900']).traffic.size).toBe(900);
  });

  it('names all that is wrong, with what is allowed', () => {
    const args =
      '--rps many --peak 0.5 --size 3 --mix read-only=2,visitors=5 --region mars-1 --colour --day /nowhere.json';
    const message = refused(...args.split(' '), 'stray', ...'--target 95 --seed 1.5 --html'.split(' '));
    const lines = [
      '--rps: allowed is a number from 0.001 to 1,000,000.',
      '--peak: allowed is a number from 1 to 1,000.',
      '--size: allowed is a whole number from 20 to 100,000.',
      '--mix: read-only: allowed is a number from 0 to 1.',
      '--mix: there is no visitors; there are read-only, pages, parallel, logins, logouts, bots.',
      '--region: there are prices of us-east-1, eu-west-1',
      '--colour: there is no such option.',
      '--day: /nowhere.json must be a file with JSON: 24 numbers from 0 to 1,000,000,000, not all of them 0.',
      'stray: options begin with --.',
      '--target: allowed is a whole number from 20 to 90.',
      '--seed: allowed is a whole number from 0 to 4,294,967,295.',
      "--html: allowed is a file's path.",
    ];
    for (const line of lines) expect(message).toContain(line);
  });

  it('refuses what is said twice, or at odds', () => {
    expect(refused('--rps', '1', '--rps', '2')).toContain('--rps: is there twice.');
    expect(refused('--sample', json(sampleData(500)), '--size', '500')).toContain('--sample: says the size');
    expect(refused('--day', json([1, 2, 3]))).toContain('--day: ');
    expect(refused('--sample', json([1]))).toContain('--sample: ');
    expect(refused('--prices', json({}))).toContain('--prices: ');
  });

  it('says what is wrong with a mix in its own words', () => {
    expect(refused('--mix', 'read-only')).toBe('--mix: read-only: allowed is a number from 0 to 1.');
    expect(refused('--mix', 'read-only=0.5=7')).toBe('--mix: read-only: allowed is a number from 0 to 1.');
    expect(refused('--mix', 'parallel=1.5')).toBe('--mix: parallel: allowed is a whole number from 1 to 20.');
    expect(refused('--mix', 'bots=0.2,bots=0.5')).toBe('--mix: bots: is there twice.');
  });

  it.each(['constructor', '__proto__', 'toString'])('has no prices of the region %s', (region) => {
    expect(refused('--region', region)).toContain('--region: there are prices of us-east-1');
  });

  it('takes no day whose sum is no number, no price of nothing, and no value for a switch', () => {
    expect(refused('--day', json(Array.from({ length: 24 }, () => 1e308)))).toContain('--day: ');
    expect(refused('--day', json(Array.from({ length: 24 }, () => 0)))).toContain('--day: ');
    expect(refused('--price-read', '0')).toBe('--price-read: allowed is a number from 0.000000001 to 1,000.');
    expect(refused('--json=5')).toBe('--json: allowed is nothing after it.');
  });

  it('counts the bytes of a sample, not its characters', () => {
    const data = { name: 'ä'.repeat(100) };
    expect(readOptions(['--sample', json(data)]).traffic.size).toBe(Buffer.byteLength(JSON.stringify(data)));
  });

  it('takes a sample, a day and prices of somebody', () => {
    expect(readOptions(['--sample', json(sampleData(500))]).traffic.size).toBe(500);
    expect(readOptions(['--day', json(Array.from({ length: 24 }, () => 1))]).hours).toHaveLength(24);
    expect(readOptions(['--price-read', '0.2']).price).toMatchObject({ readPerMillion: 0.2, writePerMillion: 0.625 });
    const all = ['read', 'write', 'read-hour', 'write-hour', 'storage'].flatMap((name) => [`--price-${name}`, '0.5']);
    expect(readOptions(['--region', 'mars-1', ...all]).price.storageGbMonth).toBe(0.5);
  });

  it('explains each option', () => {
    for (const name of ['--rps', '--mix', '--price-storage', '--check', '--html']) expect(helpText()).toContain(name);
  });
});

describe('A sample', () => {
  it('takes as many bytes as it is told, and is the same each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 20_000 }), (bytes) => {
        expect(JSON.stringify(sampleData(bytes)).length).toBe(bytes);
        expect(sampleData(bytes)).toEqual(sampleData(bytes));
      }),
      { numRuns: 60 },
    );
  });
});
