/**
 * Instances of the packaged function as Lambda runs them: each answers one request at a time, one more is started when
 * all are busy, and past a limit requests wait.
 */
import { Instance } from '../../tests/service/packaged.ts';

export class Instances implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;
  readonly #limit: number;
  readonly #all = new Set<Instance>();
  readonly #idle: Instance[] = [];
  readonly #line: ((instance: Instance) => void)[] = [];
  #starting = 0;
  #isOver = false;

  constructor(env: Readonly<Record<string, string>>, limit: number) {
    this.#env = env;
    this.#limit = limit;
  }

  /** @throws Error where the instance ends, or can't be started */
  async invoke(event: unknown): Promise<unknown> {
    const instance = await this.#take();
    try {
      const answer = await instance.invoke(event);
      this.#giveBack(instance);
      return answer;
    } catch (error) {
      // Lambda goes on without an instance whose function failed.
      this.#all.delete(instance);
      void instance[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#all].map((instance) => instance[Symbol.asyncDispose]()));
  }

  async #take(): Promise<Instance> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.size + this.#starting >= this.#limit) {
      const { promise, resolve } = Promise.withResolvers<Instance>();
      this.#line.push(resolve);
      return promise;
    }
    this.#starting += 1;
    try {
      const instance = await Instance.start(this.#env);
      this.#all.add(instance);
      if (this.#isOver) await instance[Symbol.asyncDispose]();
      return instance;
    } finally {
      this.#starting -= 1;
    }
  }

  #giveBack(instance: Instance): void {
    // What the function has written is of no use here, and would grow for an hour.
    instance.output = '';
    const next = this.#line.shift();
    if (next === undefined) this.#idle.push(instance);
    else next(instance);
  }
}
