/** Plays random commands on a driver and on the model, and compares every answer and the state they leave. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { CacheStore, CacheValue, Lease, Precondition } from '../../src/cache/store.ts';
import { CloakroomError } from '../../src/errors.ts';
import { tries } from '../support/property-tries.ts';
import { manualTime, randomPrefix, type CreateStore, type TestTime } from './conformance.ts';
import { Model, type ModelCondition } from './model.ts';

const KEYS = ['a', 'b', 'space:a'];
const OWNERS = ['x', 'y'];

const key = fc.constantFrom(...KEYS);
const keys = fc.array(key, { minLength: 1, maxLength: 3 });
const owner = fc.constantFrom(...OWNERS);
const ttl = fc.option(fc.constantFrom(1, 2, 5), { nil: undefined });
const value = fc.oneof(
  fc.constantFrom<CacheValue[]>('', 'text', '7', 0, 1, 2.5, -3, Number.MAX_SAFE_INTEGER),
  fc.constant('long '.repeat(500)),
  fc.uint8Array({ maxLength: 4 }),
);
/** Of the record as it is, of one that was there before, or of none. */
const version = fc.constantFrom('current', 'earlier', 'none' as const);
const condition = fc.option(
  fc.oneof(
    fc.constant({ absent: true } as const),
    fc.record({ version }),
    fc.record({ owner }),
    fc.record({ version, owner }),
  ),
  { nil: undefined },
);
const milliseconds = fc.constantFrom(1, 500, 1000, 2500, 10_000);

const command = fc.oneof(
  fc.record({ do: fc.constant('get' as const), key }),
  fc.record({ do: fc.constant('getMany' as const), keys }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('set' as const), key, value, ttl, condition, release: fc.boolean() }),
  },
  fc.record({ do: fc.constant('setMany' as const), entries: fc.array(fc.tuple(key, value, ttl), { maxLength: 4 }) }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('increment' as const),
      key,
      by: fc.constantFrom(1, -2, 0, 2 ** 53 - 1),
      ttl,
    }),
  },
  fc.record({ do: fc.constant('touch' as const), key, ttl: fc.constantFrom(1, 2, 5) }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key, condition }) },
  fc.record({ do: fc.constant('deleteMany' as const), keys }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('lock' as const), key, owner, milliseconds, existing: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unlock' as const), key, owner, ttl }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      milliseconds: fc.constantFrom(1, 499, 750, 1000, 2500),
    }),
  },
  fc.record({ do: fc.constant('deleteExpired' as const) }),
  fc.record({ do: fc.constant('clear' as const) }),
);

type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;
type Condition = typeof condition extends fc.Arbitrary<infer Value> ? Value : never;

/** Which version of the driver is which write of the model: one to one. */
class Versions {
  readonly #versions = new Map<number, number>();

