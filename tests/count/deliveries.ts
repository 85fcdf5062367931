/** Deliveries of a stream as Lambda makes them at its worst, drawn by fast-check. */
import * as fc from 'fast-check';
import { type Change, SEQUENCE_DIGITS } from '../../src/cache/counter.ts';

export interface Delivery {
  readonly shard: string;
  readonly changes: readonly Change[];
}

const kinds = ['created', 'expired', 'removed'] as const;

/** A shard's whole stream, with gaps in its numbers and some of different lengths. */
const stream = fc
  .array(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 1, max: 999 })), { minLength: 1, maxLength: 25 })
  .map((drawn) => {
    let number = 1;
    return drawn.map(([kind, gap]): Change => {
      number += gap;
      return { kind, sequence: String(number).padStart(SEQUENCE_DIGITS, '0'), at: 1_700_000_000_000 + number };
    });
  });

/**
 * All of a shard in order, each part for the first time after those before it; and any parts of what was delivered
 * already, again, in between.
 */
function deliveriesOf(shard: string) {
  return fc
    .tuple(stream, fc.array(fc.tuple(fc.nat(), fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }))))
    .map(([changes, steps]) => {
      const deliveries: Delivery[] = [];
      let done = 0;
      for (const [size, back, again] of [...steps, [changes.length, 0, []] as const]) {
        // A batch may also begin with what was counted: it was split differently the first time.
        const from = done - (done === 0 ? 0 : back % (done + 1));
        const end = Math.min(changes.length, done + 1 + (size % 6));
        deliveries.push({ shard, changes: changes.slice(from, end) });
        done = Math.max(done, end);
        for (const [start, length] of again) {
          const first = start % done;
          deliveries.push({ shard, changes: changes.slice(first, Math.min(done, first + 1 + (length % 8))) });
        }
      }
      deliveries.push({ shard, changes: changes.slice(done) });
      return { changes, deliveries: deliveries.filter((delivery) => delivery.changes.length > 0) };
    });
}

/** Of several shards, interleaved. */
export const shardDeliveries = fc
  .tuple(
    fc
      .array(fc.constant(undefined), { minLength: 1, maxLength: 4 })
      .chain((shards) => fc.tuple(...shards.map((_none, index) => deliveriesOf(`shard-${index}`)))),
    fc.array(fc.nat(), { minLength: 1, maxLength: 200 }),
  )
  .map(([shards, picks]) => {
    const queues = shards.map(({ deliveries }) => [...deliveries]);
    const deliveries: Delivery[] = [];
    for (let turn = 0; queues.some((queue) => queue.length > 0); turn++) {
      const waiting = queues.filter((queue) => queue.length > 0);
      const next = waiting[(picks[turn % picks.length] ?? 0) % waiting.length]?.shift();
      if (next !== undefined) deliveries.push(next);
    }
    return { all: shards.flatMap(({ changes }) => changes), deliveries };
  });
