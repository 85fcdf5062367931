/** From nothing to the first answer: what a function's bundle weighs, and how long its start takes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { rounded } from '../latency/percentiles.ts';
import { median } from '../subjects/median.ts';
import { environmentOf, Subject, type Environment } from '../latency/subject.ts';
import { beginSession, putRecord, type Seed } from '../latency/subjects.ts';
import type { Benchmark, BenchOptions, Section } from '../report/section.ts';
import { rotated } from '../latency/rounds.ts';
import { bundle, type SubjectName } from '../subjects/bundle.ts';
import { temporaryFolder } from '../subjects/folder.ts';
import { APP_KEY } from '../subjects/subjects.ts';
import { startOnce, type Start } from './start.ts';

interface Specification {
  readonly name: string;
  readonly bundled: SubjectName;
  readonly format?: 'cjs' | 'esm';
  readonly env?: Environment;
  readonly seed: Seed;
}

interface Started extends Specification {
  readonly file: string;
  readonly cookie: string;
  readonly starts: Start[];
}

const CLOAKROOM = 'Cloakroom, packaged';
const BARE = 'Middy + router + one GetItem, CommonJS';
const TUNED = 'Middy + router + one GetItem, bundled as Cloakroom is';

/** Cloakroom with signed cookies, as the peers have them. */
export const SUBJECTS: readonly Specification[] = [
  { name: CLOAKROOM, bundled: 'cloakroom', env: { APP_KEY }, seed: beginSession },
  { name: 'Cloakroom, METRICS=false', bundled: 'cloakroom', env: { APP_KEY, METRICS: 'false' }, seed: beginSession },
  { name: BARE, bundled: 'one-get', format: 'cjs', seed: putRecord },
  { name: 'Middy + router + one GetItem, ES module', bundled: 'one-get', format: 'esm', seed: putRecord },
  { name: TUNED, bundled: 'one-get-tuned', seed: putRecord },
  { name: 'express-session + connect-dynamodb', bundled: 'express', seed: beginSession },
  { name: '@fastify/session + connect-dynamodb', bundled: 'fastify', seed: beginSession },
  { name: 'Hono + iron-session: a cookie, no store', bundled: 'hono', seed: beginSession },
];

export const benchmark: Benchmark = { name: 'cold-start', run };

async function run({ isQuick, progress }: BenchOptions): Promise<Section> {
  using folder = temporaryFolder('cold-start');
  const emulator = await startDynamoDB();
  const { endpoint, engine } = emulator;
  try {
    await createTable(endpoint, 'cache');
    const subjects: Started[] = [];
    for (const one of SUBJECTS) subjects.push(await prepared(one, folder.path, endpoint));
    const worker = await bundledWorker(folder.path);
    const starts = isQuick ? 2 : 25;
    for (let start = 0; start < starts; start++) {
      progress(`start ${start + 1} of ${starts}`);
      // Another one begins each time: none always starts after the same other.
      for (const { file, cookie, env, starts: done } of rotated(subjects, start)) {
        done.push(await startOnce(worker, file, cookie, environmentOf(endpoint, env)));
      }
    }
    return await sectionOf(subjects, engine);
  } finally {
    await emulator.stop();
  }
}

async function prepared(one: Specification, folder: string, endpoint: string): Promise<Started> {
  const { format } = one;
  const file = await bundle(one.bundled, folder, format === undefined ? {} : { format });
  await using subject = await Subject.start(file, environmentOf(endpoint, one.env));
  const cookie = await one.seed(subject, endpoint);
  return { ...one, file, cookie, starts: [] };
}

async function bundledWorker(folder: string): Promise<string> {
  const outfile = join(folder, 'worker.mjs');
  const entry = join(import.meta.dirname, 'worker.ts');
  await build({ bundle: true, platform: 'node', format: 'esm', entryPoints: [entry], outfile });
  return outfile;
}

async function sectionOf(subjects: readonly Started[], engine: string): Promise<Section> {
  const figures = await Promise.all(subjects.map(figuresOf));
  const totalOf = (name: string): number => figures.find((one) => one.name === name)?.totalMs ?? NaN;
  return {
    title: 'Cold start',
    about: `From the start of a process to the first session read and answered, on ${engine}: medians of ${subjects[0]?.starts.length ?? 0} starts in turn.`,
    tables: [
      {
        title: 'Size of the bundle, and milliseconds to the first answer',
        columns: ['', 'KiB', 'KiB zipped', 'load', 'first answer', 'both', 'whole process'],
        rows: figures.map((one) => [
          one.name,
          rounded(one.bytes / 1024),
          rounded(one.zipped / 1024),
          rounded(one.loadMs),
          rounded(one.answerMs),
          rounded(one.totalMs),
          rounded(one.processMs),
        ]),
        notes: [
          'All is bundled with esbuild and minified, the AWS SDK included where it is used.',
          'Without NODE_COMPILE_CACHE: on Lambda a new instance has none, as the function’s own folder can’t be written to.',
        ],
      },
    ],
    claims: [
      [BARE, 'next to Middy with its router and one GetItem, bundled the usual way'],
      [TUNED, 'next to the same, bundled as Cloakroom is'],
    ].map(([other = '', words = '']) => ({
      claim: `Cloakroom: load and first session read, ${words}`,
      measured: rounded(totalOf(CLOAKROOM) / totalOf(other), 3),
      limit: 1,
      wanted: 'at most',
      unit: '×',
    })),
    data: { engine, subjects: subjects.map(({ name, starts }) => ({ name, starts })), figures },
  };
}

/** Medians; sizes in bytes. */
async function figuresOf({ name, file, starts }: Started) {
  const code = await readFile(file);
  return {
    name,
    bytes: code.length,
    zipped: deflateRawSync(code).length,
    loadMs: median(starts.map(({ loadMs }) => loadMs)),
    answerMs: median(starts.map(({ answerMs }) => answerMs)),
    totalMs: median(starts.map(({ loadMs, answerMs }) => loadMs + answerMs)),
    processMs: median(starts.map(({ processMs }) => processMs)),
  };
}
