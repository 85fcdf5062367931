/** The results for programs: unrounded figures beside what the tables say. */
import type { Environment } from './environment.ts';
import { isMet, type Section } from './section.ts';

export interface NamedSection {
  readonly name: string;
  readonly section: Section;
}

/** Ends with a line end. */
export function jsonReport(sections: readonly NamedSection[], environment: Environment): string {
  const results = sections.map(({ name, section: { claims = [], ...section } }) => ({
    name,
    ...section,
    claims: claims.map((claim) => ({ ...claim, isMet: isMet(claim) })),
  }));
  return `${JSON.stringify({ environment, sections: results }, undefined, 2)}\n`;
}
