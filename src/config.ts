/** The environment as one typed, validated object. Nothing else reads `process.env`. */
import * as v from 'valibot';
import type { DriverName } from './cache/create.ts';
import type { Credentials } from './cache/drivers/dynamodb/signature.ts';
import type { Seconds } from './cache/store.ts';
import { cookieName } from './session/cookie-name.ts';
import { isVariable, shown, type Values, type VariableName, Variables } from './config/variables.ts';
import { ConfigError } from './errors.ts';

export type { DriverName } from './cache/create.ts';

export type SameSite = 'lax' | 'strict' | 'none';

export interface DynamoDBConfig {
  readonly table: string;
  readonly region?: string;
  /** Those of the environment, which Lambda gives to a function; absent: the AWS SDK looks for a developer's. */
  readonly credentials?: Credentials;
  readonly endpoint?: string;
  readonly consistentRead: boolean;
  readonly attributes: { readonly key: string; readonly value: string; readonly expires: string };
  readonly valueType: 'string' | 'binary';
}

export interface CookieConfig {
  /** As browsers see it, with its `__Host-` or `__Secure-` prefix. */
  readonly name: string;
  readonly path: string;
  readonly domain?: string;
  readonly secure: boolean;
  readonly sameSite: SameSite;
  readonly partitioned: boolean;
}

export interface SessionConfig {
  /** Seconds without a request after which a session ends. */
  readonly lifetime: Seconds;
  /** Seconds from its creation after which a session ends; 0: never. */
  readonly absoluteLifetime: Seconds;
  readonly expireOnClose: boolean;
  readonly maxBytes: number;
  readonly cookie: CookieConfig;
  /** Whether a session is locked for the length of its request. */
  readonly locking: boolean;
  readonly lockWait: Seconds;
  readonly lockLease: Seconds;
  /** Milliseconds. */
  readonly lockRetryMin: number;
  readonly lockRetryMax: number;
  /** Seconds that an id which was replaced still answers requests on their way; 0: none. */
  readonly regenerateGrace: Seconds;
  /** Sessions that a user may have at once; 0: any number, up to 1,000. */
  readonly maxPerUser: number;
  readonly whenFull: 'end-oldest' | 'refuse';
  /** Whether session data is encrypted; `migrate`: clear records are read too. */
  readonly encrypt: boolean | 'migrate';
  /** 32 bytes each, the current one first; empty: cookies are not signed. */
  readonly keys: readonly Uint8Array[];
}

export interface Config {
  /** On AWS itself: not in tests, and not under serverless-offline. */
  readonly onLambda: boolean;
  readonly demo: boolean;
  readonly appUrl?: URL;
  readonly allowedOrigins: readonly string[];
  readonly cspReportUrl?: URL;
  readonly cacheDriver: DriverName;
  readonly sessionDriver: DriverName;
  readonly cachePrefix: string;
  readonly dynamodb: DynamoDBConfig;
  /** Read plus write units that the deletion of expired records may consume in any second; absent: unlimited. */
  readonly purgeCapacity?: number;
  readonly session: SessionConfig;
  readonly telemetry: TelemetryConfig;
}

export interface TelemetryConfig {
  readonly metrics: boolean;
  /** Whether answers say what they asked of the store. */
  readonly serverTiming: boolean;
  readonly namespace: string;
  /** The function's, which on Lambda holds service and stage too. */
  readonly functionName: string;
  /** Lines of log and metrics are JSON on Lambda, and text for people elsewhere. */
  readonly format: 'json' | 'text';
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** A session's record above this many bytes, as stored, is warned of; 0: none. */
  readonly warnBytes: number;
}

/**
 * Reads and checks all settings; an empty variable is an unset one.
 *
 * @throws ConfigError with one message that names every wrong variable, what it holds (secrets masked) and what is allowed
 * @example
 * const config = loadConfig();
 * const store = createStore({ driver: config.cacheDriver, prefix: config.cachePrefix, dynamodb: config.dynamodb });
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const problems: Problems = new Map();
  const values = readVariables(env, problems);
  const config = combine(values, problems);
  if (problems.size === 0) return config;
  const lines = [...problems].map(([name, allowed]) => `  ${name} ${shown(name, env[name])}; allowed: ${allowed}`);
  throw new ConfigError(`The configuration is wrong. Environment variables to correct:\n${lines.join('\n')}`);
}

/** What is allowed, by the name of the variable that holds something else. */
type Problems = Map<VariableName, string>;

