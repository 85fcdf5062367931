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
  plugins: [keepOwnNames()],
  // Lambda puts the role's credentials into the environment. The SDK's own chain (profiles, SSO, web identity, EC2)
  // would be a third of the bundle.
  alias: { '@aws-sdk/credential-provider-node': './scripts/lambda-credentials.ts' },
};

/** Errors and stack traces carry the names of the project's own classes and functions; the SDK's would cost 14 KB. */
function keepOwnNames(): Plugin {
  return {
    name: 'keep-own-names',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        const { code } = await transform(await readFile(path, 'utf8'), {
          loader: 'ts',
          target: 'node24',
          keepNames: true,
        });
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
