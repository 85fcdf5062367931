/** What `npm run count` says. Numbers only. */
import type { PassReport, RecordCounts } from '../../src/cache/counter.ts';
import { figure, type Usage } from '../purge/display.ts';
import type { Difference, Verdict } from './difference.ts';

const NOTHING_COUNTED = 'Nothing was counted yet: docs/live-count.md says what that takes.\n';

/** What the record of the count says. */
export function recordLines(counts: RecordCounts | undefined): string {
  if (counts === undefined) return NOTHING_COUNTED;
  const { count, asOf, sums, lastPass } = counts;
  const lines = [`Count: ${figure(count)} sessions as of ${iso(asOf)}`];
  if (sums !== undefined) {
    const { created, expired, removed, purged, corrected } = sums;
    const gone = `${figure(removed - purged)} logged out, ${figure(expired)} expired, ${figure(purged)} purged`;
    lines.push(`  ${figure(created)} created, ${gone}, ${signed(corrected)} corrected`);
  }
  lines.push(lastPass === undefined ? '  no purge has compared it yet' : `  last purge: ${passOf(lastPass)}`);
  return `${lines.join('\n')}\n`;
}

function passOf({ at, living, expired, deleted, drift, changes }: PassReport): string {
  const seen = `${figure(living + expired)} sessions, ${figure(expired)} expired, ${figure(deleted)} deleted`;
  return `${iso(at)}, ${seen}, drift ${signed(drift)}, ${figure(changes)} changes meanwhile`;
}

export interface ScanResult {
  readonly records: number;
  readonly sessions: number;
  readonly expired: number;
  readonly readUnits: number;
}

export function scanLine(
  { records, sessions, expired, readUnits }: ScanResult,
  { requests, milliseconds }: Usage,
): string {
  const usage = `${(milliseconds / 1000).toFixed(1)} s, ${figure(requests)} requests, ${figure(readUnits)} read units`;
  return `Scan: ${figure(sessions)} sessions, ${figure(expired)} of them expired, in ${figure(records)} records: ${usage}\n`;
}

export function driftLine({ drift, came, went, least, most }: Difference): string {
  const said = `Drift: ${signed(drift)}, with ${figure(came + went)} changes meanwhile`;
  if (least === most) return `${said}\n`;
  return `${said} (${figure(came)} came, ${figure(went)} went): from ${signed(least)} to ${signed(most)}\n`;
}

export const SAID: Readonly<Record<Exclude<Verdict['kind'], 'wrong'>, string>> = {
  right: 'Nothing was corrected: the count is right.\n',
  explained: 'Nothing was corrected: what came and went meanwhile may be all of the difference.\n',
  uncertain:
    'Nothing was corrected: a scan is no snapshot, and sessions came or went meanwhile. Run it again when fewer do, or with ' +
    '--yes to correct by the middle of what the difference may be.\n',
  disturbed: 'Nothing was corrected: the count was corrected or begun anew meanwhile. Run it again.\n',
};

export function correctionLine(by: number, counts: RecordCounts | undefined): string {
  const now = counts === undefined ? '' : `: ${figure(counts.count)} sessions`;
  return `Corrected by ${signed(by)}${now}\n`;
}

function signed(number: number): string {
  return number > 0 ? `+${figure(number)}` : figure(number);
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
