/** docs/security.md says what is: every requirement once, numbers that add up, files and tests that exist. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { codeIn, read, ROOT, rowsOf, sectionOf } from './markdown.ts';

const page = read('docs/security.md');
const requirements = rowsOf(page, 'no.', 'level', 'asks for', 'status', 'here');

/** Requirements and their levels, in the order of the page. @see https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en */
const ASVS = `
  7.1.1 2, 7.1.2 2, 7.1.3 2, 7.2.1 1, 7.2.2 1, 7.2.3 1, 7.2.4 1, 7.3.1 2, 7.3.2 2, 7.4.1 1, 7.4.2 1, 7.4.3 2, 7.4.4 2,
  7.4.5 2, 7.5.1 2, 7.5.2 2, 7.5.3 3, 7.6.1 2, 7.6.2 2,
  3.3.1 1, 3.3.2 2, 3.3.3 2, 3.3.4 2, 3.3.5 3,
  3.4.1 1, 3.4.2 1, 3.4.3 2, 3.4.4 2, 3.4.5 2, 3.4.6 2, 3.4.7 3, 3.4.8 3,
  3.5.1 1, 3.5.2 1, 3.5.3 1, 3.5.4 2, 3.5.5 2, 3.5.6 3, 3.5.7 3, 3.5.8 3
`
  .split(',')
  .map((requirement) => requirement.trim());

const STATUSES = ['met', "application's", 'not met'];

/** A line of a list "Shown by", whose text may go on in further lines. */
const shown = [...page.matchAll(/^- ((?:\d\.\d\.\d(?:, )?)+): (.*(?:\n {2}.*)*)/gm)].map(
  ([, numbers = '', text = '']) => ({
    numbers: numbers.split(', '),
    tests: testsIn(text.replaceAll(/\s+/g, ' ')),
  }),
);

/** `file`: “describe > it”, and “another”; `another file`: … */
function testsIn(text: string): readonly { readonly file: string; readonly title: string }[] {
  return text.split(/(?=`tests\/)/).flatMap((part) => {
    const [file = ''] = codeIn(part);
    return [...part.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title }));
  });
}

/** Whether a file has a test of this title, in a `describe` of the name before `>`, if there is one. */
function hasTest(file: string, title: string): boolean {
  const source = read(file);
  const [name = '', ...groups] = title.split(' > ').toReversed();
  let from = 0;
  for (const group of groups.toReversed()) {
    from = indexOf(source, /\bdescribe(?:\.\w+)*/, group, from);
    if (from < 0) return false;
  }
  return indexOf(source, /\b(?:it|test)(?:\.\w+)*/, name, from) >= 0;
}

/** Where a test or a group of this name begins: `it('name', ...)`, or `it.each(...)('name', ...)`. */
function indexOf(source: string, call: RegExp, name: string, from: number): number {
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${name}${quote}`);
  for (const text of quoted) {
    for (let at = source.indexOf(text, from); at >= 0; at = source.indexOf(text, at + 1)) {
      const before = source.slice(0, at).trimEnd();
      if (!before.endsWith('(')) continue;
      const starts = [...before.matchAll(/^ *(?:describe|it|test)\b/gm)];
      if (call.test(starts.at(-1)?.[0] ?? '')) return at;
    }
  }
  return -1;
}

describe('The requirements', () => {
  it('are all there, once each, with their level', () => {
    expect(requirements.map((row) => `${row['no.']} ${row['level']}`)).toEqual(ASVS);
  });

  it('are met, the application’s, or not met, and each says where', () => {
    for (const { status = '', here = '' } of requirements) {
      expect(STATUSES).toContain(status);
      expect(here).not.toBe('');
    }
  });

  it('add up to the numbers at the top', () => {
    const counted = (prefix: string) =>
      STATUSES.map(
        (status) => requirements.filter((row) => row['no.']?.startsWith(prefix) && row['status'] === status).length,
      );
    const stated = rowsOf(page, 'chapter', ...STATUSES).map((row) => STATUSES.map((status) => Number(row[status])));
    expect(stated).toEqual([counted('7.'), counted('3.3.'), counted('3.4.'), counted('3.5.'), counted('')]);
  });

  it('that are met are all shown by tests, and none is shown twice', () => {
    const numbers = shown.flatMap((line) => line.numbers);
    expect(numbers).toHaveLength(new Set(numbers).size);
    const met = requirements.filter(({ status }) => status === 'met').map((row) => row['no.'] ?? '');
    expect(met.filter((number) => !numbers.includes(number))).toEqual([]);
    expect(numbers.filter((number) => !requirements.some((row) => row['no.'] === number))).toEqual([]);
    for (const line of shown) expect(line.tests.length).toBeGreaterThan(0);
  });
});

describe('What the page refers to', () => {
  it('are tests that exist', () => {
    const tests = shown.flatMap((line) => line.tests);
    expect(tests.length).toBeGreaterThan(35);
    expect(tests.filter(({ file, title }) => !existsSync(join(ROOT, file)) || !hasTest(file, title))).toEqual([]);
  });

  it('is looked for by its whole title, in its own group', () => {
    const file = 'tests/docs/security.test.ts';
    expect(hasTest(file, 'The lifetimes > that the page states are the defaults')).toBe(true);
    expect(hasTest(file, 'that the page states are the defaults')).toBe(true);
    for (const title of [
      'The lifetimes',
      'The lifetimes > are all there, once each, with their level',
      'that the page states',
    ])
      expect(hasTest(file, title)).toBe(false);
  });

  it('has nothing left to do', () => {
    expect(page).not.toMatch(/TODO/);
  });
});

describe('The lifetimes', () => {
  const section = sectionOf(page, 'How long sessions live, and why');
  const { session } = loadConfig({});

  it('that the page states are the defaults', () => {
    const [idle, latest] = [session.lifetime / 60, (session.lifetime + Math.floor(session.lifetime / 10)) / 60];
    expect(section).toContain(`no request came for ${idle} minutes, or up to ${latest}`);
    expect(section).toContain(`ends ${session.absoluteLifetime / 86_400} days after its creation`);
  });

  it('that the page gives for an assurance level stay within it', () => {
    const levels = rowsOf(section, 'level', '`SESSION_ABSOLUTE_LIFETIME`', '`SESSION_LIFETIME`');
    expect(levels.map(({ level }) => level)).toEqual(['AAL1', 'AAL2', 'AAL3']);
    for (const row of levels) {
      const env = {
        SESSION_ABSOLUTE_LIFETIME: row['`SESSION_ABSOLUTE_LIFETIME`'],
        SESSION_LIFETIME: row['`SESSION_LIFETIME`'],
      };
      const { lifetime, absoluteLifetime } = loadConfig(env).session;
      const [, days, hours, minutes] =
        /^(?:(\d+) days|(\d+) hours) \(sh\w+\), (?:(\d+) minutes|none)/.exec(row['NIST: overall, inactive'] ?? '') ??
        [];
      expect(absoluteLifetime).toBe(Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3600);
      if (minutes !== undefined) expect(lifetime + Math.floor(lifetime / 10)).toBeLessThan(Number(minutes) * 60);
    }
  });
});

describe('The number of sessions', () => {
  it('that the page states is the default', () => {
    const section = sectionOf(page, 'How many sessions a user may have');
    const { maxPerUser, whenFull } = loadConfig({}).session;
    expect(section).toContain(`the default of \`SESSION_MAX_PER_USER\` is ${maxPerUser}`);
    expect(section).toContain(`ends the session that logged in first (\`SESSION_WHEN_FULL=${whenFull}\`)`);
  });
});
