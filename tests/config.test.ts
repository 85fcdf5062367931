import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { ConfigError } from '../src/errors.ts';

type Environment = Record<string, string>;

const LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: 'cloakroom-http' };
const KEY = `base64:${Buffer.alloc(32, 7).toString('base64')}`;
const OLD_KEY = `base64:${Buffer.alloc(32, 8).toString('base64')}`;

/** The message that a wrong environment is refused with. */
function refusal(env: Environment): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`Accepted: ${JSON.stringify(env)}`);
}

/** The names of the variables a refusal lists. */
function refused(env: Environment): string[] {
  return [...refusal(env).matchAll(/^ {2}([A-Z_]+) is/gm)].flatMap(([, name]) => name ?? []);
}

const cookie = (env: Environment) => loadConfig(env).session.cookie;

describe('defaults', () => {
  it('are for local development where nothing is set', () => {
    expect(loadConfig({})).toEqual({
      onLambda: false,
      demo: true,
      allowedOrigins: [],
      cacheDriver: 'memory',
      sessionDriver: 'memory',
      cachePrefix: '',
      dynamodb: {
        table: 'cache',
        consistentRead: true,
        attributes: { key: 'key', value: 'value', expires: 'expires_at' },
        valueType: 'string',
      },
      session: {
        lifetime: 7200,
        absoluteLifetime: 2_592_000,
        expireOnClose: false,
        maxBytes: 102_400,
        encrypt: false,
        cookie: { name: 'session', path: '/', secure: false, sameSite: 'lax', partitioned: false },
        locking: false,
        lockWait: 10,
        lockLease: 10,
        lockRetryMin: 10,
        lockRetryMax: 50,
        regenerateGrace: 5,
        maxPerUser: 0,
        whenFull: 'end-oldest',
        keys: [],
      },
      telemetry: {
        metrics: false,
        serverTiming: false,
        namespace: 'Cloakroom',
        functionName: 'local',
        format: 'text',
        logLevel: 'INFO',
        warnBytes: 1024,
      },
    });
  });

  it('on Lambda are DynamoDB, a secure host-only cookie and no demonstration', () => {
    const config = loadConfig(LAMBDA);
    expect(config).toMatchObject({ onLambda: true, demo: false, cacheDriver: 'dynamodb', sessionDriver: 'dynamodb' });
    expect(config.session.cookie).toMatchObject({ name: '__Host-session', secure: true });
  });

  it('under serverless-offline are those of local development', () => {
    expect(loadConfig({ ...LAMBDA, IS_OFFLINE: 'true' })).toEqual(loadConfig({}));
    expect(loadConfig({ ...LAMBDA, IS_OFFLINE: '' }).onLambda).toBe(true);
    expect(loadConfig({ ...LAMBDA, IS_OFFLINE: 'false' }).onLambda).toBe(true);
  });

  it('apply to empty variables too', () => {
    const empty = { CACHE_DRIVER: '', SESSION_LIFETIME: '', APP_URL: '', APP_KEY: '', ALLOWED_ORIGINS: '', DEMO: '' };
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  it('read process.env where no environment is given', () => {
    expect(loadConfig().session.lifetime).toBe(7200);
  });

  it('are not disturbed by variables nobody knows', () => {
    expect(loadConfig({ SESSION_LIFETIM: '0', CACHE_SOMETHING: 'x', DYNAMODB_: '?' })).toEqual(loadConfig({}));
  });
});

describe('a refusal', () => {
  it('names every wrong variable, what it holds and what is allowed, in one message', () => {
    expect(refusal({ SESSION_LIFETIME: '0', DEMO: 'yes', CACHE_DRIVER: 'redis', SESSION_PATH: '/ok' })).toBe(
      [
        'The configuration is wrong. Environment variables to correct:',
        '  CACHE_DRIVER is "redis"; allowed: one of memory, dynamodb',
        '  DEMO is "yes"; allowed: true or false (or 1 or 0)',
        '  SESSION_LIFETIME is "0"; allowed: a whole number of minutes from 1 to 5256000, in digits',
      ].join('\n'),
    );
  });

  it('names wrong combinations beside wrong values', () => {
    expect(
      refused({ SESSION_SAME_SITE: 'none', SESSION_MAX_BYTES: 'many', APP_PREVIOUS_KEYS: KEY }).toSorted(),
    ).toEqual(['APP_PREVIOUS_KEYS', 'SESSION_MAX_BYTES', 'SESSION_SAME_SITE']);
  });

  it('does not name what is only wrong because another variable is', () => {
    expect(refused({ SESSION_SECURE_COOKIE: 'yes', SESSION_SAME_SITE: 'none', SESSION_COOKIE: '__Host-a' })).toEqual([
      'SESSION_SECURE_COOKIE',
    ]);
  });

  it('never shows a secret', () => {
    const message = refusal({
      APP_KEY: 'hunter2',
      APP_PREVIOUS_KEYS: 'battery,staple',
      DYNAMODB_ENDPOINT: 'http://u:p@h',
    });
    expect(message).toContain('APP_KEY is *** (masked); allowed: "base64:" and 32 bytes in base64');
    expect(message).toContain('APP_PREVIOUS_KEYS is *** (masked)');
    for (const url of ['http:user:hunter2@host', 'user:hunter2@host', 'http://user:hunter2@host', '//a:hunter2@b@c']) {
      expect(refusal({ DYNAMODB_ENDPOINT: url, APP_URL: url })).not.toContain('hunter2');
    }
    expect(message).toContain('DYNAMODB_ENDPOINT is "http://***@h"');
    expect(message).not.toMatch(/hunter2|battery|staple|u:p/);
  });

  it('stays readable when a value is long or has line breaks', () => {
    const message = refusal({ SESSION_DOMAIN: `a\n${'b'.repeat(5000)}` });
    expect(message.split('\n')).toHaveLength(2);
    expect(message.length).toBeLessThan(400);
  });
});

describe('drivers', () => {
  it('of sessions are those of the cache unless named', () => {
    expect(loadConfig({ CACHE_DRIVER: 'dynamodb' }).sessionDriver).toBe('dynamodb');
    expect(loadConfig({ CACHE_DRIVER: 'memory', SESSION_DRIVER: 'dynamodb' })).toMatchObject({
      cacheDriver: 'memory',
      sessionDriver: 'dynamodb',
    });
  });

  it('can be named by CACHE_STORE, but not differently', () => {
    expect(loadConfig({ CACHE_STORE: 'dynamodb' }).cacheDriver).toBe('dynamodb');
    expect(loadConfig({ CACHE_STORE: 'dynamodb', CACHE_DRIVER: 'dynamodb' }).cacheDriver).toBe('dynamodb');
    expect(refusal({ CACHE_STORE: 'dynamodb', CACHE_DRIVER: 'memory' })).toContain('CACHE_STORE is "dynamodb"');
    expect(refusal({ CACHE_STORE: 'dynamodb', CACHE_DRIVER: 'memory' })).toContain('CACHE_DRIVER, which is "memory"');
  });

  it.each([
    [{ SESSION_DRIVER: 'memory' }, 'SESSION_DRIVER'],
    [{ CACHE_DRIVER: 'memory' }, 'CACHE_DRIVER'],
    [{ CACHE_STORE: 'memory' }, 'CACHE_STORE'],
    [{ CACHE_DRIVER: 'dynamodb', SESSION_DRIVER: 'memory' }, 'SESSION_DRIVER'],
  ])('keep sessions out of memory on Lambda: %o', (env, name) => {
    expect(refused({ ...LAMBDA, ...env })).toEqual([name]);
    expect(loadConfig({ ...LAMBDA, ...env, IS_OFFLINE: 'true' }).sessionDriver).toBe('memory');
  });

  it('allow a cache in memory on Lambda where sessions are elsewhere', () => {
    expect(loadConfig({ ...LAMBDA, CACHE_DRIVER: 'memory', SESSION_DRIVER: 'dynamodb' }).cacheDriver).toBe('memory');
  });
});

describe("the cookie's name", () => {
  it.each<[string, Environment]>([
    ['session', {}],
    ['session', { APP_URL: 'http://localhost:3000' }],
    ['session', { SESSION_DOMAIN: 'example.com' }],
    ['__Host-session', LAMBDA],
    ['__Host-session', { APP_URL: 'https://example.com' }],
    ['__Host-session', { SESSION_SECURE_COOKIE: 'true' }],
    ['__Host-sid', { ...LAMBDA, SESSION_COOKIE: 'sid' }],
    ['__Host-sid', { ...LAMBDA, SESSION_COOKIE: '__Host-sid' }],
    ['__Secure-sid', { ...LAMBDA, SESSION_COOKIE: '__Secure-sid' }],
    ['__Secure-session', { ...LAMBDA, SESSION_DOMAIN: 'example.com' }],
    ['__Secure-session', { ...LAMBDA, SESSION_PATH: '/app' }],
    ['__Secure-session', { APP_URL: 'https://example.com/app' }],
    ['__Secure-sid', { ...LAMBDA, SESSION_PATH: '/app', SESSION_COOKIE: '__Secure-sid' }],
    ['__Host-session', { APP_URL: 'https://example.com/app', SESSION_PATH: '/' }],
  ])('is %s with %o', (name, env) => {
    expect(cookie(env).name).toBe(name);
  });

  it.each<[string, Environment]>([
    ['a host prefix beside a domain', { ...LAMBDA, SESSION_COOKIE: '__Host-sid', SESSION_DOMAIN: 'example.com' }],
    ['a host prefix beside a path', { ...LAMBDA, SESSION_COOKIE: '__Host-sid', SESSION_PATH: '/app' }],
    ['a host prefix without Secure', { SESSION_COOKIE: '__Host-sid' }],
    ['a secure prefix without Secure', { SESSION_COOKIE: '__Secure-sid' }],
    ['a prefix in other letters', { ...LAMBDA, SESSION_COOKIE: '__host-sid' }],
    ['a prefix alone', { ...LAMBDA, SESSION_COOKIE: '__Host-' }],
    ['a space', { SESSION_COOKIE: 'my session' }],
    ['an equals sign', { SESSION_COOKIE: 'a=b' }],
    ['a semicolon', { SESSION_COOKIE: 'a;b' }],
    ['a letter outside ASCII', { SESSION_COOKIE: 'sitzüng' }],
    ['too many letters', { SESSION_COOKIE: 'a'.repeat(129) }],
  ])('may not have %s', (_, env) => {
    expect(refused(env)).toEqual(['SESSION_COOKIE']);
  });
});

describe("the cookie's attributes", () => {
  it('take the path from APP_URL, so that it covers the base path itself', () => {
    expect(cookie({ APP_URL: 'https://example.com/shop/' }).path).toBe('/shop');
    expect(cookie({ APP_URL: 'https://example.com/' }).path).toBe('/');
    expect(cookie({ APP_URL: 'https://example.com/shop', SESSION_PATH: '/shop/cart' }).path).toBe('/shop/cart');
  });

  it('are secure wherever the service is reached over https', () => {
    expect(cookie({ APP_URL: 'http://localhost' }).secure).toBe(false);
    expect(cookie({ APP_URL: 'https://example.com' }).secure).toBe(true);
    expect(refused({ ...LAMBDA, SESSION_SECURE_COOKIE: 'false' })).toEqual(['SESSION_SECURE_COOKIE']);
    expect(refused({ APP_URL: 'https://a.example', SESSION_SECURE_COOKIE: '0' })).toEqual(['SESSION_SECURE_COOKIE']);
    expect(cookie({ ...LAMBDA, IS_OFFLINE: '1', SESSION_SECURE_COOKIE: 'FALSE' }).secure).toBe(false);
  });

  it('that browsers take only from secure cookies are refused for others', () => {
    expect(refused({ SESSION_SAME_SITE: 'none' })).toEqual(['SESSION_SAME_SITE']);
    expect(loadConfig({ SESSION_SAME_SITE: 'Strict' }).session.cookie.sameSite).toBe('strict');
    expect(refused({ SESSION_PARTITIONED_COOKIE: 'true' })).toEqual(['SESSION_PARTITIONED_COOKIE']);
    expect(cookie({ ...LAMBDA, SESSION_SAME_SITE: 'none', SESSION_PARTITIONED_COOKIE: 'true' })).toMatchObject({
      sameSite: 'none',
      partitioned: true,
    });
  });

  it('have a domain without its leading dot, in lower case', () => {
    expect(cookie({ SESSION_DOMAIN: '.Example.COM' }).domain).toBe('example.com');
    expect(cookie({ SESSION_DOMAIN: 'localhost' }).domain).toBe('localhost');
    expect(cookie({ SESSION_DOMAIN: 'example.com', APP_URL: 'http://www.example.com' }).domain).toBe('example.com');
  });

  it.each([
    'null',
    'a b.com',
    'https://example.com',
    'example.com:80',
    '127.0.0.1',
    '[::1]',
    'a..com',
    '-a.com',
    '.',
    `${'a.'.repeat(130)}com`,
  ])('have no domain like %s', (domain) => {
    expect(refused({ SESSION_DOMAIN: domain })).toEqual(['SESSION_DOMAIN']);
  });

  it('have no domain that browsers would not take from APP_URL', () => {
    expect(refused({ SESSION_DOMAIN: 'ample.com', APP_URL: 'http://example.com' })).toEqual(['SESSION_DOMAIN']);
    expect(refused({ SESSION_DOMAIN: 'www.example.com', APP_URL: 'http://example.com' })).toEqual(['SESSION_DOMAIN']);
  });

  it.each(['app', '/a;b', '/a b', '/ü', `/${'a'.repeat(1024)}`, '/a\n'])('have no path like %j', (path) => {
    expect(refused({ SESSION_PATH: path })).toEqual(['SESSION_PATH']);
  });
});

describe('addresses', () => {
  it.each(['http://example.com', 'https://example.com:8443/shop', 'HTTPS://EXAMPLE.COM/'])(
    '%s can be APP_URL',
    (url) => {
      expect(loadConfig({ APP_URL: url }).appUrl?.href).toBe(new URL(url).href);
    },
  );

  it.each([
    'example.com',
    '//example.com',
    'ftp://example.com',
    'https://user@example.com',
    'https://example.com/?a',
    'https://example.com/#',
    ' https://example.com',
    'https://exa mple.com',
    'https://',
    'https://a%2fb',
    'https:\\\\example.com',
    'https://example.com/a;b',
    'https://example.com//evil.example',
    'https://example.com/a//b',
    'https://example.com/.//evil.example',
    'https://example.com/%',
    'https://example.com/%ff',
  ])('%s can not', (url) => {
    expect(refused({ APP_URL: url })).toEqual(['APP_URL']);
  });

  it('of allowed origins are kept as browsers send them', () => {
    const origins = 'https://APP.example.com:443 , http://localhost:3000,https://app.example.com';
    expect(loadConfig({ ALLOWED_ORIGINS: origins }).allowedOrigins).toEqual([
      'https://app.example.com',
      'http://localhost:3000',
    ]);
  });

  it.each(['*', 'null', 'https://*.example.com', 'https://a.example/', 'a.example', 'https://a.example,', 'file:///'])(
    '%s is not an allowed origin',
    (origin) => {
      expect(refused({ ALLOWED_ORIGINS: origin })).toEqual(['ALLOWED_ORIGINS']);
    },
  );

  it.each(['https://reports.example.com/csp', 'http://localhost:8080', 'https://a.example/1?key=b&c=d'])(
    '%s can be where policies report to',
    (url) => {
      expect(loadConfig({ CSP_REPORT_URL: url }).cspReportUrl?.href).toBe(new URL(url).href);
    },
  );

  it.each([
    '/csp',
    'https://a.example/;b',
    'https://a.example/,b',
    'https://a.example/"',
    'https://u@a.example',
    'https://a.example/#b',
  ])('%s can not, since it would be no address, or end the header that it stands in', (url) => {
    expect(refused({ CSP_REPORT_URL: url })).toEqual(['CSP_REPORT_URL']);
  });

  it('of DynamoDB are http or https', () => {
    expect(loadConfig({ DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000' }).dynamodb.endpoint).toBe('http://127.0.0.1:8000');
    expect(refused({ DYNAMODB_ENDPOINT: 'localhost:8000' })).toEqual(['DYNAMODB_ENDPOINT']);
  });
});

describe('the table', () => {
  it('can be one of the PHP session handler', () => {
    const { dynamodb } = loadConfig({
      DYNAMODB_CACHE_TABLE: 'arn:aws:dynamodb:eu-central-1:123456789012:table/sessions',
      DYNAMODB_KEY_ATTRIBUTE: 'id',
      DYNAMODB_VALUE_ATTRIBUTE: 'data',
      DYNAMODB_EXPIRES_ATTRIBUTE: 'expires',
      DYNAMODB_VALUE_TYPE: 'binary',
      DYNAMODB_CONSISTENT_READ: 'False',
    });
    expect(dynamodb).toEqual({
      table: 'arn:aws:dynamodb:eu-central-1:123456789012:table/sessions',
      consistentRead: false,
      attributes: { key: 'id', value: 'data', expires: 'expires' },
      valueType: 'binary',
    });
  });

  it.each(['ab', 'a/b', 'a b', 'a'.repeat(256), 'arn:aws:s3:::bucket'])('is not called %s', (table) => {
    expect(refused({ DYNAMODB_CACHE_TABLE: table })).toEqual(['DYNAMODB_CACHE_TABLE']);
  });

  it.each(['version', 'encoding', 'lock_owner', 'lock_expires_at', 'lock_next', 'lock_turn', 'a'.repeat(256)])(
    'has no attribute called %s for something else',
    (name) => {
      expect(refused({ DYNAMODB_VALUE_ATTRIBUTE: name })).toEqual(['DYNAMODB_VALUE_ATTRIBUTE']);
    },
  );

  it('has no two attributes of one name', () => {
    expect(refused({ DYNAMODB_VALUE_ATTRIBUTE: 'key' })).toEqual(['DYNAMODB_VALUE_ATTRIBUTE']);
    expect(refused({ DYNAMODB_KEY_ATTRIBUTE: 'value' })).toEqual(['DYNAMODB_KEY_ATTRIBUTE']);
    expect(refused({ DYNAMODB_KEY_ATTRIBUTE: 'expires_at' })).toEqual(['DYNAMODB_KEY_ATTRIBUTE']);
    expect(refused({ DYNAMODB_VALUE_ATTRIBUTE: 'x', DYNAMODB_EXPIRES_ATTRIBUTE: 'x' })).toEqual([
      'DYNAMODB_VALUE_ATTRIBUTE',
      'DYNAMODB_EXPIRES_ATTRIBUTE',
    ]);
    expect(
      loadConfig({ DYNAMODB_KEY_ATTRIBUTE: 'value', DYNAMODB_VALUE_ATTRIBUTE: 'key' }).dynamodb.attributes,
    ).toEqual({
      key: 'value',
      value: 'key',
      expires: 'expires_at',
    });
  });
});

describe('numbers', () => {
  it('are decimal digits', () => {
    expect(loadConfig({ SESSION_LIFETIME: '1' }).session.lifetime).toBe(60);
    expect(loadConfig({ SESSION_LIFETIME: '5256000' }).session.lifetime).toBe(315_360_000);
    expect(loadConfig({ SESSION_MAX_BYTES: '409600' }).session.maxBytes).toBe(409_600);
  });

  it.each(['0', '-1', '1.5', '1e3', ' 5 ', '0x10', '+5', '5m', '٣', '5256001', '99999999999999999999', 'Infinity'])(
    '%j is not a lifetime',
    (text) => {
      expect(refused({ SESSION_LIFETIME: text })).toEqual(['SESSION_LIFETIME']);
    },
  );

  it('say how long a replaced id answers, and how many sessions a user may have', () => {
    const env = { SESSION_REGENERATE_GRACE: '0', SESSION_MAX_PER_USER: '3', SESSION_WHEN_FULL: 'refuse' };
    expect(loadConfig(env).session).toMatchObject({ regenerateGrace: 0, maxPerUser: 3, whenFull: 'refuse' });
    const wrong = { SESSION_REGENERATE_GRACE: '61', SESSION_MAX_PER_USER: '1001', SESSION_WHEN_FULL: 'end' };
    expect(refused(wrong).toSorted()).toEqual(Object.keys(wrong).toSorted());
  });

  it.each(['0', '409601', 'NaN'])('%j is not a size', (text) => {
    expect(refused({ SESSION_MAX_BYTES: text })).toEqual(['SESSION_MAX_BYTES']);
  });
});

describe('switches', () => {
  it.each(['true', 'TRUE', 'True', '1'])('%s is on', (text) => {
    expect(loadConfig({ SESSION_EXPIRE_ON_CLOSE: text, DEMO: text })).toMatchObject({
      demo: true,
      session: { expireOnClose: true },
    });
  });

  it.each(['false', 'FALSE', '0'])('%s is off', (text) => {
    expect(loadConfig({ DEMO: text }).demo).toBe(false);
  });

  it.each(['yes', 'on', 'no', 'off', ' true', '01', 'null'])('%j is neither', (text) => {
    expect(refused({ DEMO: text })).toEqual(['DEMO']);
  });
});

describe('keys', () => {
  it('begin with the current one', () => {
    const { keys } = loadConfig({ APP_KEY: KEY, APP_PREVIOUS_KEYS: `${OLD_KEY}, ${KEY}` }).session;
    expect(keys.map((key) => key[0])).toEqual([7, 8, 7]);
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32]);
  });

  it.each([
    KEY.slice(7),
    `${KEY}=`,
    ` ${KEY}`,
    'base64:',
    `base64:${Buffer.alloc(31).toString('base64')}`,
    `base64:${Buffer.alloc(33).toString('base64')}`,
    `base64:${Buffer.alloc(32, 255).toString('base64url')}=`,
    `base64:${'A'.repeat(42)}B=`,
  ])('are not like %j', (key) => {
    expect(refused({ APP_KEY: key })).toEqual(['APP_KEY']);
    expect(refused({ APP_KEY: KEY, APP_PREVIOUS_KEYS: `${KEY},${key.trim()}x` })).toEqual(['APP_PREVIOUS_KEYS']);
  });

  it('of the past need a current one', () => {
    expect(refused({ APP_PREVIOUS_KEYS: OLD_KEY })).toEqual(['APP_PREVIOUS_KEYS']);
  });
});

describe('the prefix', () => {
  it('is any well-formed text of up to 512 bytes', () => {
    expect(loadConfig({ CACHE_PREFIX: 'shop:é' }).cachePrefix).toBe('shop:é');
    expect(loadConfig({ CACHE_PREFIX: 'é'.repeat(256) }).cachePrefix).toHaveLength(256);
    expect(refused({ CACHE_PREFIX: 'é'.repeat(257) })).toEqual(['CACHE_PREFIX']);
    expect(refused({ CACHE_PREFIX: '\ud800' })).toEqual(['CACHE_PREFIX']);
  });
});

describe('the absolute lifetime', () => {
  it('is minutes, and 0 is none', () => {
    expect(loadConfig({}).session.absoluteLifetime).toBe(43_200 * 60);
    expect(loadConfig({ SESSION_ABSOLUTE_LIFETIME: '60' }).session.absoluteLifetime).toBe(3600);
    expect(loadConfig({ SESSION_ABSOLUTE_LIFETIME: '0' }).session.absoluteLifetime).toBe(0);
    expect(refused({ SESSION_ABSOLUTE_LIFETIME: '-1' })).toEqual(['SESSION_ABSOLUTE_LIFETIME']);
  });
});

describe('encryption', () => {
  const APP_KEY = `base64:${Buffer.alloc(32, 7).toString('base64')}`;

  it('is off, on, or on its way', () => {
    expect(loadConfig({}).session.encrypt).toBe(false);
    expect(loadConfig({ APP_KEY, SESSION_ENCRYPT: 'true' }).session.encrypt).toBe(true);
    expect(loadConfig({ APP_KEY, SESSION_ENCRYPT: 'migrate' }).session.encrypt).toBe('migrate');
    expect(refused({ APP_KEY, SESSION_ENCRYPT: 'yes' })).toEqual(['SESSION_ENCRYPT']);
  });

  it.each(['true', 'migrate'])('as %s needs a key', (SESSION_ENCRYPT) => {
    expect(refused({ SESSION_ENCRYPT })).toEqual(['SESSION_ENCRYPT']);
    expect(refused({ SESSION_ENCRYPT, APP_KEY: 'wrong' })).toEqual(['APP_KEY']);
  });
});

describe('locking', () => {
  it('is off unless it is switched on', () => {
    expect(loadConfig({ SESSION_LOCKING: 'true' }).session.locking).toBe(true);
    expect(loadConfig({ SESSION_LOCKING: '0' }).session.locking).toBe(false);
    expect(refused({ SESSION_LOCKING: 'on' })).toEqual(['SESSION_LOCKING']);
  });

  it.each([
    ['SESSION_LOCK_WAIT', 'lockWait', 900],
    ['SESSION_LOCK_LEASE', 'lockLease', 900],
  ] as const)('%s is whole seconds, from 1 to 15 minutes', (name, option, most) => {
    for (const seconds of [1, most]) {
      expect(loadConfig({ [name]: String(seconds) }).session[option]).toBe(seconds);
    }
    for (const text of ['0', '-1', '1.5', '5s', String(most + 1)]) expect(refused({ [name]: text })).toEqual([name]);
  });

  it.each([
    ['SESSION_LOCK_RETRY_MIN', 'lockRetryMin', ['1', '50']],
    ['SESSION_LOCK_RETRY_MAX', 'lockRetryMax', ['10', '10000']],
  ] as const)('%s is whole milliseconds, up to 10 seconds', (name, option, good) => {
    for (const text of good) expect(loadConfig({ [name]: text }).session[option]).toBe(Number(text));
    for (const text of ['0', '-1', '1.5', '5ms', '10001']) expect(refused({ [name]: text })).toEqual([name]);
  });

  it('has no longest pause that is shorter than the shortest', () => {
    expect(refused({ SESSION_LOCK_RETRY_MAX: '9' })).toEqual(['SESSION_LOCK_RETRY_MAX']);
    expect(refusal({ SESSION_LOCK_RETRY_MIN: '51' })).toContain('at least SESSION_LOCK_RETRY_MIN, which is 51');
    expect(refused({ SESSION_LOCK_RETRY_MIN: 'x', SESSION_LOCK_RETRY_MAX: '1' })).toEqual(['SESSION_LOCK_RETRY_MIN']);
    const { session } = loadConfig({ SESSION_LOCK_RETRY_MIN: '200', SESSION_LOCK_RETRY_MAX: '200' });
    expect(session).toMatchObject({ lockRetryMin: 200, lockRetryMax: 200 });
  });
});

describe('the capacity of the purge', () => {
  it('is unlimited unless given', () => {
    expect(loadConfig({})).not.toHaveProperty('purgeCapacity');
    expect(loadConfig({ PURGE_CAPACITY: '25' }).purgeCapacity).toBe(25);
  });

  it.each(['0', '-1', '1.5', 'much'])('can’t be %s', (text) => {
    expect(refused({ PURGE_CAPACITY: text })).toEqual(['PURGE_CAPACITY']);
  });
});

describe('log and metrics', () => {
  it('are JSON on Lambda, with metrics of the function', () => {
    expect(loadConfig({ ...LAMBDA, AWS_LAMBDA_FUNCTION_NAME: 'shop-prod-http' }).telemetry).toMatchObject({
      metrics: true,
      functionName: 'shop-prod-http',
      format: 'json',
    });
  });

  it('are text elsewhere, with metrics only where they are asked for', () => {
    const offline = { ...LAMBDA, IS_OFFLINE: 'true' };
    expect(loadConfig(offline).telemetry).toMatchObject({ metrics: false, format: 'text' });
    expect(loadConfig({ ...offline, METRICS: 'true' }).telemetry).toMatchObject({ metrics: true, format: 'text' });
    expect(loadConfig({ ...LAMBDA, METRICS: 'false' }).telemetry).toMatchObject({ metrics: false, format: 'json' });
  });

  it.each([
    ['debug', 'DEBUG'],
    ['INFO', 'INFO'],
    ['Warn', 'WARN'],
    ['error', 'ERROR'],
  ])('take the level %s', (LOG_LEVEL, level) => {
    expect(loadConfig({ LOG_LEVEL }).telemetry.logLevel).toBe(level);
  });

  it.each(['Cloakroom', 'Shop/Sessions', 'a', '#1', 'a:b', 'x'.repeat(255)])('take the namespace %s', (name) => {
    expect(loadConfig({ METRICS_NAMESPACE: name }).telemetry.namespace).toBe(name);
  });

  it.each<[string, string]>([
    ['METRICS', 'maybe'],
    ['SERVER_TIMING', 'maybe'],
    ['METRICS_NAMESPACE', 'AWS/Lambda'],
    ['METRICS_NAMESPACE', ':a'],
    ['METRICS_NAMESPACE', 'two words'],
    ['METRICS_NAMESPACE', 'x'.repeat(256)],
    ['LOG_LEVEL', 'loud'],
    ['SESSION_WARN_BYTES', '-1'],
    ['SESSION_WARN_BYTES', '409601'],
  ])('refuse %s=%s', (name, value) => {
    expect(refused({ [name]: value })).toEqual([name]);
  });

  it('warn of records from any size on, or of none', () => {
    expect(loadConfig({ SESSION_WARN_BYTES: '0' }).telemetry.warnBytes).toBe(0);
    expect(loadConfig({ SESSION_WARN_BYTES: '409600' }).telemetry.warnBytes).toBe(409_600);
  });
});
