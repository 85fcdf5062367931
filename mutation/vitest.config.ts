import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Fastest first: a mutant's run ends with the first test that fails. */
class FastestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const slow = [
      'remember',
      'endpoint',
      'transport',
      'commit',
      'lock',
      'races',
      'batch',
      'connection',
      'faults',
      'sdk',
      'dynalite',
    ];
    const rank = ({ moduleId }: TestSpecification) => slow.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    include: ['tests/cache/**/*.test.ts', 'tests/session/**/*.test.ts'],
    exclude: ['**/*.local.test.ts', 'tests/session/types.test.ts', '**/*.reload.test.ts'],
    globalSetup: 'mutation/emulator.ts',
    sequence: { sequencer: FastestFirst },
    env: { MUTATION: '1' },
    testTimeout: 3000,
  },
});
