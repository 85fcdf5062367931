import { describe, expect, it } from 'vitest';
import { type Command, commandOf, type StressOptions } from '../../bench/stress/options.ts';

function options(...args: string[]): StressOptions {
  const command = commandOf(args);
  if (command.kind !== 'stress') throw new Error(command.kind === 'refused' ? command.message : command.text);
  return command.options;
}

function refusal(...args: string[]): string {
  const command: Command = commandOf(args);
  if (command.kind !== 'refused') throw new Error('It was not refused.');
  return command.message;
}

describe('The stress test', () => {
  it('drives a function of this machine for a minute where nothing is said', () => {
    expect(options()).toEqual({
      visitors: 5,
      traffic: { size: 300, readOnly: 0.8, pages: 10, parallel: 1, logins: 0.1, logouts: 0.5, bots: 0.2 },
      duration: 60,
      seed: 1,
      report: 'bench/results/stress.html',
    });
  });

  it('takes every option', () => {
    const args = '--visitors 2.5 --duration 10 --seed 7 --report r.html --json r.json --url http://127.0.0.1:3000/app';
    const traffic = '--size 900 --read-only .7 --pages 3 --parallel=4 --logins 1 --logouts 0 --bots 0.5';
    expect(options(...`${args} ${traffic}`.split(' '))).toEqual({
      visitors: 2.5,
      traffic: { size: 900, readOnly: 0.7, pages: 3, parallel: 4, logins: 1, logouts: 0, bots: 0.5 },
      duration: 10,
      seed: 7,
      report: 'r.html',
      json: 'r.json',
      url: new URL('http://127.0.0.1:3000/app'),
    });
  });

  it('takes the traffic in one option too', () => {
    expect(options('--mix', 'size=900, readOnly=0.7,parallel=2', '--pages', '3').traffic).toMatchObject({
      size: 900,
      readOnly: 0.7,
      parallel: 2,
      pages: 3,
    });
  });

  it('tells its options, even among wrong ones', () => {
    const help = commandOf(['--help', '--pages', 'x']);
    expect(help.kind).toBe('help');
    for (const name of ['visitors', 'size', 'read-only', 'pages', 'parallel', 'logins', 'logouts', 'bots', 'mix']) {
      expect(help).toHaveProperty('text', expect.stringContaining(`--${name} `));
    }
  });

  it('names all that is wrong, and what is allowed, at once', () => {
    const args =
      '--visitors 0 --duration 3601 --seed -1 --size 19 --read-only 1.1 --pages 1.5 --bots 1 --url ftp://x --nothing here';
    const message = refusal(...args.split(' '));
    for (const line of [
      '--visitors 0: allowed is a number from 0.1 to 1000',
      '--duration 3601: allowed is a whole number of seconds from 1 to 3600',
      '--seed -1: allowed is a whole number from 0 to 4294967295',
      '--size 19: allowed is a whole number of bytes from 20 to 100000',
      '--read-only 1.1: allowed is a share from 0 to 1',
      '--pages 1.5: allowed is a whole number from 1 to 1000',
      '--bots 1: allowed is a share from 0 to 0.99',
      '--url: allowed is an http or https URL',
      '--nothing: there is no such option',
      'here: allowed are only options',
    ]) {
      expect(message).toContain(line);
    }
  });

  it.each([
    [['--pages', '1', '--pages', '2'], '--pages: allowed once'],
    [['--pages', '1', '--mix', 'pages=2'], '--mix pages: allowed once'],
    [['--mix', 'page=2'], '--mix page=2: allowed are size, readOnly'],
    [['--mix', 'size=1=2'], '--mix size=1=2: allowed are'],
    [['--mix', 'size='], '--mix size : allowed is a whole number'],
    [['--mix', ''], '--mix : allowed are'],
    [['--size', '0x64'], '--size 0x64: allowed is'],
    [['--size', '1e3'], '--size 1e3: allowed is'],
    [['--visitors', 'Infinity'], '--visitors Infinity: allowed is'],
    [['--report='], '--report: allowed is the name of a file'],
    [['--report', '--json', 'r.json'], '--report: needs a value'],
    [['--seed'], '--seed: needs a value'],
    [['--yes'], '--yes: allowed only with --url'],
    [['--yes=no'], '--yes: takes no value'],
  ])('refuses %j', (args, message) => {
    expect(refusal(...args)).toContain(message);
  });

  it.each(['http://user:secret@127.0.0.1:3000', 'http://127.0.0.1:3000/?token=secret'])(
    'does not repeat what may be secret of %s',
    (url) => {
      expect(refusal('--url', url)).not.toContain('secret');
    },
  );
});

describe('An address that is not this machine', () => {
  it.each([
    'https://example.com',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://evil.example/localhost',
    'http://128.0.0.1',
    'http://0.0.0.0:3000',
    'http://0',
    'http://[::]',
    'http://[::2]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:8.8.8.8]',
    'http://134744072',
    'http://0x08080808',
    'http://010.8.8.8',
    'http://192.168.0.1',
    'http://localhost.',
    'http://app.localhost',
    'http://loc\u0430lhost',
  ])('is refused without --yes: %s', (url) => {
    const message = refusal('--url', url, '--duration', '30');
    expect(message).toContain('is not this machine');
    expect(message).toContain('about 69.7 requests a second for 30 seconds there, 2091 in all');
    expect(options('--url', url, '--yes').url).toEqual(new URL(url));
  });

  it.each([
    'http://localhost@evil.example',
    'http://127.0.0.1:80@evil.example',
    'http://127.0.0.1#@evil.example',
    'http://127.0.0.1\\@evil.example',
    'http://127.0.0.1?@evil.example',
    'javascript:alert(1)',
    'file:///etc/hosts',
    '//127.0.0.1',
    'http://',
    'http://127.0.0.1:99999',
    '',
  ])('is refused, even with --yes, where it is not only an address: %j', (url) => {
    expect(refusal('--url', url, '--yes')).toContain('--url: allowed is an http or https URL');
  });

  it.each([
    'http://127.0.0.1:3000',
    'http://127.8.9.1',
    'https://localhost:3000/dev',
    'http://LOCALHOST',
    'http://[::1]:3000',
    'http://[0:0:0:0:0:0:0:1]',
    // What a browser, too, takes for 127.0.0.1.
    'http://2130706433',
    'http://127.1',
  ])('is told from those that are: %s', (url) => {
    expect(options('--url', url).url).toEqual(new URL(url));
  });
});
