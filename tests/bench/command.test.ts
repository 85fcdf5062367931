import { describe, expect, it } from 'vitest';
import { commandOf } from '../../bench/report/command.ts';

const NAMES = ['units', 'latency', 'memory'];

const settingsOf = (...args: string[]) => {
  const command = commandOf(args, NAMES);
  return command.kind === 'bench' ? command.settings : command;
};

describe('npm run bench', () => {
  it('runs all sections, and leaves their results where they are committed', () => {
    expect(settingsOf()).toEqual({
      sections: NAMES,
      isQuick: false,
      json: 'bench/results/results.json',
      markdown: 'bench/results/results.md',
    });
  });

  it('runs the sections that it is given, in the order of the report, and writes nothing', () => {
    expect(settingsOf('memory', 'units', 'memory')).toEqual({ sections: ['units', 'memory'], isQuick: false });
  });

  it('writes nothing after a quick run: its figures must not replace real ones', () => {
    expect(settingsOf('--quick')).toEqual({ sections: NAMES, isQuick: true });
  });

  it('writes to the files that it is given', () => {
    expect(settingsOf('units', '--quick', '--json', 'a.json', '--markdown', 'a.md')).toEqual({
      sections: ['units'],
      isQuick: true,
      json: 'a.json',
      markdown: 'a.md',
    });
  });

  it.each([
    [['unit'], 'There is no section unit.'],
    [['units', 'cpu', 'disk'], 'There is no section cpu, disk.'],
    [['--fast'], "Unknown option '--fast'."],
    [['--json'], "Option '--json <value>' argument missing."],
    [['--json='], '--json and --markdown take a file.'],
    [['--quick=yes'], "Option '--quick' does not take an argument."],
  ])('refuses %j, and says what it takes', (args, reason) => {
    expect(commandOf(args, NAMES)).toEqual({
      kind: 'refused',
      message: `${reason}\n\n  npm run bench -- [section...] [--quick] [--json FILE] [--markdown FILE]\n\nSections: units, latency, memory.`,
    });
  });

  it('names its sections when it is asked for help', () => {
    const command = commandOf(['--help'], NAMES);
    expect(command).toMatchObject({ kind: 'help', text: expect.stringContaining('units, latency, memory') });
  });
});
