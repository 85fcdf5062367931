/** Where a scan goes on, as text that a later run takes up. */
import { InvalidArgumentError } from '../../../errors.ts';
import { checkPurgeOptions } from '../../rules.ts';
import type { PurgeOptions } from '../../store.ts';

/** Where each segment goes on: a key of the table, `''` for its start, `null` where it is done. */
export type Positions = (string | null)[];

/** @throws InvalidArgumentError for a cursor that no run reported */
export function positionsFrom({ cursor, segments = 1 }: PurgeOptions): Positions {
  if (cursor === undefined) return Array.from({ length: segments }, () => '');
  try {
    const positions: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (isPositions(positions)) {
      checkPurgeOptions({ segments: positions.length });
      return positions;
    }
  } catch {
    // Falls through to the same error.
  }
  throw new InvalidArgumentError('The cursor is not one that an earlier run reported.');
}

export function cursorOf(positions: Positions): { cursor?: string } {
  if (positions.every((position) => position === null)) return {};
  return { cursor: Buffer.from(JSON.stringify(positions)).toString('base64url') };
}

function isPositions(value: unknown): value is Positions {
  return Array.isArray(value) && value.every((one) => one === null || typeof one === 'string');
}
