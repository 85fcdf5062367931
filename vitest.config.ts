import { configDefaults, defineConfig } from 'vitest/config';
import { canRunDynamoDBLocal } from './tests/support/emulators.ts';
import { canSendLoad } from './tests/support/load-generator.ts';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'tests/deployed/**',
      ...(canRunDynamoDBLocal() ? [] : ['tests/**/*.local.test.ts']),
      ...(canSendLoad() ? [] : ['tests/**/*.load.test.ts', 'tests/**/*.load.local.test.ts']),
    ],
    globalSetup: 'tests/support/emulators.ts',
  },
});
