import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, sumsOf, uncounted } from '../../src/cache/counter.ts';
import { type Delivery, shardDeliveries } from '../count/deliveries.ts';
import { tries } from '../support/property-tries.ts';

/** What a record of marks and sums comes to. */
function fold(deliveries: readonly Delivery[]) {
  const marks = new Map<string, string>();
  const counted = { created: 0, expired: 0, removed: 0 };
  for (const { shard, changes } of deliveries) {
    const left = uncounted(inOrder(changes), marks.get(shard));
    const { created, expired, removed } = sumsOf(left);
    counted.created += created;
    counted.expired += expired;
    counted.removed += removed;
    const last = left.at(-1);
    if (last !== undefined) marks.set(shard, last.sequence);
  }
  return counted;
}

describe('Counting', () => {
  it('comes to the same however often, and in whichever parts, the shards are delivered', () => {
    fc.assert(
      fc.property(shardDeliveries, ({ all, deliveries }) => {
        expect(fold(deliveries)).toEqual(sumsOf(all));
      }),
      tries(300),
    );
  });
});
