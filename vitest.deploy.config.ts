/** `npm run test:deploy`: deploys the service to a local AWS, and tests what is there. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/deployed/**/*.test.ts'],
    globalSetup: 'tests/deployed/setup.ts',
    // One deployment, changed and removed in the end: its tests come one after the other.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
