/**
 * Milliseconds from loading the packaged function to its first session read answered, next to a bare Middy handler with
 * the router and one GetItem, bundled as serverless-esbuild does unless told otherwise. Medians, interleaved, each start
 * in a process of its own, on DynamoDB Local where Java is found, else on dynalite.
 *
 * `npm run bench:start-up -- [starts]`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import * as configuration from '../../esbuild.config.ts';
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { keyOf, newId } from '../../src/session/ids.ts';

const root = join(import.meta.dirname, '../..');
const starts = Number(process.argv[2] ?? 15);
const folder = mkdtempSync(join(tmpdir(), 'cloakroom-start-'));
const emulator = await startDynamoDB();

try {
  await createTable(emulator.endpoint, 'cache');
  const id = newId();
  const store = new DynamoDBStore({ endpoint: emulator.endpoint });
  await store
    .namespace('session')
    .set(keyOf(id), `{"data":{"visits":1},"created":${Math.floor(Date.now() / 1000)}}`, { ttl: 3600 });

  const esm: BuildOptions = {
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  };
  const usual: BuildOptions = { bundle: true, minify: true, platform: 'node', target: 'node24', absWorkingDir: root };
  const subjects = [
    await subject('Cloakroom, packaged', 'src/handlers/http.ts', packagedOptions(), 'http.mjs', `__Host-session=${id}`),
    {
      ...(await subject('the same', 'src/handlers/http.ts', packagedOptions(), 'quiet.mjs', `__Host-session=${id}`)),
      name: 'the same, METRICS=false',
      env: { METRICS: 'false' },
    },
    await subject('bare Middy, CommonJS', 'bench/start/bare.ts', { ...usual, format: 'cjs' }, 'bare.cjs', ''),
    await subject('bare Middy, ES module', 'bench/start/bare.ts', { ...usual, ...esm }, 'bare.mjs', ''),
  ];
  for (let start = 0; start < starts; start++) for (const one of subjects) one.starts.push(measure(one));
  console.log(`${starts} starts each, Node ${process.version}, ${emulator.engine}; medians in ms`);
  console.table(
    Object.fromEntries(
      subjects.map(({ name, file, starts: runs }) => [
        name,
        {
          KiB: (statSync(file).size / 1024).toFixed(1),
          load: median(runs.map(({ load }) => load)),
          'first answer': median(runs.map(({ answer }) => answer)),
          total: median(runs.map(({ total }) => total)),
        },
      ]),
    ),
  );
} finally {
  await emulator.stop();
  rmSync(folder, { recursive: true });
}

interface Start {
  readonly load: number;
  readonly answer: number;
  readonly total: number;
}

interface Subject {
  readonly name: string;
  readonly file: string;
  readonly cookie: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly starts: Start[];
}

async function subject(
  name: string,
  entry: string,
  options: BuildOptions,
  file: string,
  cookie: string,
): Promise<Subject> {
  const outfile = join(folder, file);
  await build({ ...options, entryPoints: [join(root, entry)], outfile });
  return { name, file: outfile, cookie, starts: [] };
}

function measure({ file, cookie, env = {} }: Subject): Start {
  const output = execFileSync(process.execPath, [join(import.meta.dirname, 'measure.ts'), file, cookie], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_LAMBDA_FUNCTION_NAME: 'http',
      AWS_ENDPOINT_URL_DYNAMODB: emulator.endpoint,
      DYNAMODB_CACHE_TABLE: 'cache',
      DEMO: 'true',
      ...env,
    },
  });
  // Before it stands the line of metrics.
  const { statusCode, body, ...start } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Start & {
    statusCode: number;
    body: string;
  };
  if (statusCode !== 200 || (cookie !== '' && !body.includes('"visits":1')))
    throw new Error(`Unexpected answer: ${output}`);
  return start;
}

/** The options of `sls package`, without those that are serverless-esbuild's own. */
function packagedOptions(): BuildOptions {
  const { 'module.exports': options } = configuration as unknown as {
    'module.exports': (serverless: object) => BuildOptions & Record<string, unknown>;
  };
  const {
    outputFileExtension: _extension,
    outputWorkFolder: _folder,
    exclude: _exclude,
    watch: _watch,
    ...own
  } = options({ processedInput: { commands: ['package'] } });
  return { ...own, absWorkingDir: root };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}
