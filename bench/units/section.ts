/** Requests, read units and write units of each kind of request, and what a million of them cost. */
import { readPrices } from '../capacity/prices.ts';
import type { Benchmark, Section } from '../report/section.ts';
import { startDynamoDB } from '../../scripts/emulator.ts';
import type { Bill } from '../subjects/meter.ts';
import { Running } from '../subjects/running.ts';
import {
  CLOAKROOM,
  EVENTUAL,
  EXPRESS,
  FASTIFY,
  LOCKING,
  NOT_ROLLING,
  RAW,
  type Subject,
} from '../subjects/subjects.ts';
import { claimsAgainst } from './claims.ts';
import { type Kind, KINDS, LOCKED_AND_SAVED, LOCKED_KINDS } from './kinds.ts';
import { measure } from './measure.ts';
import { costOfLaravel, costOfPhp } from './php.ts';
import { billsTable, dollarsTables, sizesTable, type Bills } from './tables.ts';

const REGION = 'us-east-1';

const LARAVEL = 'Laravel';
const PHP = "AWS's PHP handler";

export const benchmark: Benchmark = {
  name: 'units',
  run: async ({ progress }): Promise<Section> => {
    const emulator = await startDynamoDB({ engine: 'dynamodb-local' });
    try {
      const subjects = [CLOAKROOM, EVENTUAL, EXPRESS, FASTIFY, NOT_ROLLING, RAW, LOCKING];
      let done = 0;
      progress(`${subjects.length} subjects`);
      // Nothing is timed here: all at the same time.
      const bills = await Promise.all(
        subjects.map(async (subject) => {
          const kinds = subject === LOCKING ? [...LOCKED_KINDS, LOCKED_AND_SAVED] : KINDS;
          const own = await billsOf(subject, emulator.endpoint, kinds);
          done += 1;
          progress(`${done} of ${subjects.length} subjects`);
          return [subject.title, own] as const;
        }),
      );
      return sectionOf(Object.fromEntries(bills));
    } finally {
      await emulator.stop();
    }
  },
};

/** What a subject is billed for each kind of request, by the kind's name. */
export async function billsOf(subject: Subject, endpoint: string, kinds: readonly Kind[]): Promise<Bills> {
  await using running = await Running.start(subject, endpoint, `units-${subject.title.replaceAll(/[^a-z]+/gi, '-')}`);
  const bills: Record<string, Bill> = {};
  for (const kind of kinds) bills[kind.name] = await measure(running, kind);
  return bills;
}

function sectionOf(measured: Readonly<Record<string, Bills>>): Section {
  const all = [...KINDS, ...LOCKED_KINDS];
  const computed = (costOf: typeof costOfPhp): Bills =>
    Object.fromEntries(all.map(({ name, family, bytes }) => [name, { ...costOf(family, bytes), failedConditions: 0 }]));
  const of = ({ title }: Subject): Bills => measured[title] ?? {};
  const locked = of(LOCKING);
  const own = { ...of(CLOAKROOM), ...locked };
  const eventual = { ...of(EVENTUAL), ...locked };
  const php = computed(costOfPhp);
  const laravel = computed(costOfLaravel);
  const bills: Readonly<Record<string, Bills>> = {
    [CLOAKROOM.title]: own,
    [EVENTUAL.title]: eventual,
    [EXPRESS.title]: of(EXPRESS),
    [FASTIFY.title]: of(FASTIFY),
    [RAW.title]: of(RAW),
    [PHP]: php,
    [LARAVEL]: laravel,
  };
  const { asOf, source, regions } = readPrices();
  const prices = regions[REGION];
  if (prices === undefined) throw new Error(`There are no prices of ${REGION}.`);
  const compared = (mine: Bills, theirs: Bills) =>
    all.flatMap((kind) => {
      const [one, other] = [mine[kind.name], theirs[kind.name]];
      return one === undefined || other === undefined ? [] : [{ kind, own: one, other }];
    });
  return {
    title: 'What a request costs',
    about:
      'Requests to DynamoDB, read units and write units of one request, measured between the function, as it is packaged, and DynamoDB Local.',
    tables: [
      billsTable(all, bills, {
        notRolling: of(NOT_ROLLING)['read-only, 0.3 KB'],
        saved: locked[LOCKED_AND_SAVED.name],
      }),
      sizesTable(bills),
      ...dollarsTables(bills, prices, `Prices of ${REGION} as of ${asOf}, ${source}, without taxes and free units.`),
    ],
    claims: [
      ...claimsAgainst(PHP, compared(own, php), prices),
      ...claimsAgainst(`${LARAVEL}, both with eventual reads`, compared(eventual, laravel), prices),
    ],
    data: { bills: { ...bills, [NOT_ROLLING.title]: of(NOT_ROLLING) }, prices: { region: REGION, asOf, ...prices } },
  };
}
