/**
 * Two regions of a global table with eventual consistency: conditions look at the own region's item, and of two items that
 * meet, the one that was written last stays whole.
 */
import { pseudoRandom } from '../capacity/sample.ts';
import { shown } from '../capacity/text.ts';
import type { Table } from '../report/section.ts';

/** AWS: "usually within a second". */
const REPLICATION_MS = 800;

interface Item {
  readonly writtenAt: number;
  /** Changes that it holds; absent: it was deleted. */
  readonly changes?: ReadonlySet<number>;
}

interface Arrival {
  readonly at: number;
  readonly item: Item;
}

/** A session in two regions. */
class Replicas {
  readonly #items: Item[] = [0, 1].map(() => ({ writtenAt: 0, changes: new Set<number>() }));
  readonly #onTheWay: Arrival[][] = [[], []];

  /** What a region has at a time. */
  at(region: number, now: number): Item {
    const arrived = (this.#onTheWay[region] ?? []).filter(({ at }) => at <= now);
    for (const { item } of arrived) if (item.writtenAt > this.#own(region).writtenAt) this.#items[region] = item;
    this.#onTheWay[region] = (this.#onTheWay[region] ?? []).filter(({ at }) => at > now);
    return this.#own(region);
  }

  write(region: number, item: Item): void {
    this.#items[region] = item;
    this.#onTheWay[1 - region]?.push({ at: item.writtenAt + REPLICATION_MS, item });
  }

  #own(region: number): Item {
    return this.#items[region] ?? { writtenAt: 0 };
  }
}

const CHANGES = 200;
const SESSIONS = 50;

/** Of changes that were answered with success, the share that no region has in the end. */
export function lostChanges(everyMs: number, otherRegion: number): number {
  const random = pseudoRandom(1);
  let lost = 0;
  for (let session = 0; session < SESSIONS; session += 1) {
    const replicas = new Replicas();
    let now = 1;
    for (let change = 0; change < CHANGES; change += 1) {
      now += everyMs * (0.5 + random());
      const region = random() < otherRegion ? 1 : 0;
      const { changes = new Set() } = replicas.at(region, now);
      replicas.write(region, { writtenAt: now, changes: new Set([...changes, change]) });
    }
    lost += CHANGES - (replicas.at(0, now + 1e6).changes?.size ?? 0);
  }
  return lost / (CHANGES * SESSIONS);
}

/** Of logouts in one region, the share after which a change in the other one, so much later, brings the session back. */
export function undoneLogouts(afterMs: number): number {
  const random = pseudoRandom(2);
  let undone = 0;
  for (let session = 0; session < 1000; session += 1) {
    const replicas = new Replicas();
    replicas.write(0, { writtenAt: 1, changes: new Set([0]) });
    replicas.at(1, 5000);
    replicas.write(0, { writtenAt: 5000 });
    const then = 5000 + afterMs * (0.5 + random());
    // The condition asks for the version that was read; where the deletion has not arrived, it holds.
    const seen = replicas.at(1, then);
    if (seen.changes !== undefined) replicas.write(1, { writtenAt: then, changes: new Set([0, 1]) });
    if (replicas.at(0, 1e6).changes !== undefined) undone += 1;
  }
  return undone / 1000;
}

export function regionsTable(): Table {
  const rows = [50, 200, 1000, 5000, 30_000].map((everyMs) => [
    everyMs.toLocaleString('en-US'),
    `${shown(lostChanges(everyMs, 0) * 100)} %`,
    `${shown(lostChanges(everyMs, 0.1) * 100)} %`,
    `${shown(lostChanges(everyMs, 0.5) * 100)} %`,
    `${shown(undoneLogouts(everyMs) * 100)} %`,
  ]);
  return {
    title: 'Two regions that write the same session',
    columns: [
      'ms between changes',
      'lost, one region',
      'lost, a tenth in the other region',
      'lost, half in the other region',
      'logouts undone by a change in the other region so much later',
    ],
    rows,
  };
}
