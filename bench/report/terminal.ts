/** A section for people at a terminal. */
import { measuredAndLimit, shown } from './figure.ts';
import { isMet, type Section, type Table } from './section.ts';

/** Ends with a line end. */
export function terminalSection({ title, about, tables, claims = [] }: Section): string {
  const parts = [`${title}\n${'='.repeat(title.length)}\n${about}`, ...tables.map(terminalTable)];
  const verdicts = claims.map(
    (claim) => `${isMet(claim) ? 'met    ' : 'NOT MET'}  ${claim.claim}: ${measuredAndLimit(claim)}`,
  );
  if (verdicts.length > 0) parts.push(verdicts.join('\n'));
  return `${parts.join('\n\n')}\n`;
}

/** The first column to the left, figures to the right. */
export function terminalTable({ title, columns, rows, notes = [] }: Table): string {
  const lines = [columns, ...rows.map((row) => row.map(shown))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const drawn = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  drawn.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return [title, ...drawn, ...notes.map((note) => `* ${note}`)].join('\n');
}
