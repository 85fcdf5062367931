/**
 * `npm run dev:dynamodb`: `sls offline` on a DynamoDB emulator, with the table of resources/dynamodb.yml. The emulator
 * keeps its tables in memory and ends with this process.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config.ts';
import { createTable, startDynamoDB } from './emulator.ts';

const args = process.argv.slice(2);
loadDotenv(parseArgs({ args, options: { stage: { type: 'string', short: 's' } }, strict: false }).values.stage);

const { engine, endpoint } = await startDynamoDB();
Object.assign(process.env, {
  CACHE_DRIVER: 'dynamodb',
  SESSION_DRIVER: 'dynamodb',
  // Empty is unset, and keeps .env from setting it again.
  CACHE_STORE: '',
  DYNAMODB_ENDPOINT: endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
});
// The names .env gives to the table and its attributes hold for the emulator's table too.
const { table, attributes } = loadConfig({ ...process.env, IS_OFFLINE: 'true' }).dynamodb;
process.env['DYNAMODB_CACHE_TABLE'] = table;
await createTable(endpoint, table, attributes);
console.log(`DynamoDB: ${engine} at ${endpoint}, table ${table}`);

// In this very process, so that one signal ends everything.
const serverless = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
process.argv = [process.execPath, serverless, 'offline', ...args];
createRequire(import.meta.url)(serverless);

/** As the framework does for `useDotenv`: the stage's file replaces the common one, and the environment wins over both. */
function loadDotenv(stage: string | boolean | undefined): void {
  const file = [`.env.${typeof stage === 'string' ? stage : 'dev'}`, '.env'].find((name) => existsSync(name));
  if (file !== undefined) process.loadEnvFile(file);
}