  /** The answer that the driver has to give, given the model's and, for versions not seen yet, the driver's own. */
  translate(expected: unknown, actual: unknown): unknown {
    if (expected instanceof Map || actual instanceof Map) {
      return new Map([...toMap(expected)].map(([name, part]) => [name, this.translate(part, toMap(actual).get(name))]));
    }
    if (!isRecord(expected) || expected instanceof Uint8Array) return expected;
    const found = isRecord(actual) ? actual : {};
    const parts = Object.entries(expected).map(([name, part]) =>
      name === 'write'
        ? ['version', this.#versionOf(part, found['version'])]
        : [name, this.translate(part, found[name])],
    );
    return Object.fromEntries(parts);
  }

  of(write: number | undefined): number | undefined {
    return write === undefined ? undefined : this.#versions.get(write);
  }

  earlierThan(write: number | undefined): number | undefined {
    return [...this.#versions.keys()].findLast((other) => other !== write);
  }

  #versionOf(write: unknown, actual: unknown): unknown {
    if (typeof write !== 'number') return undefined;
    const known = this.#versions.get(write);
    if (known !== undefined) return known;
    if (typeof actual !== 'number' || [...this.#versions.values()].includes(actual)) return 'a version not seen before';
    this.#versions.set(write, actual);
    return actual;
  }
}

function isRecord(part: unknown): part is Record<string, unknown> {
  return typeof part === 'object' && part !== null;
}

function toMap(part: unknown): Map<unknown, unknown> {
  return part instanceof Map ? part : new Map<unknown, unknown>();
}

/** One sequence: the store, the model, and the time they share. */
class Run {
  readonly #store: CacheStore;
  readonly #time: TestTime;
  readonly #model: Model;
  readonly #versions = new Versions();

  constructor(store: CacheStore, time: TestTime) {
    this.#store = store;
    this.#time = time;
    this.#model = new Model(time.now());
  }

  async play(one: Command): Promise<void> {
    const [expected, actual] = await this.#both(one);
    assert.deepEqual(actual, this.#versions.translate(expected, actual));
  }

  async finish(): Promise<void> {
    for (const name of KEYS) {
      await this.play({ do: 'get', key: name });
      await this.play({ do: 'lock', key: name, owner: 'z', milliseconds: 1, existing: false });
    }
  }

  /** What the model answers, and what the driver does. */
  async #both(one: Command): Promise<[unknown, unknown]> {
    const [store, model] = [this.#store, this.#model];
    switch (one.do) {
      case 'get':
        return [model.get(one.key), await store.get(one.key)];
      case 'getMany': {
        const entries = [...new Set(one.keys)].map((name) => [name, model.get(name)] as const);
        const actual = await store.getMany(one.keys);
        assert.deepEqual(
          [...actual.keys()].toSorted(),
          entries.flatMap(([name, entry]) => (entry ? [name] : [])).toSorted(),
        );
        return [new Map(entries.filter(([, entry]) => entry)), actual];
      }
      case 'set': {
        const [precondition, modelCondition] = this.#conditions(one.key, one.condition);
        const release = one.release && precondition?.owner !== undefined;
        const options = { ...given({ ttl: one.ttl, if: precondition }), release };
        // What a record takes is the engine's own affair.
        const { bytes: _bytes, ...result } = { bytes: 0, ...(await store.set(one.key, one.value, options)) };
        return [model.set(one.key, one.value, one.ttl, modelCondition, release), result];
      }
      case 'setMany': {
        const entries = one.entries.map(([name, content, seconds]) =>
          seconds === undefined ? ([name, content] as const) : ([name, content, seconds] as const),
        );
        return [model.setMany(entries), await store.setMany(entries)];
      }
      case 'increment':
        return [
          model.increment(one.key, one.by, one.ttl),
          await store.increment(one.key, one.by, given({ ttl: one.ttl })).catch(codeOf),
        ];
      case 'touch':
        return [model.touch(one.key, one.ttl), await store.touch(one.key, one.ttl)];
      case 'delete': {
        const [precondition, modelCondition] = this.#conditions(one.key, one.condition);
        return [model.delete(one.key, modelCondition), await store.delete(one.key, given({ if: precondition }))];
      }
      case 'deleteMany':
        for (const name of one.keys) model.delete(name);
        return [undefined, await store.deleteMany(one.keys)];
      case 'lock': {
        const lease: Lease = one;
        return [model.lock(one.key, lease), await store.lock(one.key, lease)];
      }
      case 'unlock':
        return [
          model.unlock(one.key, one.owner, one.ttl),
          await store.unlock(one.key, one.owner, given({ ttl: one.ttl })),
        ];
      case 'advance':
        await this.#time.advance(one.milliseconds);
        model.now = this.#time.now();
        return [undefined, undefined];
      case 'deleteExpired':
        for await (const { deleted, expired } of store.deleteExpired()) assert(deleted <= expired);
        return [undefined, undefined];
      case 'clear':
        break;
    }
    return [model.clear('space:'), await store.namespace('space').clear()];
  }

  /** The precondition for the driver and for the model. A write that was never seen has no version to ask for. */
  #conditions(name: string, wanted: Condition): [Precondition | undefined, ModelCondition | undefined] {
    if (wanted === undefined || 'absent' in wanted) return [wanted, wanted];
    const by = 'owner' in wanted ? { owner: wanted.owner } : {};
    if (!('version' in wanted)) return [by, by];
    const current = this.#model.get(name)?.write;
    const write = { current, earlier: this.#versions.earlierThan(current), none: -1 }[wanted.version] ?? -1;
    const asked = this.#versions.of(write);
    return [
      { ...by, version: asked ?? 0 },
      { ...by, write: asked === undefined ? -1 : write },
    ];
  }
}

/** Without the properties that are undefined: they mean the same, but are not of the type. */
function given<T extends object>(options: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, option]) => option !== undefined)) as never; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

function codeOf(error: unknown): unknown {
  if (error instanceof CloakroomError) return error.code;
  throw error;
}

/**
 * Plays `sequences` random sequences and answers what tells driver and model apart: the shortest sequence, and the seed
 * that finds it again. Empty, if nothing does.
 */
export async function differencesFromModel(createStore: CreateStore, sequences: number): Promise<string> {
  const property = fc.asyncProperty(
    fc.array(command, { minLength: 1, maxLength: 30, size: 'max' }),
    async (commands) => {
      const time = manualTime();
      const run = new Run(await createStore({ prefix: randomPrefix(), clock: time.now }), time);
      for (const one of commands) await run.play(one);
      await run.finish();
    },
  );
  const details = await fc.check(property, tries(sequences));
  if (!details.failed) return '';
  return `${await fc.asyncDefaultReportMessage(details)}\n${String(details.errorInstance)}`;
}
