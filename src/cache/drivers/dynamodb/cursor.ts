/** Where a scan goes on, as text that a later run takes up. */
import { InvalidArgumentError } from '../../../errors.ts';
import { checkPurgeOptions } from '../../rules.ts';
import type { PurgeOptions } from '../../store.ts';
import type { KeptTally } from './purge-tally.ts';

/** Where each segment goes on: a key of the table, `''` for its start, `null` where it is done. */
export type Positions = (string | null)[];

export interface Start {
  readonly positions: Positions;
  /** What earlier runs have counted; `undefined`: there were none, `null`: they did not count. */
  readonly tally: KeptTally | undefined | null;
}

/** @throws InvalidArgumentError for a cursor that no run reported */
export function startFrom({ cursor, segments = 1 }: PurgeOptions): Start {
  if (cursor === undefined) return { positions: Array.from({ length: segments }, () => ''), tally: undefined };
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const { positions, tally = null } = isObject(read) ? read : { positions: read };
    if (isPositions(positions) && (tally === null || isTally(tally))) {
      checkPurgeOptions({ segments: positions.length });
      return { positions, tally };
    }
  } catch {
    // Falls through to the same error.
  }
  throw new InvalidArgumentError('The cursor is not one that an earlier run reported.');
}

export function cursorOf(positions: Positions, tally?: KeptTally): { cursor?: string } {
  if (positions.every((position) => position === null)) return {};
  const kept = tally === undefined ? positions : { positions, tally };
  return { cursor: Buffer.from(JSON.stringify(kept)).toString('base64url') };
}

function isObject(value: unknown): value is { readonly positions?: unknown; readonly tally?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPositions(value: unknown): value is Positions {
  return Array.isArray(value) && value.every((one) => one === null || typeof one === 'string');
}

function isTally(value: unknown): value is KeptTally {
  if (!isObject(value)) return false;
  const { of, living, expired, deleted } = value as Partial<KeptTally>;
  return typeof of === 'string' && [living, expired, deleted].every((count) => Number.isSafeInteger(count));
}
