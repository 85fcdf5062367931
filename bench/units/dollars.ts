import type { Prices } from '../capacity/prices.ts';
import type { Cost } from './php.ts';

const PER_HOUR = 3600;

/** US dollars for a million requests of this cost, where each unit is paid for as it is consumed. */
export function onDemand({ readUnits, writeUnits }: Cost, { readPerMillion, writePerMillion }: Prices): number {
  return readUnits * readPerMillion + writeUnits * writePerMillion;
}

/** The same on provisioned capacity that is all consumed: a unit serves a request in each of an hour's seconds. */
export function provisioned({ readUnits, writeUnits }: Cost, { readUnitHour, writeUnitHour }: Prices): number {
  return ((readUnits * readUnitHour + writeUnits * writeUnitHour) / PER_HOUR) * 1e6;
}
