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
import type { RequestKind, Traffic } from '../traffic/traffic.ts';
import { requestsOfVisit } from '../traffic/traffic.ts';
import { plus, readUnits, times, type Units, writeUnits } from './units.ts';

export type Peer = "AWS's handler for PHP" | 'Laravel';

export const PEERS: readonly Peer[] = ["AWS's handler for PHP", 'Laravel'];

/** Key, names and expiry, and what the framework itself keeps in a session: its token, flash lists, the last address. */
const BESIDE_DATA: Readonly<Record<Peer, number>> = { "AWS's handler for PHP": 100, Laravel: 350 };

export function peerUnits(peer: Peer, kind: RequestKind, dataBytes: number): Units {
  const bytes = dataBytes + BESIDE_DATA[peer];
  const bot = BESIDE_DATA[peer];
  if (peer === 'Laravel') {
    const usual = (size: number, read = size): Units => ({
      requests: 2,
      reads: readUnits(read, 'eventual'),
      writes: writeUnits(size),
    });
    // A new id, and a logout, delete the old record and write a new one.
    const replaced: Units = { requests: 3, reads: readUnits(bytes, 'eventual'), writes: 2 * writeUnits(bytes) };
    const ended: Units = { ...replaced, writes: writeUnits(bytes) + writeUnits(bot) };
    return {
      bot: usual(bot, 0),
      'first write': usual(bytes, 0),
      'read-only': usual(bytes),
      change: usual(bytes),
      login: replaced,
      logout: ended,
    }[kind];
  }
  const usual = (size: number, read = size): Units => ({
    requests: 2,
    reads: readUnits(read),
    writes: writeUnits(size),
  });
  return {
    bot: usual(bot, 0),
    'first write': usual(bytes, 0),
    'read-only': usual(bytes),
    change: usual(bytes),
    login: times(usual(bytes), 2),
    logout: usual(bytes),
  }[kind];
}

/** Units per second at so many requests per second. */
export function peerLoad(peer: Peer, traffic: Traffic, rps: number): Units {
  const ofVisit = requestsOfVisit(traffic);
  const visits = rps / Object.values(ofVisit).reduce((sum, count) => sum + count, 0);
  const kinds: readonly RequestKind[] = ['bot', 'first write', 'read-only', 'change', 'login', 'logout'];
  return plus(...kinds.map((kind) => times(peerUnits(peer, kind, traffic.size), ofVisit[kind] * visits)));
}
