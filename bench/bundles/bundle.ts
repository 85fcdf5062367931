/** Bundles functions for the benchmarks: Cloakroom's as `sls package` does, others as serverless-esbuild does unless told otherwise. */
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import * as configuration from '../../esbuild.config.ts';

export type BundledAs = 'cloakroom' | 'cjs' | 'esm';

const ROOT = join(import.meta.dirname, '../..');

/** Relative to the project. */
export const CLOAKROOM = 'src/handlers/http.ts';

const USUAL: BuildOptions = { bundle: true, minify: true, platform: 'node', target: 'node24' };

/** For CommonJS packages in an ES module. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * @param entry relative to the project
 * @returns the bundle's path
 */
export async function bundle(entry: string, as: BundledAs, folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.${as === 'cjs' ? 'cjs' : 'mjs'}`);
  await build({ ...optionsOf(as), entryPoints: [join(ROOT, entry)], outfile, absWorkingDir: ROOT, logLevel: 'error' });
  return outfile;
}

function optionsOf(as: BundledAs): BuildOptions {
  if (as === 'cloakroom') return packagedOptions();
  return as === 'cjs' ? { ...USUAL, format: 'cjs' } : { ...USUAL, format: 'esm', banner: { js: REQUIRE } };
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
  return own;
}
