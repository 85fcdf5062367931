import { check } from 'prettier';
import { describe, expect, it } from 'vitest';
import { environmentOf, type Environment } from '../../bench/report/environment.ts';
import { markdownReport, markdownTable } from '../../bench/report/markdown.ts';
import { Progress } from '../../bench/report/progress.ts';
import { jsonReport } from '../../bench/report/results.ts';
import type { Section, Table } from '../../bench/report/section.ts';
import { terminalSection, terminalTable } from '../../bench/report/terminal.ts';

const TABLE: Table = {
  title: 'Speed',
  columns: ['store', 'reads a second', 'share'],
  rows: [
    ['Cloakroom', 1234567, '50 %'],
    ['a_b*c|d', 0.25, '-'],
  ],
  notes: ['Set `max_items` to 5 < 6.'],
};

const SECTION: Section = {
  title: 'Memory',
  about: 'What a store takes.',
  tables: [TABLE],
  claims: [
    { claim: 'Next to keyv', measured: 5.1234, limit: 5, wanted: 'at least', unit: 'times' },
    { claim: 'Bytes next to lru-cache', measured: 1.504, limit: 1.5, wanted: 'at most' },
  ],
  data: { perSecond: [1234567.891] },
};

const ENVIRONMENT: Environment = {
  date: '2026-11-24',
  versions: { Cloakroom: '0.1.0', keyv: '6.1.0' },
  machine: { processor: 'A processor', cores: 2, memoryGB: 8, system: 'linux 6.1 x64' },
  isQuick: false,
};

describe('A table at a terminal', () => {
  it('has its columns below each other, figures to the right', () => {
    expect(terminalTable(TABLE)).toBe(
      [
        'Speed',
        'store      reads a second  share',
        '---------  --------------  -----',
        'Cloakroom       1,234,567   50 %',
        'a_b*c|d              0.25      -',
        '* Set `max_items` to 5 < 6.',
      ].join('\n'),
    );
  });

  it('stands below what was measured, and above which claims are met', () => {
    const text = terminalSection(SECTION);
    expect(text).toMatch(/^Memory\n======\nWhat a store takes\.\n\nSpeed\n/);
    expect(text).toContain('\nmet      Next to keyv: 5.12 times, at least 5 times\n');
    expect(text).toContain('\nNOT MET  Bytes next to lru-cache: 1.504, at most 1.5\n');
  });
});

describe('The report in Markdown', () => {
  it('shows text as it is, whatever it has in it', () => {
    const text = markdownTable(TABLE);
    expect(text).toContain('| a\\_b\\*c\\|d | 0.25 | - |');
    expect(text).toContain('- Set `max_items` to 5 \\< 6.');
  });

  it('passes the check of the format', async () => {
    const text = await markdownReport([SECTION], ENVIRONMENT);
    expect(await check(text, { parser: 'markdown', singleQuote: true, printWidth: 120 })).toBe(true);
  });

  it('says with what, on what and when was measured, and what is not met', async () => {
    const text = await markdownReport([SECTION], ENVIRONMENT);
    expect(text).toContain('Measured on 2026-11-24, on A processor, 2 cores, 8 GB of memory, linux 6.1 x64.');
    expect(text).toContain('With Cloakroom 0.1.0, keyv 6.1.0.');
    expect(text).toContain('- Met: Next to keyv: 5.12 times, at least 5 times');
    expect(text).toContain('- **Not met**: Bytes next to lru-cache: 1.504, at most 1.5');
    expect(text).not.toContain('quick');
  });

  it('says so where its figures mean nothing', async () => {
    expect(await markdownReport([SECTION], { ...ENVIRONMENT, isQuick: true })).toContain('A quick run');
  });
});

describe('The report in JSON', () => {
  it('has the figures unrounded, and whether claims are met', async () => {
    const text = await jsonReport([{ name: 'memory', section: SECTION }], ENVIRONMENT);
    expect(await check(text, { parser: 'json', singleQuote: true, printWidth: 120 })).toBe(true);
    expect(JSON.parse(text)).toMatchObject({
      environment: ENVIRONMENT,
      sections: [
        {
          name: 'memory',
          tables: [TABLE],
          claims: [{ measured: 5.1234, isMet: true }, { isMet: false }],
          data: { perSecond: [1234567.891] },
        },
      ],
    });
  });
});

describe('The environment of a report', () => {
  it('has every peer with its version, and nothing of whose machine it is', () => {
    const environment = environmentOf({ isQuick: false });
    expect(environment.versions).toMatchObject({
      Cloakroom: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'Node.js': process.version.slice(1),
      express: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'connect-dynamodb': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    expect(environment.machine.cores).toBeGreaterThan(0);
    expect(JSON.stringify(environment)).not.toContain(process.cwd());
  });
});

describe('What is under way', () => {
  const written = (output: { isTTY?: boolean; columns?: number }) => {
    let text = '';
    const progress = new Progress({ ...output, write: (more) => (text += more) });
    progress.show('units: Cloakroom');
    progress.show('units: express');
    progress.end();
    return text;
  };

  it('takes one line of a terminal, and is gone in the end', () => {
    expect(written({ isTTY: true })).toBe('\r\u001b[Kunits: Cloakroom\r\u001b[Kunits: express\r\u001b[K');
  });

  it('is cut to the width of the terminal', () => {
    expect(written({ isTTY: true, columns: 8 })).toContain('\r\u001b[Kunits: \r');
  });

  it('is shown on a terminal that does not know its width', () => {
    expect(written({ isTTY: true, columns: 0 })).toContain('units: express\r');
  });

  it('is not shown anywhere else', () => {
    expect(written({})).toBe('');
  });
});
