/** The pages say what is: variables, options, methods, defaults and links exist. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { isVariable, Variables } from '../../src/config/variables.ts';
import { RequestSession } from '../../src/middleware/request-session.ts';
import { Session } from '../../src/session/session.ts';
import { UserSessions } from '../../src/session/user-sessions.ts';
import { anchorsOf, codeIn, linksIn, PAGES, read, ROOT, rowsOf, sectionOf, tablesOf } from './markdown.ts';

const SETTINGS = Object.keys(Variables.entries).filter((name) => !name.startsWith('AWS_') && name !== 'IS_OFFLINE');

/** A page without what its tables say of other people's variables. */
function ownWords(path: string): string {
  let text = read(path);
  for (const row of tablesOf(text).flat()) {
    if (row['variable there']) text = text.replace(`| ${row['variable there']} `, '| ');
  }
  return text;
}

describe.each(PAGES)('%s', (path) => {
  it('names no variable that the configuration does not have', () => {
    const names = codeIn(ownWords(path)).flatMap(
      (code) => code.match(/\b(?:SESSION|DYNAMODB|CACHE|APP|ALLOWED|CSP|DEMO|PURGE)(?:_[A-Z]+)+\b/g) ?? [],
    );
    expect([...new Set(names)].filter((name) => !isVariable(name))).toEqual([]);
  });

  it('has no link that leads nowhere', () => {
    const lost = linksIn(read(path)).filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [file = '', anchor] = target.split('#');
      const page = file === '' ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(ROOT, page))) return true;
      return anchor !== undefined && !anchorsOf(read(page)).has(anchor);
    });
    expect(lost).toEqual([]);
  });

  it('names no file that is not there', () => {
    const files = codeIn(read(path)).filter((code) =>
      /^(?:src|tests|docs|scripts|bench|mutation|resources|\.github|\.ci)\/(?:[\w./-]+)?$/.test(code),
    );
    expect(files.filter((file) => !GENERATED.has(file) && !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('names no npm script that there is not', () => {
    const { scripts }: { scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'));
    const named = [...read(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it.each([
    ['session', [Session, RequestSession]],
    ['context.session', [RequestSession]],
    ['context.sessions.of(userId)', [UserSessions]],
  ] as const)('calls no method of %s that it does not have', (name, classes) => {
    const calls = read(path).matchAll(/(?<![\w.])((?:context\.)?sessions?(?:\.of\(userId\))?)\.([a-zA-Z]\w*)\(/g);
    const methods = [...calls].flatMap(([, object, method = '']) => (object === name ? method : []));
    expect(methods.filter((method) => classes.every(({ prototype }) => !(method in prototype)))).toEqual([]);
  });
});

/** Written by a command, and not kept. */
const GENERATED = new Set(['bench/results/stress.html']);

describe('README.md', () => {
  const rows = rowsOf(sectionOf(read('README.md'), 'Configuration'), 'variable', 'default', 'meaning');

  it('has every setting', () => {
    const named = rows.flatMap(({ variable = '', meaning = '' }) => [...codeIn(variable), ...codeIn(meaning)]);
    expect(SETTINGS.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('says the defaults as they are', () => {
    const wrong = rows.flatMap(({ variable = '', default: said = '' }) =>
      codeIn(variable).filter(
        (name) => (defaultOf(name) ?? '') !== '' && !codeIn(said).includes(defaultOf(name) ?? ''),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

/** As a user would write it; undefined where there is none, or it depends on other variables. */
function defaultOf(name: string): string | undefined {
  if (!isVariable(name)) throw new Error(`There is no variable ${name}.`);
  const entry = Variables.entries[name];
  const standard: unknown = v.getDefault(entry);
  return typeof standard === 'string' ? standard : undefined;
}

/** The members of the interfaces that hold options, by the name that the page has for them. */
const OPTIONS: Readonly<Record<string, readonly (readonly [file: string, name: string])[]>> = {
  sessionMiddleware: [['src/middleware/session.ts', 'SessionMiddlewareOptions']],
  'sessionMiddleware.cookie': [['src/session/cookie.ts', 'CookieOptions']],
  DynamoDBStore: [
    ['src/cache/drivers/dynamodb.ts', 'DynamoDBStoreOptions'],
    ['src/cache/drivers/dynamodb/connection.ts', 'ConnectionOptions'],
    ['src/cache/drivers/dynamodb/endpoint.ts', 'EndpointOptions'],
  ],
  'DynamoDBStore.attributes': [['src/cache/drivers/dynamodb/item.ts', 'AttributeNames']],
  deleteExpired: [['src/cache/store.ts', 'PurgeOptions']],
};

function optionsOf(object: string): readonly string[] {
  return (OPTIONS[object] ?? []).flatMap(([file, name]) => {
    const body = new RegExp(`^export interface ${name}\\b[^{]*\\{$(.*?)^\\}`, 'ms').exec(read(file))?.[1];
    if (body === undefined) throw new Error(`${file} has no interface ${name}.`);
    return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = '']) => member);
  });
}

describe('docs/coming-from-php.md', () => {
  const page = read('docs/coming-from-php.md');
  const options = rowsOf(page, 'option here');

  it('names no option that does not exist', () => {
    const named = codeIn(page).filter((code) =>
      /^(?:sessionMiddleware|SessionStore|DynamoDBStore|deleteExpired)\.[\w.]+$/.test(code),
    );
    expect(named.length).toBeGreaterThan(30);
    const unknown = named.filter((code) => {
      const at = code.lastIndexOf('.');
      return !optionsOf(code.slice(0, at)).includes(code.slice(at + 1));
    });
    expect(unknown).toEqual([]);
  });

  it('says the defaults as they are', () => {
    let compared = 0;
    for (const row of options) {
      const [name] = codeIn(row['variable'] ?? row['variable here'] ?? '');
      const standard = name === undefined ? undefined : defaultOf(name);
      if (standard === undefined || standard === '') continue;
      const said = row['default here']?.replace(/`/g, '').replace(/ (?:minutes|s|ms)$/, '');
      expect([name, said]).toEqual([name, standard]);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('has every option of the session handler for PHP', () => {
    const named = options.flatMap(({ option = '' }) => codeIn(option));
    expect(PHP_OPTIONS.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('has every setting and every method of Laravel', () => {
    const keys = rowsOf(page, 'key', 'variable there').flatMap(({ key = '' }) => codeIn(key));
    expect(keys.toSorted()).toEqual(LARAVEL_KEYS.toSorted());
    const methods = rowsOf(page, 'Laravel', 'here', 'how')
      .map(({ Laravel = '' }) => Laravel)
      .join('\n');
    expect(LARAVEL_METHODS.filter((method) => !new RegExp(`[\`>]${method}\\(`).test(methods))).toEqual([]);
  });

  it('says of every method of Laravel whether it is here', () => {
    const verdicts = rowsOf(page, 'Laravel', 'here', 'how').map(({ here }) => here);
    expect(new Set(verdicts)).toEqual(new Set(['same', 'other name', 'do it', 'left out']));
  });
});

/** @see https://github.com/aws/aws-sdk-php/blob/master/src/DynamoDb/SessionConnectionConfigTrait.php and WriteRequestBatch.php */
const PHP_OPTIONS = words(`
  table_name hash_key data_attribute data_attribute_type session_lifetime session_lifetime_attribute consistent_read
  locking max_lock_wait_time min_lock_retry_microtime max_lock_retry_microtime
  batch_config batch_config.batch_size batch_config.pool_size batch_config.before batch_config.error
`);

/** @see https://github.com/laravel/laravel/blob/13.x/config/session.php and Illuminate\Session\SessionManager */
const LARAVEL_KEYS = words(`
  driver lifetime expire_on_close encrypt files connection table store lottery cookie path domain secure http_only
  same_site partitioned serialization prefix block block_store block_lock_seconds block_wait_seconds
`);

/** @see https://github.com/laravel/framework/blob/13.x/src/Illuminate/Session/Store.php */
const LARAVEL_METHODS = words(`
  session block
  start save ageFlashData all only except exists missing has hasAny get pull hasOldInput getOldInput replace put
  remember push increment decrement flash now reflash keep flashInput cache remove forget flush invalidate regenerate
  migrate isStarted getName setName id getId setId isValidId setExists token regenerateToken hasPreviousUri previousUri
  previousUrl setPreviousUrl previousRoute setPreviousRoute passwordConfirmed getHandler setHandler handlerNeedsRequest
  setRequestOnHandler
`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