/** Every variable's own value. A wrong one is noted, and read as its default so that the others can still be checked. */
function readVariables(env: NodeJS.ProcessEnv, problems: Problems): Values {
  const given = Object.fromEntries(
    Object.keys(Variables.entries).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const result = v.safeParse(Variables, given);
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const name = issue.path?.[0].key;
    if (!isVariable(name)) continue;
    problems.set(name, issue.message);
    delete given[name];
  }
  return v.parse(Variables, given);
}

/** The rules that need more than one variable, and the object they end in. */
function combine(values: Values, problems: Problems): Config {
  const onLambda = values.AWS_LAMBDA_FUNCTION_NAME !== undefined && !values.IS_OFFLINE;
  /** Notes a problem, unless it only follows from another one. */
  const refuse = (name: VariableName, allowed: string, ...because: VariableName[]): void => {
    if (![name, ...because].some((known) => problems.has(known))) problems.set(name, allowed);
  };
  const appUrl = values.APP_URL;
  return {
    onLambda,
    demo: values.DEMO ?? !onLambda,
    ...(appUrl && { appUrl }),
    allowedOrigins: [...new Set(values.ALLOWED_ORIGINS)],
    ...(values.CSP_REPORT_URL && { cspReportUrl: values.CSP_REPORT_URL }),
    ...drivers(values, onLambda, refuse),
    cachePrefix: values.CACHE_PREFIX,
    dynamodb: dynamodb(values, refuse),
    ...(values.PURGE_CAPACITY !== undefined && { purgeCapacity: values.PURGE_CAPACITY }),
    session: {
      lifetime: values.SESSION_LIFETIME * 60,
      absoluteLifetime: values.SESSION_ABSOLUTE_LIFETIME * 60,
      expireOnClose: values.SESSION_EXPIRE_ON_CLOSE,
      maxBytes: values.SESSION_MAX_BYTES,
      cookie: cookie(values, onLambda, refuse),
      locking: values.SESSION_LOCKING,
      lockWait: values.SESSION_LOCK_WAIT,
      lockLease: values.SESSION_LOCK_LEASE,
      lockRetryMin: values.SESSION_LOCK_RETRY_MIN,
      lockRetryMax: lockRetryMax(values, refuse),
      regenerateGrace: values.SESSION_REGENERATE_GRACE,
      maxPerUser: values.SESSION_MAX_PER_USER,
      whenFull: values.SESSION_WHEN_FULL,
      encrypt: values.SESSION_ENCRYPT,
      keys: keys(values, refuse),
    },
    telemetry: {
      metrics: values.METRICS ?? onLambda,
      serverTiming: values.SERVER_TIMING,
      namespace: values.METRICS_NAMESPACE,
      functionName: (onLambda ? values.AWS_LAMBDA_FUNCTION_NAME : undefined) ?? 'local',
      format: onLambda ? 'json' : 'text',
      logLevel: values.LOG_LEVEL,
      warnBytes: values.SESSION_WARN_BYTES,
    },
  };
}

type Refuse = (name: VariableName, allowed: string, ...because: VariableName[]) => void;

function drivers(values: Values, onLambda: boolean, refuse: Refuse): Pick<Config, 'cacheDriver' | 'sessionDriver'> {
  const { CACHE_DRIVER, CACHE_STORE, SESSION_DRIVER } = values;
  if (CACHE_DRIVER !== undefined && CACHE_STORE !== undefined && CACHE_DRIVER !== CACHE_STORE) {
    refuse('CACHE_STORE', `the same as CACHE_DRIVER, which is "${CACHE_DRIVER}", or only one of them`);
  }
  const cacheDriver = CACHE_DRIVER ?? CACHE_STORE ?? (onLambda ? 'dynamodb' : 'memory');
  const sessionDriver = SESSION_DRIVER ?? cacheDriver;
  if (onLambda && sessionDriver === 'memory') {
    const allowed = 'not memory for sessions on Lambda, where each instance would have its own; use dynamodb';
    if (SESSION_DRIVER !== undefined) refuse('SESSION_DRIVER', allowed);
    else refuse(CACHE_DRIVER === undefined ? 'CACHE_STORE' : 'CACHE_DRIVER', allowed, 'SESSION_DRIVER');
  }
  return { cacheDriver, sessionDriver };
}

