import { configDefaults, defineConfig } from 'vitest/config';
import { canRunDynamoDBLocal } from './tests/support/emulators.ts';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'tests/deployed/**',
      ...(canRunDynamoDBLocal() ? [] : ['tests/**/*.local.test.ts']),
    ],
    globalSetup: 'tests/support/emulators.ts',
  },
});
