/** Stores in memory: operations per second, bytes per entry, and whether expired entries are freed untouched. */
import type { Benchmark, BenchOptions, Section } from '../report/section.ts';
import { median } from '../subjects/median.ts';
import { ask } from './processes.ts';
import { LIFETIMES, type Figures, type Lifetime, type Results } from './results.ts';
import { OPERATIONS, type Operation, type Speeds } from './speed.ts';
import { SUBJECTS } from './subject.ts';
import { claims, tables } from './tables.ts';

const ENTRIES = 100_000;
const ROUNDS = 5;

export const benchmark: Benchmark = {
  name: 'memory',
  run: async (options): Promise<Section> => {
    const results = await measure(options);
    return {
      title: 'Stores in memory',
      about: `${results.entries} entries with keys like \`user:12345\` or \`session:\` and a hash, and text of about a hundred characters; each subject in a process of its own, interleaved.`,
      tables: tables(results),
      claims: claims(results),
      data: {
        ...results,
        figures: Object.fromEntries(results.figures),
        givenBack: Object.fromEntries(results.givenBack),
      },
    };
  },
};

async function measure({ isQuick, progress }: BenchOptions): Promise<Results> {
  const [entries, rounds] = isQuick ? [2000, 1] : [ENTRIES, ROUNDS];
  const subjects = SUBJECTS.filter((subject) => subject.isOnlyForExpiry !== true);
  const speeds = new Map<string, Speeds[]>();
  const bytes = new Map<string, number[]>();
  const arrays: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`memory, round ${round} of ${rounds}`);
    arrays.push((await ask('footprint', 'arrays', entries, 'forever')).bytes);
    for (const { name } of subjects) {
      for (const lifetime of LIFETIMES) {
        const id = `${name} ${lifetime}`;
        append(speeds, id, await ask('speed', name, entries, lifetime));
        append(bytes, id, (await ask('footprint', name, entries, lifetime)).bytes);
      }
    }
  }
  progress('memory, expired entries');
  const givenBack = new Map<string, number>();
  for (const { name } of SUBJECTS) {
    const { filled, left } = await ask('expiry', name, entries, 'ttl');
    givenBack.set(name, 1 - left / filled);
  }
  const figures = new Map<string, Figures>();
  for (const { name } of subjects) {
    const speed = (lifetime: Lifetime) => medians(speeds.get(`${name} ${lifetime}`) ?? []);
    const taken = (lifetime: Lifetime) => median(bytes.get(`${name} ${lifetime}`) ?? []);
    figures.set(name, {
      speed: { forever: speed('forever'), ttl: speed('ttl') },
      bytes: { forever: taken('forever'), ttl: taken('ttl') },
    });
  }
  return { entries, arrays: median(arrays), figures, givenBack };
}

function append<T>(lists: Map<string, T[]>, id: string, one: T): void {
  const list = lists.get(id);
  if (list) list.push(one);
  else lists.set(id, [one]);
}

function medians(rounds: readonly Speeds[]): Speeds {
  const of = (operation: Operation) => [operation, median(rounds.map((round) => round[operation]))] as const;
  return Object.fromEntries(OPERATIONS.map(of)) as Record<Operation, number>;
}
