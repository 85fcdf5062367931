/**
 * What the same traffic costs with AWS's session handler for PHP and with Laravel's DynamoDB sessions. Both read and write
 * the whole session at every request, bots' included, compress nothing, and do not notice parallel writers.
 *
 * Calls and units of small sessions were measured on DynamoDB Local; those of larger ones follow from the size, which is
 * here that of the data as JSON: PHP's own serialization takes more.
 *
 * @see https://docs.aws.amazon.com/sdk-for-php/v3/developer-guide/service_dynamodb-session-handler.html
 * @see https://laravel.com/docs/session#configuration
 */
import { requestsOfVisit, type RequestKind, type Traffic } from '../traffic/traffic.ts';
import { KINDS } from './load.ts';
import { plus, readUnits, times, type Units, writeUnits } from './units.ts';

export type Peer = "AWS's handler for PHP" | 'Laravel';

export const PEERS: readonly Peer[] = ["AWS's handler for PHP", 'Laravel'];

/** What Laravel itself keeps in a session, as PHP serializes it: its token, the last address, and the flash lists. */
const LARAVEL_ATTRIBUTES =
  `a:3:{s:6:"_token";s:40:"${'x'.repeat(40)}";s:9:"_previous";a:1:{s:3:"url";s:24:"https://www.example.com/";}` +
  's:6:"_flash";a:2:{s:3:"old";a:0:{}s:3:"new";a:0:{}}}';

/** Bytes of an item besides the application's data: keys, names, and an expiry of 6. */
const BESIDE_DATA: Readonly<Record<Peer, number>> = {
  "AWS's handler for PHP": `id:PHPSESSID_${'x'.repeat(26)}:data:expires`.length + 6,
  // The session is text in the cache's serialized value: s:LENGTH:"…";
  Laravel: `key:laravel_cache_${'x'.repeat(40)}:value:s:1000:"";:expires_at`.length + LARAVEL_ATTRIBUTES.length + 6,
};

export function peerUnits(peer: Peer, kind: RequestKind, dataBytes: number): Units {
  const beside = BESIDE_DATA[peer];
  const bytes = dataBytes + beside;
  const isLaravel = peer === 'Laravel';
  /** Reading what is there and writing what there will be. */
  const both = (before: number, after: number): Units => ({
    requests: 2,
    reads: readUnits(before, isLaravel ? 'eventual' : 'consistent'),
    writes: writeUnits(after),
  });
  const usual = both(bytes, bytes);
  /** Laravel deletes the old record and writes another one; the handler for PHP reads and writes each of the two. */
  const login = isLaravel ? plus(usual, { requests: 1, reads: 0, writes: writeUnits(bytes) }) : times(usual, 2);
  const logout = isLaravel ? plus(usual, { requests: 1, reads: 0, writes: writeUnits(beside) }) : usual;
  const created = both(0, bytes);
  return { bot: both(0, beside), 'first write': created, 'read-only': usual, change: usual, login, logout }[kind];
}

/** Units per second at so many requests per second. */
export function peerLoad(peer: Peer, traffic: Traffic, rps: number): Units {
  const ofVisit = requestsOfVisit(traffic);
  const visits = rps / Object.values(ofVisit).reduce((sum, count) => sum + count, 0);
  return plus(...KINDS.map((kind) => times(peerUnits(peer, kind, traffic.size), ofVisit[kind] * visits)));
}
