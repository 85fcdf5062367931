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
  readonly watch?: { readonly pattern: string[] };
}

/** What the function does not need of the AWS SDK once it is on Lambda. A local run has the whole SDK. */
const STAND_INS = './scripts/sdk-stand-ins.ts';

const common: Options = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outputFileExtension: '.mjs',
  // The ES modules of the AWS SDK shake better than its CommonJS, which is what `platform: node` would take.
  mainFields: ['module', 'main'],
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
  plugins: [keepErrorNames()],
  alias: {
    '@aws-sdk/credential-provider-node': STAND_INS,
    '@aws-sdk/endpoint-cache': STAND_INS,
    '@smithy/core/event-streams': STAND_INS,
  },
};

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
