/**
 * Requests to warm functions, one at a time as Lambda sends them: on DynamoDB Local, whose own time is part of what is
 * measured, and against a stub that answers at once, for the processor time that is a function's own.
 */
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import type { Benchmark, BenchOptions, Cell, Claim, Section, Table } from '../report/section.ts';
import { startStub } from '../stub/start.ts';
import type { StubItem } from '../stub/stub.ts';
import { bundle } from '../subjects/bundle.ts';
import { temporaryFolder } from '../subjects/folder.ts';
import { rounded } from './percentiles.ts';
import { measureInRounds, ratioOf, type Kinds, type Results, type RoundsOptions, type Runner } from './rounds.ts';
import { environmentOf, Subject } from './subject.ts';
import {
  CLOAKROOM_ON_LAMBDA,
  CLOAKROOM_QUIET,
  itemsOf,
  RAW,
  RAW_BEHIND_MIDDY,
  RAW_OVER_TRANSPORT,
  SUBJECTS,
  type Specification,
} from './subjects.ts';

const READ = 'GET /session';
const CHANGE = 'POST /session/visits';
const STORE = 'PUT /session/data/a';

const KINDS: Kinds = {
  [READ]: { method: 'GET', path: '/session' },
  [CHANGE]: { method: 'POST', path: '/session/visits' },
  [STORE]: { method: 'PUT', path: '/session/data/a', body: '"a hat"' },
};

interface Bundled extends Specification {
  readonly file: string;
}

interface Seeded extends Bundled {
  readonly cookie: string;
}

export const benchmark: Benchmark = { name: 'latency', run };

async function run({ isQuick, progress }: BenchOptions): Promise<Section> {
  using folder = temporaryFolder('latency');
  const bundled = await Promise.all(
    SUBJECTS.map(async (one) => ({ ...one, file: await bundle(one.bundled, folder.path) })),
  );
  progress('on an emulator');
  const onEmulator = await measureOnEmulator(
    bundled,
    isQuick ? { rounds: 2, requests: 3, warmUp: 2 } : { rounds: 25, requests: 40, warmUp: 300, progress },
  );
  progress('against a stub');
  const { seeded, items } = onEmulator;
  const onStub = await measureOnStub(
    seeded,
    items,
    isQuick ? { rounds: 2, requests: 5, warmUp: 5 } : { rounds: 25, requests: 200, warmUp: 2000, progress },
  );
  return sectionOf(onEmulator.results, onStub, onEmulator.engine);
}

async function measureOnEmulator(bundled: readonly Bundled[], options: RoundsOptions) {
  const emulator = await startDynamoDB();
  const { endpoint, engine } = emulator;
  await using started = new AsyncDisposableStack();
  started.defer(() => emulator.stop());
  await createTable(endpoint, 'cache');
  const seeded: Seeded[] = [];
  const runners: Runner[] = [];
  for (const one of bundled) {
    const subject = started.use(await Subject.start(one.file, environmentOf(endpoint, one.env)));
    const cookie = await one.seed(subject, endpoint);
    seeded.push({ ...one, cookie });
    runners.push({ name: one.name, subject, cookie });
  }
  // Before anything is measured, so that all records are as they begin.
  const items = await itemsOf(endpoint, 'cache', 'key');
  return { results: await measureInRounds(runners, KINDS, options), seeded, items, engine };
}

async function measureOnStub(seeded: readonly Seeded[], items: readonly StubItem[], options: RoundsOptions) {
  const stub = await startStub(items);
  const { endpoint } = stub;
  await using started = new AsyncDisposableStack();
  started.defer(() => stub.stop());
  const runners: Runner[] = [];
  for (const { name, file, env, cookie } of seeded) {
    runners.push({ name, cookie, subject: started.use(await Subject.start(file, environmentOf(endpoint, env))) });
  }
  return await measureInRounds(runners, KINDS, options); // before the subjects end
}

function sectionOf(onEmulator: Results, onStub: Results, engine: string): Section {
  return {
    title: 'Latency of warm functions',
    about:
      'Requests one at a time, as Lambda sends them, to functions that run at the same time and are measured in turn: medians of rounds, sessions of 300 bytes, connections kept open.',
    tables: [...Object.keys(KINDS).map((kind) => latencyTable(kind, onEmulator, engine)), ownTimeTable(onStub)],
    claims: claimsOf(onEmulator),
    data: { engine, onEmulator, onStub },
  };
}

function latencyTable(kind: string, results: Results, engine: string): Table {
  const figures = results[kind] ?? {};
  const bases = [RAW, RAW_OVER_TRANSPORT, RAW_BEHIND_MIDDY].flatMap((name) => figures[name] ?? []);
  return {
    title: `${kind}: ${kind === READ ? 'read-only' : 'read and change'}, on ${engine}`,
    columns: ['', 'p50 ms', 'p95 ms', 'requests/s', '× raw', '× raw, same transport', '× raw, behind Middy'],
    rows: Object.entries(figures).map(([name, one]) => [
      name,
      rounded(one.p50Ms, 2),
      rounded(one.p95Ms, 2),
      Math.round(one.perSecond),
      ...bases.map((base) => rounded(ratioOf(one, base), 2)),
    ]),
    notes: [
      'Raw calls are GetItem, and for changes also UpdateItem under the same condition, in a function that does nothing else.',
      'Ratios are medians of the rounds’ ratios of p50. The emulator and the functions share the machine.',
      ...(kind === READ
        ? [
            'The peers write the expiry with every request that reads, Cloakroom once in a tenth of the lifetime: not in these.',
          ]
        : [
            'The peers write with PutItem and without a condition, which DynamoDB Local answers sooner than UpdateItem.',
          ]),
    ],
  };
}

function ownTimeTable(results: Results): Table {
  const names = Object.keys(results[READ] ?? {});
  const cells = (name: string): Cell[] =>
    Object.values(results).flatMap((figures): Cell[] => {
      const one = figures[name];
      return one === undefined ? ['', ''] : [Math.round(one.cpuUs), Math.round(one.p50Ms * 1000)];
    });
  return {
    title: 'Own time of a request, against a stub of DynamoDB that answers at once',
    columns: ['', ...Object.keys(results).flatMap((kind) => [`${kind}: processor µs`, `${kind}: p50 µs`])],
    rows: names.map((name) => [name, ...cells(name)]),
    notes: ['Processor time is that of the function’s whole process, in user and in system mode.'],
  };
}

function claimsOf(results: Results): Claim[] {
  const claim = (text: string, kind: string, subject: string, limit: number): Claim[] => {
    const own = results[kind]?.[subject];
    const raw = results[kind]?.[RAW];
    if (own === undefined || raw === undefined) return [];
    return [{ claim: text, measured: rounded(ratioOf(own, raw), 3), limit, wanted: 'at most', unit: '×' }];
  };
  return [CLOAKROOM_ON_LAMBDA, CLOAKROOM_QUIET].flatMap((name) => [
    ...claim(`${name}: a read-only request, next to GetItem in a plain function with the AWS SDK`, READ, name, 1.1),
    ...claim(`${name}: a change, next to GetItem and UpdateItem in such a function`, CHANGE, name, 1.15),
    ...claim(`${name}: a value stored, next to GetItem and UpdateItem in such a function`, STORE, name, 1.15),
  ]);
}