function dynamodb(values: Values, refuse: Refuse): DynamoDBConfig {
  const attributes = {
    key: values.DYNAMODB_KEY_ATTRIBUTE,
    value: values.DYNAMODB_VALUE_ATTRIBUTE,
    expires: values.DYNAMODB_EXPIRES_ATTRIBUTE,
  };
  const names = [
    ['DYNAMODB_KEY_ATTRIBUTE', attributes.key, 'key'],
    ['DYNAMODB_VALUE_ATTRIBUTE', attributes.value, 'value'],
    ['DYNAMODB_EXPIRES_ATTRIBUTE', attributes.expires, 'expires_at'],
  ] as const;
  for (const [variable, name, standard] of names) {
    const shared = names.filter(([, other]) => other === name).length > 1;
    if (shared && name !== standard) refuse(variable, 'a name that no other attribute has');
  }
  const endpoint = values.DYNAMODB_ENDPOINT ?? values.AWS_ENDPOINT_URL_DYNAMODB ?? values.AWS_ENDPOINT_URL;
  const region = values.AWS_REGION ?? values.AWS_DEFAULT_REGION;
  const credentials = credentialsOf(values);
  return {
    table: values.DYNAMODB_CACHE_TABLE,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    consistentRead: values.DYNAMODB_CONSISTENT_READ,
    attributes,
    valueType: values.DYNAMODB_VALUE_TYPE,
  };
}

/** A profile that was named goes before keys in the environment, as the AWS SDK has it. */
function credentialsOf(values: Values): Credentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = values;
  if (accessKeyId === undefined || secretAccessKey === undefined || values.AWS_PROFILE !== undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

function cookie(values: Values, onLambda: boolean, refuse: Refuse): CookieConfig {
  const { APP_URL: appUrl, SESSION_DOMAIN: domain, SESSION_SAME_SITE: sameSite } = values;
  const overHttps = onLambda || appUrl?.protocol === 'https:';
  const secure = values.SESSION_SECURE_COOKIE ?? overHttps;
  if (overHttps && !secure) {
    refuse('SESSION_SECURE_COOKIE', 'true on Lambda and with an https APP_URL; false is for local http', 'APP_URL');
  }
  if (sameSite === 'none' && !secure) {
    refuse('SESSION_SAME_SITE', 'none only for a secure cookie', 'SESSION_SECURE_COOKIE', 'APP_URL');
  }
  if (values.SESSION_PARTITIONED_COOKIE && !secure) {
    refuse('SESSION_PARTITIONED_COOKIE', 'true only for a secure cookie', 'SESSION_SECURE_COOKIE', 'APP_URL');
  }
  if (domain !== undefined && appUrl !== undefined && !`.${appUrl.hostname}`.endsWith(`.${domain}`)) {
    refuse('SESSION_DOMAIN', "the host of APP_URL or a domain above it: browsers drop others' cookies");
  }
  const path = values.SESSION_PATH ?? (appUrl?.pathname.replace(/\/+$/, '') || '/');
  const named = cookieName(values.SESSION_COOKIE, { secure, path, domain });
  if ('refused' in named) {
    refuse('SESSION_COOKIE', named.refused, 'SESSION_SECURE_COOKIE', 'SESSION_DOMAIN', 'SESSION_PATH', 'APP_URL');
  }
  return {
    name: 'name' in named ? named.name : values.SESSION_COOKIE,
    path,
    ...(domain !== undefined && { domain }),
    secure,
    sameSite,
    partitioned: values.SESSION_PARTITIONED_COOKIE,
  };
}

function lockRetryMax(
  { SESSION_LOCK_RETRY_MIN: minimum, SESSION_LOCK_RETRY_MAX: maximum }: Values,
  refuse: Refuse,
): number {
  if (maximum < minimum) {
    refuse('SESSION_LOCK_RETRY_MAX', `at least SESSION_LOCK_RETRY_MIN, which is ${minimum}`, 'SESSION_LOCK_RETRY_MIN');
  }
  return maximum;
}

function keys(values: Values, refuse: Refuse): readonly Uint8Array[] {
  const { APP_KEY: current, APP_PREVIOUS_KEYS: previous = [] } = values;
  if (current === undefined && previous.length > 0) {
    refuse('APP_PREVIOUS_KEYS', 'nothing while APP_KEY is not set', 'APP_KEY');
  }
  if (current === undefined && values.SESSION_ENCRYPT !== false) {
    refuse('SESSION_ENCRYPT', 'false while APP_KEY is not set: there is nothing to encrypt with', 'APP_KEY');
  }
  return current === undefined ? [] : [current, ...previous];
}
