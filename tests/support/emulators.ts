/**
 * Starts the emulators once for a run of the tests. A test gets their endpoints with `inject('dynalite')` and
 * `inject('dynamoDBLocal')`, and the table `cache` is there on each.
 */
import type { TestProject } from 'vitest/node';
import { createTable, javaVersion, REQUIRED_JAVA, startDynamoDB, type Emulator } from '../../scripts/emulator.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    dynalite: string;
    /** `undefined` where there is no Java. */
    dynamoDBLocal: string | undefined;
  }
}

/** Test files that need DynamoDB Local itself end in `.local.test.ts`: the configuration leaves them out without Java. */
export function canRunDynamoDBLocal(): boolean {
  const java = javaVersion();
  if (java !== undefined && java >= REQUIRED_JAVA) return true;
  if (process.env['CI'] === 'true')
    throw new Error(`Tests need Java ${REQUIRED_JAVA} or later; found ${java ?? 'none'}.`);
  console.warn(`\nNOT RUN: tests on DynamoDB Local (*.local.test.ts) need Java ${REQUIRED_JAVA} or later.\n`);
  return false;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const java = javaVersion() ?? 0;
  const started: Emulator[] = [];
  const start = async (engine: Emulator['engine']) => {
    const emulator = await startDynamoDB({ engine });
    started.push(emulator);
    await createTable(emulator.endpoint, 'cache');
    return emulator.endpoint;
  };
  const teardown = async () => {
    await Promise.all(started.map((emulator) => emulator.stop()));
  };
  try {
    const local = java >= REQUIRED_JAVA ? start('dynamodb-local') : undefined;
    project.provide('dynalite', await start('dynalite'));
    project.provide('dynamoDBLocal', await local);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
