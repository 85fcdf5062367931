/** How evenly the keys of sessions, and their requests, lie over a table's partitions. */
import { createHash } from 'node:crypto';
import { poisson } from '../capacity/day.ts';
import { pseudoRandom } from '../capacity/sample.ts';
import { shown } from '../capacity/text.ts';
import type { Table } from '../report/section.ts';

/**
 * DynamoDB hashes a partition key itself, with a function that it does not name; partitions are ranges of the hash. Here it
 * is MD5, as in the paper that it is named after.
 */
function partitionOf(key: string, partitions: number): number {
  return Math.floor((createHash('md5').update(key).digest().readUInt32BE(0) / 2 ** 32) * partitions);
}

/** The key of the session with this number: what an id's hash looks like. */
function sessionKey(number: number): string {
  return `session:${createHash('sha256').update(`id ${number}`).digest('base64url')}`;
}

function countBy(keys: Iterable<string>, partitions: number): number[] {
  const counts = Array.from({ length: partitions }, () => 0);
  for (const key of keys) {
    const partition = partitionOf(key, partitions);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  return counts;
}

function* sessionKeys(sessions: number): Generator<string> {
  for (let number = 0; number < sessions; number += 1) yield sessionKey(number);
}

/** Requests of a second on each partition, when every session in use is as busy as any other. */
function busiestSecond(sessions: readonly number[], rps: number, seconds: number): number {
  const random = pseudoRandom(1);
  const all = sessions.reduce((sum, one) => sum + one, 0);
  let most = 0;
  for (let second = 0; second < seconds; second += 1) {
    for (const own of sessions) most = Math.max(most, poisson((rps * own) / all, random));
  }
  return most;
}

/** Partitions as many as the table's growth asks for. */
const CASES = [
  [10, 1, 0.1],
  [1000, 1, 10],
  [100_000, 2, 1000],
  [1_000_000, 20, 10_000],
] as const;

export function keysTable(): Table {
  const rows = CASES.map(([sessions, partitions, rps]) => {
    const counts = countBy(sessionKeys(sessions), partitions);
    const mean = sessions / partitions;
    const busiest = busiestSecond(counts, rps, 600);
    return [
      sessions.toLocaleString('en-US'),
      String(partitions),
      (Math.max(...counts) / mean).toFixed(3),
      shown(rps / partitions),
      busiest.toLocaleString('en-US'),
    ];
  });
  return {
    title: 'Sessions over partitions',
    columns: [
      'sessions in use',
      'partitions',
      'fullest partition ÷ mean',
      'requests/s of a partition',
      'most in one of 600 seconds',
    ],
    rows,
  };
}
