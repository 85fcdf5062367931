import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTable, startDynamoDB, type Emulator } from '../../scripts/emulator.ts';
import { copyProject, packagedZip, runServerless, unzip } from './project.ts';

const run = promisify(execFile);

/** Invokes the bundle as Lambda does, with an HTTP API event, and prints the answer. */
const INVOKE = `
const { handler } = await import('./http.mjs');
const [method, path] = process.argv.slice(2);
const event = {
  version: '2.0', routeKey: '$default', rawPath: path, rawQueryString: '', isBase64Encoded: false,
  headers: { host: 'api.example' },
  requestContext: { http: { method, path, sourceIp: '127.0.0.1' }, domainName: 'api.example', stage: '$default' },
};
const answer = await handler(event, { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'test' });
console.log(JSON.stringify(answer));
process.exit();
`;

/** Stands before the emulator, and remembers the headers of what comes. */
interface Recorder {
  readonly url: string;
  readonly headers: IncomingHttpHeaders[];
  stop(): Promise<void>;
}

async function startRecorder(target: string): Promise<Recorder> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((incoming, answer) => {
    headers.push(incoming.headers);
    const outgoing = request(target, { method: 'POST', headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    incoming.pipe(outgoing);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}`, headers, stop };
}

let folder: string;
let emulator: Emulator;
let recorder: Recorder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloakroom-'));
  const project = await copyProject();
  await runServerless(project, ['package']);
  const code = (await unzip(await packagedZip(project))).get('src/handlers/http.mjs') ?? '';
  await project.remove();
  await writeFile(join(folder, 'http.mjs'), code);
  await writeFile(join(folder, 'invoke.mjs'), INVOKE);
  emulator = await startDynamoDB({ engine: 'dynalite' });
  await createTable(emulator.endpoint, 'sessions');
  recorder = await startRecorder(emulator.endpoint);
}, 60_000);

afterAll(async () => {
  await recorder.stop();
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

function lambdaEnvironment(own: Record<string, string>): NodeJS.ProcessEnv {
  return {
    AWS_LAMBDA_FUNCTION_NAME: 'cloakroom-dev-http',
    AWS_REGION: 'eu-central-1',
    DYNAMODB_CACHE_TABLE: 'sessions',
    AWS_ENDPOINT_URL_DYNAMODB: recorder.url,
    ...own,
  };
}

async function invoke(
  method: string,
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<{ statusCode: number; body: string }> {
  const { stdout } = await run(process.execPath, [join(folder, 'invoke.mjs'), method, path], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };

test('the packaged function stores a session with the credentials of its environment', async () => {
  const { statusCode, body } = await invoke('POST', '/session/visits', lambdaEnvironment(KEYS));
  expect(JSON.parse(body)).toEqual({ visits: 1 });
  expect(statusCode).toBe(200);
  expect(recorder.headers).toEqual([expect.objectContaining({ 'x-amz-security-token': 'token' })]);
  expect(recorder.headers[0]?.authorization).toMatch(/Credential=key\//);
});

test('the packaged function answers 503 without credentials', async () => {
  const { AWS_ENDPOINT_URL_DYNAMODB: _unset, ...env } = lambdaEnvironment({});
  const { statusCode } = await invoke('POST', '/session/visits', env);
  expect(statusCode).toBe(503);
});

test('the packaged function does not start with sessions in memory', async () => {
  await expect(invoke('GET', '/health', lambdaEnvironment({ SESSION_DRIVER: 'memory' }))).rejects.toThrow(
    /ConfigError[\s\S]*SESSION_DRIVER is "memory"/,
  );
});
