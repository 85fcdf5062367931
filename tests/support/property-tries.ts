/**
 * How often fast-check tries a property. A mutation test, which runs it for each of hundreds of mutants, tries it less
 * often, and always the same cases, so that its score is a fact and not a chance.
 */
export function tries(usual: number): { readonly numRuns: number; readonly seed?: number } {
  return process.env['MUTATION'] === undefined ? { numRuns: usual } : { numRuns: Math.ceil(usual / 10), seed: 1 };
}
