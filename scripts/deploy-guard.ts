/**
 * Stops `sls package` and `sls deploy` before anything is packaged where the function would refuse to start on AWS:
 * a `.env` meant for the laptop is read by them too.
 */
import { loadConfig, type DynamoDBConfig } from '../src/config.ts';
import { ConfigError } from '../src/errors.ts';
import { functionEnvironment, type Logging, type Serverless, type TableResource } from './framework.ts';

class DeployGuard {
  readonly hooks: Record<string, () => void>;
  readonly #serverless: Serverless;
  readonly #log: Logging['log'];

  constructor(serverless: Serverless, _options: unknown, { log }: Logging) {
    this.#serverless = serverless;
    this.#log = log;
    const check = (): void => this.#check();
    // `sls deploy` packages too; `sls deploy function` has a way of its own.
    this.hooks = { 'before:package:cleanup': check, 'before:deploy:function:initialize': check };
    acceptBuildProperty(serverless);
  }

  #check(): void {
    const environment = functionEnvironment(this.#serverless);
    const { Parameters, Resources } = this.#serverless.service.resources ?? {};
    // A table that somebody else provisions is not in the resources.
    const table = String(Parameters?.['CreateTable']?.Default) === 'false' ? undefined : Resources?.['CacheTable'];
    const everything = { ...environment, ...functionEnvironment(this.#serverless, 'purge') };
    const problem = longNames(this.#serverless) ?? configurationProblem(everything, table);
    if (problem !== undefined) {
      throw new this.#serverless.classes.Error(
        `Nothing was packaged: the environment or .env sets for the function what does not work on AWS.\n${problem}`,
        'CLOAKROOM_CONFIG',
      );
    }
    if (isLoopback(environment['DYNAMODB_ENDPOINT']) && process.env['AWS_ENDPOINT_URL'] === undefined) {
      this.#log.warning('DYNAMODB_ENDPOINT points to this machine: on AWS, the function will not find a table there.');
    }
  }
}

/** Lambda's limit, which CloudFormation would come upon in the middle of a deployment. */
const MAX_FUNCTION_NAME = 64;

function longNames({ service }: Serverless): string | undefined {
  const names = Object.values(service.functions).flatMap(({ name = '' }) =>
    name.length > MAX_FUNCTION_NAME ? name : [],
  );
  if (names.length === 0) return undefined;
  return `Names of functions have ${MAX_FUNCTION_NAME} characters at the most; choose a shorter stage or service: ${names.join(', ')}.`;
}

function configurationProblem(environment: Record<string, string>, table?: TableResource): string | undefined {
  try {
    // The name is what tells the function that it runs on AWS.
    const { cacheDriver, dynamodb } = loadConfig({ ...environment, AWS_LAMBDA_FUNCTION_NAME: 'http' });
    if (cacheDriver === 'memory') {
      return 'CACHE_DRIVER (or CACHE_STORE) is "memory": each instance of the function would have a cache of its own. Use dynamodb.';
    }
    return table === undefined ? undefined : tableProblem(dynamodb, table);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** The function and the table of resources/dynamodb.yml have to agree. */
function tableProblem({ table, attributes }: DynamoDBConfig, { Properties }: TableResource): string | undefined {
  const { TableName, KeySchema, TimeToLiveSpecification } = Properties;
  const pairs = [
    ['DYNAMODB_CACHE_TABLE', table, TableName],
    ['DYNAMODB_KEY_ATTRIBUTE', attributes.key, KeySchema[0]?.AttributeName],
    ['DYNAMODB_EXPIRES_ATTRIBUTE', attributes.expires, TimeToLiveSpecification?.AttributeName],
  ] as const;
  const problems = pairs.flatMap(([name, expected, actual]) =>
    typeof actual === 'string' && actual !== expected
      ? [`${name} is "${expected}", but resources/dynamodb.yml has "${actual}".`]
      : [],
  );
  return problems.length === 0 ? undefined : problems.join('\n');
}

/** See `build` in serverless.yml: Serverless Inc.'s v4 defines it, osls does not. */
function acceptBuildProperty({ configSchemaHandler }: Serverless): void {
  if (configSchemaHandler.schema.properties['build'] !== undefined) return;
  configSchemaHandler.defineTopLevelProperty('build', {
    type: 'object',
    properties: { esbuild: { const: false } },
    additionalProperties: false,
  });
}

function isLoopback(endpoint: string | undefined): boolean {
  return endpoint !== undefined && /^https?:\/\/(localhost|127\.|\[::1\])/i.test(endpoint);
}

// The framework loads plugins with require().
export { DeployGuard as 'module.exports' };
