/** The whole report as Markdown, in the form that prettier gives it. */
import { format, resolveConfig } from 'prettier';
import { measuredAndLimit, shown } from './figure.ts';
import { type Environment, inWords } from './environment.ts';
import { isMet, type Section, type Table } from './section.ts';

export async function markdownReport(sections: readonly Section[], environment: Environment): Promise<string> {
  const parts = ['# Measured', ...inWords(environment), ...sections.map(markdownSection)];
  const options = await resolveConfig(import.meta.filename);
  return format(parts.join('\n\n'), { ...options, parser: 'markdown' });
}

function markdownSection({ title, about, tables, claims = [] }: Section): string {
  const verdicts = claims.map(
    (claim) => `- ${isMet(claim) ? 'Met' : '**Not met**'}: ${text(claim.claim)}: ${measuredAndLimit(claim)}`,
  );
  const parts = [`## ${text(title)}`, text(about), ...tables.map(markdownTable)];
  if (verdicts.length > 0) parts.push(`### ${text(title)}: what it shows`, verdicts.join('\n'));
  return parts.join('\n\n');
}

export function markdownTable({ title, columns, rows, notes = [] }: Table): string {
  const head = [lineOf(columns), lineOf(columns.map((_, column) => (column === 0 ? '---' : '--:')))];
  const table = [...head, ...rows.map((row) => lineOf(row.map(shown)))].join('\n');
  const parts = [`### ${text(title)}`, table];
  if (notes.length > 0) parts.push(notes.map((note) => `- ${text(note)}`).join('\n'));
  return parts.join('\n\n');
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map(cellText).join(' | ')} |`;
}

function cellText(value: string): string {
  return text(value).replaceAll('|', '\\|');
}

/** Names of programs have no emphasis in them. What stands in backticks is code, and stays as it is. */
function text(value: string): string {
  return value
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[\\*_<]/g, '\\$&')))
    .join('');
}
