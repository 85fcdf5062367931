/**
 * What the same traffic costs with AWS's session handler for PHP and with Laravel's DynamoDB sessions, from what each kind
 * of request costs them (bench/units/php.ts). Neither notices parallel writers, and both lose updates for it; what those
 * that wait for a lock consume is left out.
 *
 * @see https://docs.aws.amazon.com/sdk-for-php/v3/developer-guide/service_dynamodb-session-handler.html
 * @see https://laravel.com/docs/session#configuration
 */
import { requestsOfVisit, type RequestKind, type Traffic } from '../traffic/traffic.ts';
import type { Family } from '../units/kinds.ts';
import { bytesOfLaravelItem, bytesOfPhpItem, type Cost, costOfLaravel, costOfPhp } from '../units/php.ts';
import { KINDS } from './load.ts';
import { type Mode, plus, times, type Units } from './units.ts';

export type Peer = "AWS's PHP handler" | 'Laravel';

export const PEERS: readonly Peer[] = ["AWS's PHP handler", 'Laravel'];

const COSTS: Readonly<Record<Peer, (family: Family, bytes: number) => Cost>> = {
  "AWS's PHP handler": costOfPhp,
  Laravel: costOfLaravel,
};

const BYTES: Readonly<Record<Peer, (bytes: number) => number>> = {
  "AWS's PHP handler": bytesOfPhpItem,
  Laravel: bytesOfLaravelItem,
};

const FAMILIES: Readonly<Record<RequestKind, Family>> = {
  bot: 'no session',
  'first write': 'first write',
  'read-only': 'read-only',
  change: 'change',
  login: 'regenerate',
  logout: 'destroy',
};

/** @param mode with locking, requests of pages have their lock there too: like is compared with like */
export function peerUnits(
  peer: Peer,
  kind: RequestKind,
  dataBytes: number,
  { locking = false }: Pick<Mode, 'locking'> = {},
): Units {
  const isLocked = locking && (kind === 'read-only' || kind === 'change');
  const { requests, readUnits, writeUnits } = COSTS[peer](isLocked ? 'locked' : FAMILIES[kind], dataBytes);
  return { requests, reads: readUnits, writes: writeUnits };
}

/** Units per second at so many requests per second. */
export function peerLoad(peer: Peer, traffic: Traffic, rps: number, mode: Pick<Mode, 'locking'> = {}): Units {
  const ofVisit = requestsOfVisit(traffic);
  const visits = rps / Object.values(ofVisit).reduce((sum, count) => sum + count, 0);
  return plus(...KINDS.map((kind) => times(peerUnits(peer, kind, traffic.size, mode), ofVisit[kind] * visits)));
}

/** Bytes of the record of a session with so much data; of a bot, which has none, there is one with 0. */
export function peerRecord(peer: Peer, dataBytes: number): number {
  return BYTES[peer](dataBytes);
}
