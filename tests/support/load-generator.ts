/**
 * Test files that send load end in `.load.test.ts` or `.load.local.test.ts`: they need the load generator, which the
 * benchmarks' own package.json brings. It is installed once, before any of them starts; two at the same time would
 * undo each other's work.
 */
import { installBenchPackages } from '../../bench/packages.ts';

/** @throws Error in CI, where the packages can't be installed */
export function canSendLoad(): boolean {
  try {
    installBenchPackages();
    return true;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.warn(
      '\nNOT RUN: tests that send load (*.load*.test.ts) need the packages of bench/, which npm did not install.\n',
    );
    return false;
  }
}
