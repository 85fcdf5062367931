/** What becomes of requests of one session that come at the same moment. */
import { startDynamoDB } from '../../scripts/emulator.ts';
import type { Benchmark, BenchOptions, Cell, Claim, Section, Table } from '../report/section.ts';
import { median } from '../subjects/median.ts';
import { Running } from '../subjects/running.ts';
import { CLOAKROOM, EXPRESS, FASTIFY, LOCKING, RAW, type Subject } from '../subjects/subjects.ts';
import { crossLogout, type Crossing } from './logout.ts';
import { type Outcome, write } from './writers.ts';

const WRITERS = 20;
const ROUNDS = 9;

const SUBJECTS = [CLOAKROOM, LOCKING, EXPRESS, FASTIFY, RAW];

interface Result {
  readonly outcomes: readonly Outcome[];
  readonly read: Crossing;
  readonly change: Crossing;
}

export const benchmark: Benchmark = {
  name: 'lost-updates',
  run: async (options): Promise<Section> => {
    const emulator = await startDynamoDB({ engine: 'dynamodb-local' });
    try {
      return sectionOf(await measure(emulator.endpoint, options));
    } finally {
      await emulator.stop();
    }
  },
};

async function measure(endpoint: string, { isQuick, progress }: BenchOptions): Promise<Map<Subject, Result>> {
  const results = new Map<Subject, Result>();
  await using stack = new AsyncDisposableStack();
  const all: { running: Running; outcomes: Outcome[] }[] = [];
  for (const [index, subject] of SUBJECTS.entries()) {
    const running = stack.use(await Running.start(subject, endpoint, `lost-updates-${index}`));
    all.push({ running, outcomes: [] });
    // Compiles what the rounds run, and opens the connections.
    await write(running, WRITERS);
  }
  for (let round = 1; round <= (isQuick ? 1 : ROUNDS); round += 1) {
    for (const { running, outcomes } of all) {
      progress(`round ${round}, ${running.subject.title}`);
      outcomes.push(await write(running, WRITERS));
    }
  }
  for (const { running, outcomes } of all) {
    const [read, change] = [await crossLogout(running, 'read'), await crossLogout(running, 'change')];
    results.set(running.subject, { outcomes, read, change });
  }
  return results;
}

function sectionOf(results: ReadonlyMap<Subject, Result>): Section {
  return {
    title: 'Lost updates',
    about: `${WRITERS} requests write ${WRITERS} different keys of one session, and each has read it before any of them writes.`,
    tables: [writersTable(results), logoutTable(results)],
    claims: [CLOAKROOM, LOCKING].flatMap((subject) => claimsOf(subject, results.get(subject))),
    data: Object.fromEntries([...results].map(([{ title }, result]) => [title, result])),
  };
}

function writersTable(results: ReadonlyMap<Subject, Result>): Table {
  return {
    title: `${WRITERS} parallel writers`,
    columns: ['', 'kept', 'told so', 'lost silently', 'requests', 'read units', 'write units', 'failed conditions'],
    rows: [...results].map(([{ title }, { outcomes }]) => {
      const fewest = (count: (outcome: Outcome) => number) => Math.min(...outcomes.map(count));
      const middle = (count: (outcome: Outcome) => number) => median(outcomes.map(count));
      return [
        title,
        `${fewest(({ survivors }) => survivors)} of ${WRITERS}`,
        fewest(({ accepted }) => accepted),
        Math.max(...outcomes.map(({ lost }) => lost)),
        middle(({ requests }) => requests),
        middle(({ readUnits }) => readUnits),
        middle(({ writeUnits }) => writeUnits),
        middle(({ failedConditions }) => failedConditions),
      ];
    }),
    notes: [
      'Kept: the fewest of all rounds. Requests and units: medians. Failed conditions are billed, and among the write units.',
      'All requests are answered by one process, so that they come closer together than instances of a function would.',
    ],
  };
}

function logoutTable(results: ReadonlyMap<Subject, Result>): Table {
  return {
    title: 'A request that is still under way while the user logs out',
    columns: ['', 'late change', 'session after it', 'late read', 'session after that'],
    rows: [...results].map(([{ title }, { change, read }]) => [title, ...cellsOf(change), ...cellsOf(read)]),
    notes: [
      'The logout is done after the request has read the session, and before it goes on. The number is the status of its answer. With its cookie: the late answer sets the cookie of the session that was logged out.',
    ],
  };
}

function cellsOf({ status, isBack, setsCookie }: Crossing): Cell[] {
  return [status, isBack ? `is back${setsCookie ? ', with its cookie' : ''}` : 'stays ended'];
}

function claimsOf({ title }: Subject, result: Result | undefined): Claim[] {
  if (result === undefined) return [];
  const { outcomes, read, change } = result;
  return [
    {
      claim: `${title}: keys kept of ${WRITERS} that were written at the same moment`,
      measured: Math.min(...outcomes.map(({ survivors }) => survivors)),
      limit: WRITERS,
      wanted: 'at least',
    },
    {
      claim: `${title}: sessions that come back after a logout`,
      measured: [read, change].filter(({ isBack }) => isBack).length,
      limit: 0,
      wanted: 'at most',
    },
  ];
}
