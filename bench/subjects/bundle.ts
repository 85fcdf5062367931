/** Handlers as `sls package` would make them: Cloakroom with its own options, the peers with the usual ones. */
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import * as configuration from '../../esbuild.config.ts';

const ROOT = join(import.meta.dirname, '../..');

export type SubjectName =
  | 'cloakroom'
  | 'express'
  | 'fastify'
  | 'hono'
  | 'bare'
  | 'plain'
  | 'raw-sdk'
  | 'raw-transport'
  | 'raw-middy'
  | 'one-get'
  | 'one-get-tuned';

interface Source {
  readonly entry: string;
  readonly options: BuildOptions;
}

/** What serverless-esbuild makes of a service that sets no more than `minify`, and leaves nothing out of its bundle. */
const USUAL: BuildOptions = { bundle: true, minify: true, platform: 'node', target: 'node24', absWorkingDir: ROOT };

const COMMON_JS: BuildOptions = { ...USUAL, format: 'cjs' };

const ES_MODULE: BuildOptions = {
  ...USUAL,
  format: 'esm',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

/** Fastify's plugins are registered with `await`, at the top: that takes an ES module. */
const SOURCES: Readonly<Record<SubjectName, Source>> = {
  cloakroom: { entry: 'src/handlers/http.ts', options: packagedOptions() },
  express: { entry: 'bench/peers/express.ts', options: COMMON_JS },
  fastify: { entry: 'bench/peers/fastify.ts', options: ES_MODULE },
  hono: { entry: 'bench/peers/hono.ts', options: ES_MODULE },
  bare: { entry: 'bench/peers/bare.ts', options: COMMON_JS },
  plain: { entry: 'bench/peers/plain.ts', options: COMMON_JS },
  'raw-sdk': { entry: 'bench/functions/plain-sdk.ts', options: COMMON_JS },
  'raw-transport': { entry: 'bench/functions/plain-transport.ts', options: COMMON_JS },
  'raw-middy': { entry: 'bench/functions/middy-sdk.ts', options: COMMON_JS },
  'one-get': { entry: 'bench/functions/one-get.ts', options: COMMON_JS },
  // With the options of Cloakroom's own bundle, but with the SDK in it, which it has no use for.
  'one-get-tuned': { entry: 'bench/functions/one-get.ts', options: { ...packagedOptions(), external: [] } },
};

export interface BundleOptions {
  /** For the peers other than Fastify, which is always an ES module. @default what starts faster: CommonJS, for Hono an ES module */
  readonly format?: 'cjs' | 'esm';
}

/**
 * Writes the bundle of a subject into a folder.
 *
 * @returns the path of the module that exports `handler`
 */
export async function bundle(name: SubjectName, folder: string, { format }: BundleOptions = {}): Promise<string> {
  const { entry, options: own } = SOURCES[name];
  const options = format === undefined || name === 'cloakroom' ? own : format === 'cjs' ? COMMON_JS : ES_MODULE;
  const outfile = join(
    folder,
    `${name}${format === undefined ? '' : `-${format}`}.${options.format === 'esm' ? 'mjs' : 'cjs'}`,
  );
  await build({ ...options, entryPoints: [join(ROOT, entry)], outfile, logLevel: 'error' });
  return outfile;
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
  return { ...own, absWorkingDir: ROOT };
}
