/** How serverless-esbuild bundles the functions: small for AWS, readable for a local run. */
import { readFile } from 'node:fs/promises';
import { transform, type BuildOptions, type Plugin } from 'esbuild';

/** The part of the framework's object that is read here. */
interface Serverless {
  readonly processedInput: { readonly commands: readonly string[] };
}

interface Options extends BuildOptions {
  readonly outputFileExtension: string;
  readonly outputWorkFolder?: string;
  /** External, and not packaged either. */
  readonly exclude?: string[];
  readonly watch?: { readonly pattern: string[] };
}

const common: Options = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outputFileExtension: '.mjs',
  // ES modules shake better than the CommonJS that `platform: node` would take.
  mainFields: ['module', 'main'],
  // Loaded only where a client of the SDK is handed in, or a developer's credentials are to be found; Lambda brings it.
  external: ['@aws-sdk/*'],
  exclude: ['@aws-sdk/*'],
  // Nothing bundled today needs it; CommonJS packages that an application adds fail without it.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

const local: Options = {
  ...common,
  sourcemap: 'inline',
  sourcesContent: false,
  outputWorkFolder: '.esbuild/local',
  watch: { pattern: ['src/**/*.ts'] },
};

const packaged: Options = {
  ...common,
  minify: true,
  // Of its own: it is removed afterwards, while `sls offline` may be running.
  outputWorkFolder: '.esbuild/package',
  plugins: [requireHttp(), keepErrorNames()],
};

/**
 * `import` reads all that a built-in module exports. Among node:http's is WebSocket, for which Node then loads all of
 * undici: a quarter of a start. Fetched like this, nothing is loaded that is not used.
 */
function requireHttp(): Plugin {
  return {
    name: 'require-http',
    setup(build) {
      build.onResolve({ filter: /^(?:node:)?http$/ }, () => ({ path: 'node:http', namespace: 'built-in' }));
      build.onLoad({ filter: /^/, namespace: 'built-in' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      }));
    },
  };
}

/** Errors carry the name of their class. For all code, esbuild's `keepNames` would cost 17 KB. */
function keepErrorNames(): Plugin {
  return {
    name: 'keep-error-names',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (!/^export (abstract )?class \w+ extends \w*Error\b/m.test(source)) return undefined;
        const { code } = await transform(source, { loader: 'ts', target: 'node24', keepNames: true });
        return { contents: code, loader: 'js' };
      });
    },
  };
}

function options({ processedInput: { commands } }: Serverless): Options {
  return commands[0] === 'offline' || commands[0] === 'invoke' ? local : packaged;
}

// serverless-esbuild loads this file with require() and calls what it gets.
export { options as 'module.exports' };
