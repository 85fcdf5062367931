/** What each environment variable may hold, by itself. What several must hold together is in `../config.ts`. */
import * as v from 'valibot';
import { driverNames } from '../cache/create.ts';
import { MAX_ENTRY_BYTES } from '../cache/rules.ts';

const COOKIE_NAME = /^[!#$%&'*+.^`|~\w-]{1,128}$/; // an RFC 9110 token
const COOKIE_PATH = /^\/[!-:<-~]{0,1023}$/; // browsers ignore attributes over 1,024 bytes
const HOST_LABELS = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ADDRESS = /^https?:\/\/[^\s/?#@\\]+(?:\/[^\s?#\\;]*)?$/i;
const ORIGIN = /^https?:\/\/[^\s/?#@\\*]+$/i;
/** Goes into a header that commas and semicolons part, and into one with quotes. */
const REPORT_ADDRESS = /^https?:\/\/[^\s/?#@\\,;"]+(?:[/?][^\s#\\,;"]*)?$/i;
/** Of CloudWatch, whose own namespaces begin with AWS/. */
const NAMESPACE = /^(?!AWS\/)[\w./#-][\w./#:-]{0,254}$/;
const TABLE = /^(?:arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table\/)?[a-zA-Z0-9_.-]{3,255}$/;

/** Attributes of the driver's own, see DESIGN 3. */
const OWN_ATTRIBUTES = new Set(['version', 'encoding', 'lock_owner', 'lock_expires_at', 'lock_next', 'lock_turn']);

/** Text that `parse` understands; `allowed` says what that is. */
function parsed<T>(allowed: string, parse: (text: string) => T | undefined) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: allowed });
      return NEVER;
    }),
  );
}

function oneOf<const T extends string>(names: readonly T[]) {
  return v.picklist(names, `one of ${names.join(', ')}`);
}

function whole(unit: string, minimum: number, maximum: number) {
  return parsed(`a whole number of ${unit} from ${minimum} to ${maximum}, in digits`, (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    return number >= minimum && number <= maximum ? number : undefined;
  });
}

function flag(text: string): boolean | undefined {
  if (/^(?:true|1)$/i.test(text)) return true;
  return /^(?:false|0)$/i.test(text) ? false : undefined;
}

const boolean = parsed('true or false (or 1 or 0)', flag);

