/** The results for programs: unrounded figures beside what the tables say. */
import { format, resolveConfig } from 'prettier';
import type { Environment } from './environment.ts';
import { isMet, type Section } from './section.ts';

export interface NamedSection {
  readonly name: string;
  readonly section: Section;
}

/** In the form that prettier gives it. */
export async function jsonReport(sections: readonly NamedSection[], environment: Environment): Promise<string> {
  const results = sections.map(({ name, section: { claims = [], ...section } }) => ({
    name,
    ...section,
    claims: claims.map((claim) => ({ ...claim, isMet: isMet(claim) })),
  }));
  const options = await resolveConfig(import.meta.filename);
  return format(JSON.stringify({ environment, sections: results }, undefined, 2), { ...options, parser: 'json' });
}
