/** @see https://stryker-mutator.io/docs/stryker-js/configuration/ */
export default {
  mutate: ['src/cache/**/*.ts', 'src/session/**/*.ts'],
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // A mutant of a constant, which is read once when its file loads, would have to be tried by all tests.
  ignoreStatic: true,
  concurrency: 2,
  // Dynalite keeps what the tests leave in its table: a new process starts with an empty one.
  maxTestRunnerReuse: 50,
  timeoutMS: 3000,
  // The copy of the project that is tested. Stryker can't read tsconfig.json with TypeScript 7, and need not.
  tempDirName: 'mutation/.tmp',
  ignorePatterns: ['.*', 'bench', 'docs', 'mutation/report'],
  tsconfigFile: 'none',
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  clearTextReporter: { reportTests: false, logTests: false },
  htmlReporter: { fileName: 'mutation/report/index.html' },
  jsonReporter: { fileName: 'mutation/report/mutation.json' },
  incrementalFile: 'mutation/report/incremental.json',
  thresholds: { high: 95, low: 90, break: 90 },
};
