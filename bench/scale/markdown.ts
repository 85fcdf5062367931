/** Tables as Markdown has them, and a page with its tables replaced. */
import type { Table } from '../report/section.ts';

/** As prettier writes it. */
export function markdownOf({ columns, rows }: Table): string {
  const all = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, index) => Math.max(3, ...all.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...all.slice(1).map(line)].join('\n');
}

/** Puts each table where the page has its mark, in place of what was there. @throws Error for a table without a mark */
export function withTables(page: string, tables: ReadonlyMap<string, Table>): string {
  let text = page;
  for (const [name, table] of tables) {
    const mark = `<!-- table: ${name} -->`;
    const [before, after] = text.split(mark);
    if (before === undefined || after === undefined) throw new Error(`docs/scale.md has no ${mark}.`);
    const rest = after.replace(/^\n*(?:\|[^\n]*\n)*/, '');
    text = `${before}${mark}\n\n${markdownOf(table)}\n${rest.startsWith('\n') ? '' : '\n'}${rest}`;
  }
  return text;
}
