/** Keys that many requests share, against what one partition gives. */
import { poisson } from '../capacity/day.ts';
import { expectedFailures, ON_AWS } from '../capacity/race.ts';
import { pseudoRandom, sampleData } from '../capacity/sample.ts';
import { countBytes, liveCount } from '../capacity/live-count.ts';
import { recordSizes } from '../capacity/sizes.ts';
import { shown } from '../capacity/text.ts';
import { unitsOf } from '../capacity/units.ts';
import { PARTITION } from '../capacity/recommend.ts';
import type { Table } from '../report/section.ts';

/** Of increments at random, the share that is more than a second gives; each key on a partition of its own. */
export function throttledIncrements(perSecond: number, keys: number): number {
  const random = pseudoRandom(1);
  let asked = 0;
  let refused = 0;
  for (let second = 0; second < 600; second += 1) {
    for (let key = 0; key < keys; key += 1) {
      const count = poisson(perSecond / keys, random);
      asked += count;
      refused += Math.max(0, count - PARTITION.writes);
    }
  }
  return refused / asked;
}

export function countersTable(): Table {
  const rows = [500, 900, 1000, 2000, 5000].map((perSecond) => [
    perSecond.toLocaleString('en-US'),
    ...[1, 10].map((keys) => `${shown(throttledIncrements(perSecond, keys) * 100)} %`),
  ]);
  return {
    title: 'Counters',
    columns: ['increments/s', 'refused, of one key', 'refused, spread over 10 keys'],
    rows,
  };
}

/** What a login costs by how many sessions the user has. */
export function registryTable(): Table {
  const rows = [0, 1, 7, 20, 100, 999].map((otherSessions) => {
    const sizes = recordSizes(sampleData(300), { otherSessions });
    const { reads, writes } = unitsOf('login, new visitor', sizes);
    const perSecond = Math.floor(PARTITION.writes / Math.max(1, Math.ceil(sizes.registryWith / 1024)));
    return [
      String(otherSessions),
      sizes.registryWith.toLocaleString('en-US'),
      shown(reads),
      shown(writes),
      perSecond.toLocaleString('en-US'),
    ];
  });
  return {
    title: "A user's record",
    columns: [
      'other sessions of the user',
      'bytes',
      'RCU of a login',
      'WCU of a login',
      'logins/s of that user at the most',
    ],
    rows,
  };
}

/** Parallel changes of one session. */
export function pageTable(): Table {
  const rows = [1, 2, 3, 4, 6, 10, 20].map((writers) => {
    const failures = expectedFailures(writers, ON_AWS);
    return [String(writers), shown(failures), shown(writers + failures), shown((writers + failures) / writers)];
  });
  return {
    title: 'One page that changes its session several times',
    columns: ['changes at the same moment', 'failed conditions', 'WCU of one key', 'WCU of a change'],
    rows,
  };
}

/** The record of the live count, when each shard of the stream has something in each of its batches. */
export function countTable(): Table {
  const rows = [1, 10, 60, 90, 200].map((partitions) => {
    const { requests, writes } = liveCount(100 * partitions, partitions);
    return [
      String(partitions),
      Math.ceil(countBytes(partitions) / 1024).toLocaleString('en-US'),
      shown(requests),
      shown(writes),
    ];
  });
  return {
    title: 'The count of sessions',
    columns: ['partitions', 'KB of the record', 'writes/s', 'WCU of that key'],
    rows,
  };
}
