import { describe, expect, it } from 'vitest';
import { commandOf } from '../../scripts/purge/command.ts';
import { Display, summary } from '../../scripts/purge/display.ts';

const NOTHING = { scanned: 0, expired: 0, deleted: 0, skipped: 0, readUnits: 0, writeUnits: 0 };

describe('The command purge', () => {
  it('has the settings of the service', () => {
    const env = {
      DYNAMODB_CACHE_TABLE: 'sessions',
      DYNAMODB_KEY_ATTRIBUTE: 'id',
      CACHE_PREFIX: 'shop',
      PURGE_CAPACITY: '9',
    };
    expect(commandOf([], env)).toMatchObject({
      kind: 'purge',
      settings: {
        dynamodb: { table: 'sessions', attributes: { key: 'id' } },
        prefix: 'shop',
        capacityPerSecond: 9,
        mode: 'delete',
      },
    });
  });

  it('has them replaced by its options', () => {
    const args = ['--table', 'other', '--endpoint', 'http://127.0.0.1:8000', '--capacity=25', '--dry-run'];
    expect(commandOf(args, { DYNAMODB_CACHE_TABLE: 'sessions', PURGE_CAPACITY: '9' })).toMatchObject({
      settings: {
        dynamodb: { table: 'other', endpoint: 'http://127.0.0.1:8000' },
        capacityPerSecond: 25,
        mode: 'count',
      },
    });
  });

  it('is unlimited unless told otherwise', () => {
    expect(commandOf([], {})).not.toHaveProperty('settings.capacityPerSecond');
  });

  it('tells its options', () => {
    expect(commandOf(['--help'], {})).toMatchObject({ kind: 'help', text: expect.stringContaining('--dry-run') });
  });

  it.each([
    [['--tabel', 'x'], /^Unknown option '--tabel'\. Usage: npm run purge/],
    [['sessions'], /^Unexpected argument 'sessions'\. Usage: /],
    [['--table'], /^Option '--table <value>' argument missing\. Usage: /],
    [['--capacity', '-5'], /^Option '--capacity' argument is ambiguous\. Usage: /],
    [['--capacity', '0'], /^--capacity is "0"; allowed: a whole number of units a second from 1/],
    [['--capacity', 'all'], /^--capacity is "all"; allowed: /],
    [['--table', 'a b'], /^--table is "a b"; allowed: a table name/],
    [['--endpoint', 'localhost'], /^--endpoint is "localhost"; allowed: an http or https URL/],
    [['--endpoint', 'https://user:sesame@host?x'], /^--endpoint is "https:\/\/\*\*\*@host/],
  ])('refuses %j in one line', (args, message) => {
    const command = commandOf(args, {});
    expect(command).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
    expect(JSON.stringify(command)).not.toMatch(/\\n|sesame/);
  });

  it('refuses what is wrong in the environment', () => {
    expect(commandOf([], { DYNAMODB_KEY_ATTRIBUTE: 'version' })).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('DYNAMODB_KEY_ATTRIBUTE is "version"'),
    });
  });
});

describe('The display of the purge', () => {
  function shown({ estimate, ...terminal }: { isTTY?: boolean; columns?: number; estimate?: number }) {
    const written: string[] = [];
    let now = 0;
    const display = new Display({ ...terminal, write: (text) => written.push(text) }, estimate, () => now);
    const show = (at: number, scanned: number) => {
      now = at;
      display.show({ ...NOTHING, scanned, expired: scanned / 2, deleted: scanned / 4, skipped: scanned / 4 });
    };
    return { written, show, end: () => display.end() };
  }

  it('is a bar on a terminal, redrawn ten times a second at the most', () => {
    const { written, show, end } = shown({ isTTY: true, columns: 90, estimate: 4000 });
    show(0, 1000);
    show(50, 1500);
    show(100, 2000);
    end();
    expect(written).toEqual([
      '\r\u001b[K[######..................] 25 % of about 4,000, 500 expired, 250 deleted',
      '\r\u001b[K[############............] 50 % of about 4,000, 1,000 expired, 500 deleted',
      '\r\u001b[K',
    ]);
  });

  it('is not at its end before what was found is deleted', () => {
    const written: string[] = [];
    const display = new Display({ isTTY: true, write: (text) => written.push(text) }, 100, () => 0);
    display.show({ ...NOTHING, scanned: 100, expired: 60, deleted: 10 });
    expect(written.join('')).toContain(' 50 % of about 100, 60 expired, 10 deleted');
  });

  it('is never wider than the terminal', () => {
    const { written, show } = shown({ isTTY: true, columns: 20, estimate: 4000 });
    show(0, 1000);
    expect(written).toEqual(['\r\u001b[K[######............']);
  });

  it.each([0, 999, undefined])('is counts where the estimate is %d and more was scanned', (estimate) => {
    const { written, show } = shown({ isTTY: true, ...(estimate !== undefined && { estimate }) });
    show(0, 1000);
    expect(written).toEqual(['\r\u001b[K1,000 scanned, 500 expired, 250 deleted']);
  });

  it('is a line a second elsewhere', () => {
    const { written, show, end } = shown({ estimate: 8000 });
    for (const at of [0, 400, 999, 1000, 1500, 2100]) show(at, 4000);
    end();
    const line = '50 % of about 8,000, 2,000 expired, 1,000 deleted\n';
    expect(written).toEqual([line, line]);
  });

  it('ends in a summary', () => {
    const progress = {
      ...NOTHING,
      scanned: 40_000,
      expired: 20_000,
      deleted: 19_900,
      readUnits: 1100.5,
      writeUnits: 20_000,
    };
    expect(summary(progress, { requests: 812, milliseconds: 12_345 })).toBe(
      '40,000 scanned, 20,000 expired, 19,900 deleted in 12.3 s: 812 requests, 1,100.5 read units, 20,000 write units',
    );
  });
});
