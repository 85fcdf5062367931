/**
 * Prints `N passed, N failed` for JSON reports of vitest, added up. A file that could not be run counts as one failure,
 * and a report of no test fails.
 */
import { readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const reports = process.argv.slice(2).map((path): Report => JSON.parse(readFileSync(path, 'utf8')));
const broken = reports.flatMap(({ testResults }) =>
  testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0),
);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const failed = sum(reports.map(({ numFailedTests }) => numFailedTests)) + broken.length;
console.log(`${sum(reports.map(({ numPassedTests }) => numPassedTests))} passed, ${failed} failed`);
const isWhole = reports.length > 0 && reports.every(({ numPassedTests }) => numPassedTests > 0);
process.exitCode = failed === 0 && isWhole ? 0 : 1;
