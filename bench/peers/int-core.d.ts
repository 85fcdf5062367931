/** The part of Artillery's core that the load generator uses: it comes without types. */
declare module '@artilleryio/int-core' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';

  export type Next = (error?: Error | null) => void;

  export interface CookieJar {
    setCookieSync(cookie: string, url: string): unknown;
    setCookie(cookie: string, url: string, ...rest: readonly unknown[]): unknown;
    getCookieString(url: string, ...rest: readonly unknown[]): unknown;
  }

  /** Of one virtual user. `loopCount` is the engine's own. */
  export interface UserContext {
    readonly vars: Record<string, unknown> & { $loopCount?: number };
    readonly funcs: Readonly<Record<string, unknown>>;
    /** Made by the engine when the scenario begins. */
    _jar?: CookieJar;
  }

  export interface RequestParams {
    url: string;
    method: string;
    headers?: Readonly<Record<string, string>>;
    body?: string;
  }

  export type Response = IncomingMessage & { readonly body?: string };

  export interface Processor {
    readonly [name: string]:
      | ((params: RequestParams, context: UserContext, events: EventEmitter, next: Next) => void)
      | ((params: RequestParams, response: Response, context: UserContext, events: EventEmitter, next: Next) => void)
      | ((error: Error, params: RequestParams, context: UserContext, events: EventEmitter, next: Next) => void)
      | ((vars: UserContext['vars']) => boolean);
  }

  export interface RequestSpec {
    readonly url: string;
    readonly beforeRequest: string;
    readonly ifTrue?: string;
    readonly followRedirect: boolean;
  }

  export type Step =
    | { readonly get: RequestSpec }
    | { readonly parallel: readonly Step[]; readonly limit: number }
    | { readonly loop: readonly Step[]; readonly count: number };

  export interface Scenario {
    flow: readonly Step[];
    afterResponse: string;
    onError: string;
  }

  export interface Script {
    readonly config: {
      readonly target: string;
      readonly http: {
        /** Seconds without an answer. */
        readonly timeout: number;
        /** Sockets that all users share; without it, each user has a single one. */
        readonly pool: number;
        readonly defaults: { readonly headers: Readonly<Record<string, string>> };
      };
      readonly processor: Processor;
    };
  }

  /** Plays a scenario for one user. */
  export type Play = (context: UserContext, done: (error: Error | null) => void) => Promise<unknown>;

  export interface HttpEngine {
    init(): Promise<void>;
    createScenario(scenario: Scenario, events: EventEmitter): Play;
  }

  const core: { readonly engine_http: new (script: Script) => HttpEngine };
  export default core;
}
