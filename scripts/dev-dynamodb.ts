/**
 * `npm run dev:dynamodb`: `sls offline` on a DynamoDB emulator, with the table of resources/dynamodb.yml. The emulator
 * keeps its tables in memory, and ends with `sls offline`. serverless-offline knows no streams: the table's is read here,
 * and counts the sessions as the function `count` does on AWS.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { createCount } from '../src/app/count.ts';
import { DynamoDBCounter } from '../src/cache/drivers/dynamodb/counter.ts';
import { type Config, loadConfig } from '../src/config.ts';
import { loadDotenv } from './dotenv.ts';
import { createTable, startDynamoDB } from './emulator.ts';
import { follow, TableStream } from './stream.ts';

const args = process.argv.slice(2);
const { stage } = parseArgs({ args, options: { stage: { type: 'string', short: 's' } }, strict: false }).values;
loadDotenv(typeof stage === 'string' ? stage : undefined);

const emulator = await startDynamoDB();
const ended = new AbortController();
let counting: Promise<void> | undefined;
try {
  const { engine, endpoint } = emulator;
  const env = localEnvironment(endpoint);
  // The names .env gives to the table and its attributes hold for the emulator's table too.
  const config = loadConfig({ ...env, IS_OFFLINE: 'true' });
  const { table, attributes } = config.dynamodb;
  await createTable(endpoint, table, attributes, { stream: engine === 'dynamodb-local' });
  console.log(`DynamoDB: ${engine} at ${endpoint}, table ${table}`);
  if (engine === 'dynamodb-local') counting = count(config, await TableStream.open(endpoint, table));
  else console.log('GET /stats has nothing to say: dynalite has no streams. DynamoDB Local, with Java 17, has.');
  process.exitCode = await runOffline({ ...env, DYNAMODB_CACHE_TABLE: table });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  ended.abort();
  await counting;
  await emulator.stop();
}

function count({ cachePrefix: prefix, dynamodb }: Config, stream: TableStream): Promise<void> {
  const counter = new DynamoDBCounter({ ...dynamodb, prefix, name: 'sessions' });
  const handler = createCount({ counter, prefix, keyAttribute: dynamodb.attributes.key });
  return follow(stream, (event) => handler(event, {}), { signal: ended.signal, failed });
}

function failed(error: unknown): void {
  console.error(`count: ${error instanceof Error ? error.message : 'failed'}`);
}

function localEnvironment(endpoint: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CACHE_DRIVER: 'dynamodb',
    SESSION_DRIVER: 'dynamodb',
    // Empty is unset, and keeps .env from setting it again.
    CACHE_STORE: '',
    DYNAMODB_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
  };
}

/** Runs `sls offline` until it ends, and answers its exit code. */
async function runOffline(env: NodeJS.ProcessEnv): Promise<number> {
  const serverless = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const child = spawn(process.execPath, [serverless, 'offline', ...args], { stdio: 'inherit', env });
  // A terminal's ctrl-C reaches both. What ends only this process has to end the other one too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  await once(child, 'exit');
  return child.exitCode ?? 1;
}
