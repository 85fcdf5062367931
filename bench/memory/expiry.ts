/** Fills a store with entries that live a second, leaves it alone, and looks how much memory came back. */
import { setTimeout as delay } from 'node:timers/promises';
import { fill, heapBytes, warmUp } from './footprint.ts';
import { keyOf } from './entries.ts';
import type { Keeper } from './subject.ts';

export interface ExpiryReport {
  /** Bytes that the entries took, all together. */
  readonly filled: number;
  /** Of these, still taken after they have expired. */
  readonly left: number;
}

const TTL_SECONDS = 1;
/** Cloakroom's entries live up to a second longer than their ttl, and its timer ticks each second. */
const WAIT_MS = 4000;

export async function expiryReport(open: () => Promise<Keeper>, entries: number): Promise<ExpiryReport> {
  await warmUp(await open());
  const before = heapBytes();
  const keeper = await open();
  await fill(keeper, entries, () => TTL_SECONDS);
  const filled = heapBytes() - before;
  await delay(WAIT_MS);
  const left = heapBytes() - before;
  await keeper.get(keyOf(0));
  return { filled, left };
}
