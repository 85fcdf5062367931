/**
 * Makes `sls offline` start with one command, on one memory store, and close to what AWS does.
 *
 * The functions run inside this process (`useInProcess`): worker threads would each have a memory store of their own.
 * Node keeps a module under its URL for good, so each rebuild gives the bundles new ones. What must outlive a rebuild,
 * the memory engine, is kept on `globalThis` by src/handlers/.
 */
import { subscribe } from 'node:diagnostics_channel';
import { realpathSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { registerHooks } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../src/config.ts';
import { functionEnvironment, type Environment, type Logging, type Serverless } from './framework.ts';

interface Options {
  readonly host?: string;
  readonly httpPort?: string | number;
  readonly lambdaPort?: string | number;
}

class Offline {
  readonly hooks: Record<string, () => Promise<void> | void>;
  readonly #serverless: Serverless;
  readonly #cli: Options;
  readonly #log: Logging['log'];
  #builds = 0;
  #isStarting = false;

  constructor(serverless: Serverless, cli: Options, { log }: Logging) {
    this.#serverless = serverless;
    this.#cli = cli;
    this.#log = log;
    const prepare = (): Promise<void> => this.#prepare();
    this.hooks = {
      'before:offline:start': prepare,
      'before:offline:start:init': prepare,
      error: () => {
        if (this.#isStarting) endAfterMessage();
      },
      // serverless-esbuild calls this after every rebuild.
      'offline:functionsUpdated:cleanup': () => this.#useNewBuild(),
    };
  }

  async #prepare(): Promise<void> {
    this.#isStarting = true;
    const { custom, provider, functions } = this.#serverless.service;
    for (const { environment } of [provider, ...Object.values(functions)]) dropUnset(environment);
    const options: Options = { ...custom['serverless-offline'], ...this.#cli };
    const host = options.host ?? '127.0.0.1';
    const port = Number(options.httpPort ?? 3000);
    if ((await freePort(host, port)) === undefined) {
      throw this.#error(
        `Port ${port} is taken on ${host}. Choose another one: PORT=${port + 1}, or --httpPort ${port + 1}.`,
      );
    }
    // The endpoint for Lambda's own API, which nothing here calls, needs no port that two services would quarrel about.
    custom['serverless-offline'] = { ...custom['serverless-offline'], lambdaPort: await freePort(host, 0) };
    this.#announce(host, port);
    this.#loadBundlesByBuild();
    leaveRequestsToTheFunction();
  }

  /** Refuses a wrong configuration now, not at the first request. */
  #announce(host: string, port: number): void {
    const { cacheDriver, sessionDriver, dynamodb } = this.#config();
    const table = `table ${dynamodb.table}${dynamodb.endpoint === undefined ? '' : ` at ${dynamodb.endpoint}`}`;
    this.#log.notice();
    this.#log.notice(`Address:  http://${host}:${port}`);
    this.#log.notice(`Sessions: ${sessionDriver}${sessionDriver === 'dynamodb' ? `, ${table}` : ''}`);
    this.#log.notice(`Cache:    ${cacheDriver}${cacheDriver === 'dynamodb' ? `, ${table}` : ''}`);
  }

  #config() {
    try {
      return loadConfig({ ...process.env, ...functionEnvironment(this.#serverless), IS_OFFLINE: 'true' });
    } catch (error) {
      throw error instanceof Error ? this.#error(error.message) : error;
    }
  }

  #loadBundlesByBuild(): void {
    const bundles = pathToFileURL(join(realpathSync(this.#serverless.serviceDir), '.esbuild', '/')).href;
    registerHooks({
      resolve: (specifier, context, next) => {
        const resolved = next(specifier, context);
        return resolved.url.startsWith(bundles)
          ? { ...resolved, url: `${resolved.url}?build=${this.#builds}` }
          : resolved;
      },
    });
    process.setSourceMapsEnabled(true);
  }

  #useNewBuild(): void {
    this.#builds += 1;
    this.#log.notice('The changed code is at work.');
  }

  #error(message: string): Error {
    return new this.#serverless.classes.Error(message, 'CLOAKROOM_OFFLINE');
  }
}

/** The port, or for 0 any free one; `undefined` where it is taken. */
function freePort(host: string, port: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const server = createServer();
  server.once('error', () => resolve(undefined));
  server.listen(port, host, () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
  });
  return promise;
}

/** A bundle that could not be built leaves esbuild's watcher behind, which would keep a failed start running. */
function endAfterMessage(): void {
  setTimeout(() => process.exit(1), 500).unref();
}

/** A deployment leaves out variables that are null; serverless-offline would make them the text "null". */
function dropUnset(environment: Environment = {}): void {
  for (const [name, value] of Object.entries(environment)) if (value === null) delete environment[name];
}

/**
 * The function's event is made of the raw headers, so what is changed here changes only what serverless-offline makes of a
 * request by itself: it grants every origin that asks access with credentials, and it parses JSON, handing over `x` for
 * the body `"x"`. AWS leaves both to the function.
 */
function leaveRequestsToTheFunction(): void {
  subscribe('http.server.request.start', (message) => {
    const { headers } = (message as { request: IncomingMessage }).request;
    delete headers.origin;
    const type = headers['content-type'];
    if (type === undefined || /^application\/[^;]*\bjson\b/i.test(type)) headers['content-type'] = 'text/plain';
  });
}

// The framework loads plugins with require().
export { Offline as 'module.exports' };
