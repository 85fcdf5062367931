/** Starts dynalite, once for each of Stryker's processes: all their runs of the tests use it. */
import type { TestProject } from 'vitest/node';
import { createTable, startDynamoDB } from '../scripts/emulator.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startDynamoDB({ engine: 'dynalite' });
  await createTable(emulator.endpoint, 'cache');
  project.provide('dynalite', emulator.endpoint);
  return () => emulator.stop();
}
