/**
 * One subject in a process of its own: answers what was asked for, and ends.
 *
 * `node --expose-gc bench/memory/worker.ts <task> <subject> <entries> <ttl|forever>`
 */
import process from 'node:process';
import { expiryReport } from './expiry.ts';
import { footprint, footprintOfArrays } from './footprint.ts';
import { speeds } from './speed.ts';
import { openKeeper, subjectNamed } from './subject.ts';

const [task = '', name = '', count = '', lifetime = ''] = process.argv.slice(2);
const entries = Number(count);
const hasTtl = lifetime === 'ttl';

process.send?.(await answer());
process.disconnect?.();

function answer(): unknown {
  switch (task) {
    case 'speed':
      return speeds(subjectNamed(name), entries, hasTtl);
    case 'footprint':
      return name === 'arrays'
        ? footprintOfArrays(entries)
        : footprint(() => openKeeper(subjectNamed(name), entries), entries, hasTtl);
    case 'expiry':
      return expiryReport(() => openKeeper(subjectNamed(name), entries), entries);
    default:
      throw new RangeError(`There is no task called ${task}.`);
  }
}