function address(text: string): URL | undefined {
  return ADDRESS.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** Its path becomes the beginning of redirects and links, where `//` would lead to another host. */
function publicAddress(text: string): URL | undefined {
  const url = address(text);
  return url !== undefined && !url.pathname.includes('//') && isEncoded(url.pathname) ? url : undefined;
}

function isEncoded(path: string): boolean {
  try {
    return decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}

/** The parts of a comma-separated list; undefined when `parse` refuses one of them. */
function list<T>(text: string, parse: (part: string) => T | undefined): readonly T[] | undefined {
  const parts = text.split(',').map((part) => parse(part.trim()));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function origin(text: string): string | undefined {
  return ORIGIN.test(text) && URL.canParse(text) ? new URL(text).origin : undefined;
}

function domain(text: string): string | undefined {
  const name = text.replace(/^\./, '').toLowerCase(); // browsers ignore a leading dot
  const isName = name.length <= 253 && HOST_LABELS.test(name) && (name.includes('.') || name === 'localhost');
  return isName && !/(?:^|\.)\d+$/.test(name) ? name : undefined;
}

function secretKey(text: string): Uint8Array | undefined {
  const encoded = /^base64:([A-Za-z0-9+/]{43}=)$/.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? new Uint8Array(bytes) : undefined;
}

const attribute = parsed(`1 to 255 bytes, and not ${[...OWN_ATTRIBUTES].join(', ')}`, (text) =>
  text.isWellFormed() && Buffer.byteLength(text) <= 255 && !OWN_ATTRIBUTES.has(text) ? text : undefined,
);

const endpoint = parsed('an http or https URL without credentials, query or fragment', (text) =>
  address(text) === undefined ? undefined : text,
);

/** Defaults are as a user would write them; those that depend on others are in `../config.ts`. */
export const Variables = v.object({
  AWS_LAMBDA_FUNCTION_NAME: v.optional(v.string()),
  IS_OFFLINE: v.optional(boolean, 'false'),
  AWS_REGION: v.optional(v.string()),
  AWS_DEFAULT_REGION: v.optional(v.string()),
  AWS_ACCESS_KEY_ID: v.optional(v.string()),
  AWS_SECRET_ACCESS_KEY: v.optional(v.string()),
  AWS_SESSION_TOKEN: v.optional(v.string()),
  AWS_PROFILE: v.optional(v.string()),
  AWS_ENDPOINT_URL: v.optional(endpoint),
  AWS_ENDPOINT_URL_DYNAMODB: v.optional(endpoint),
  CACHE_DRIVER: v.optional(oneOf(driverNames)),
  CACHE_STORE: v.optional(oneOf(driverNames)),
  SESSION_DRIVER: v.optional(oneOf(driverNames)),
  CACHE_PREFIX: v.optional(
    parsed('well-formed text of at most 512 bytes', (text) =>
      text.isWellFormed() && Buffer.byteLength(text) <= 512 ? text : undefined,
    ),
    '',
  ),
  APP_URL: v.optional(
    parsed('an http or https URL without credentials, query, fragment, ";" or "//" in its path', publicAddress),
  ),
  ALLOWED_ORIGINS: v.optional(
    parsed('origins such as https://app.example.com, separated by commas; no paths, no wildcards', (text) =>
      list(text, origin),
    ),
  ),
  CSP_REPORT_URL: v.optional(
    parsed('an http or https URL without credentials, fragment, ",", ";" or quotes', (text) =>
      REPORT_ADDRESS.test(text) && URL.canParse(text) ? new URL(text) : undefined,
    ),
  ),
  DEMO: v.optional(boolean),
  DYNAMODB_CACHE_TABLE: v.optional(
    parsed('a table name of 3 to 255 letters, digits, "_", "." or "-", or a table ARN', (text) =>
      TABLE.test(text) ? text : undefined,
    ),
    'cache',
  ),
  DYNAMODB_ENDPOINT: v.optional(endpoint),
  DYNAMODB_CONSISTENT_READ: v.optional(boolean, 'true'),
  DYNAMODB_KEY_ATTRIBUTE: v.optional(attribute, 'key'),
  DYNAMODB_VALUE_ATTRIBUTE: v.optional(attribute, 'value'),
  DYNAMODB_EXPIRES_ATTRIBUTE: v.optional(attribute, 'expires_at'),
  DYNAMODB_VALUE_TYPE: v.optional(oneOf(['string', 'binary']), 'string'),
  PURGE_CAPACITY: v.optional(whole('units a second', 1, 1_000_000)),
  SESSION_LIFETIME: v.optional(whole('minutes', 1, 5_256_000), '120'), // ten years
  SESSION_ABSOLUTE_LIFETIME: v.optional(whole('minutes', 0, 5_256_000), '43200'),
  SESSION_EXPIRE_ON_CLOSE: v.optional(boolean, 'false'),
  SESSION_COOKIE: v.optional(
    parsed("1 to 128 letters, digits or any of !#$%&'*+-.^_`|~", (text) => (COOKIE_NAME.test(text) ? text : undefined)),
    'session',
  ),
  SESSION_PATH: v.optional(
    parsed('a path from "/" on, of at most 1024 visible ASCII characters other than ";"', (text) =>
      COOKIE_PATH.test(text) ? text : undefined,
    ),
  ),
  SESSION_DOMAIN: v.optional(parsed('a domain name such as example.com (no address, port or scheme)', domain)),
  SESSION_SECURE_COOKIE: v.optional(boolean),
  SESSION_SAME_SITE: v.optional(v.pipe(v.string(), v.toLowerCase(), oneOf(['lax', 'strict', 'none'])), 'lax'),
  SESSION_PARTITIONED_COOKIE: v.optional(boolean, 'false'),
  SESSION_LOCKING: v.optional(boolean, 'false'),
  SESSION_LOCK_WAIT: v.optional(whole('seconds', 1, 900), '10'),
  SESSION_LOCK_LEASE: v.optional(whole('seconds', 1, 900), '10'),
  SESSION_LOCK_RETRY_MIN: v.optional(whole('milliseconds', 1, 10_000), '10'),
  SESSION_LOCK_RETRY_MAX: v.optional(whole('milliseconds', 1, 10_000), '50'),
  SESSION_REGENERATE_GRACE: v.optional(whole('seconds', 0, 60), '5'),
  SESSION_MAX_PER_USER: v.optional(whole('sessions', 0, 1000), '0'),
  SESSION_WHEN_FULL: v.optional(oneOf(['end-oldest', 'refuse']), 'end-oldest'),
  SESSION_MAX_BYTES: v.optional(whole('bytes', 1, MAX_ENTRY_BYTES), '102400'),
  SESSION_ENCRYPT: v.optional(
    parsed('true, false or migrate', (text) => (/^migrate$/i.test(text) ? 'migrate' : flag(text))),
    'false',
  ),
  SESSION_WARN_BYTES: v.optional(whole('bytes', 0, MAX_ENTRY_BYTES), '1024'),
  METRICS: v.optional(boolean),
  METRICS_NAMESPACE: v.optional(
    parsed('1 to 255 letters, digits or any of ./_#:-, not from ":" or "AWS/" on', (text) =>
      NAMESPACE.test(text) ? text : undefined,
    ),
    'Cloakroom',
  ),
  SERVER_TIMING: v.optional(boolean, 'false'),
  LOG_LEVEL: v.optional(v.pipe(v.string(), v.toUpperCase(), oneOf(['DEBUG', 'INFO', 'WARN', 'ERROR'])), 'info'),
  APP_KEY: v.optional(parsed('"base64:" and 32 bytes in base64', secretKey)),
  APP_PREVIOUS_KEYS: v.optional(parsed('keys as in APP_KEY, separated by commas', (text) => list(text, secretKey))),
});

export type Values = v.InferOutput<typeof Variables>;
export type VariableName = keyof Values;

export function isVariable(name: unknown): name is VariableName {
  return typeof name === 'string' && Object.hasOwn(Variables.entries, name);
}

const SECRETS: ReadonlySet<VariableName> = new Set(['APP_KEY', 'APP_PREVIOUS_KEYS'] as const);

/** What a variable holds, for a message: short, on one line, without secrets. */
export function shown(name: VariableName, value: string | undefined): string {
  if (value === undefined || value === '') return 'is not set';
  if (SECRETS.has(name)) return 'is *** (masked)';
  const text = value.replace(/^((?:[a-z][a-z\d+.-]*:)?\/*).*@/is, '$1***@'); // a password in a URL
  return `is ${JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)}`;
}
