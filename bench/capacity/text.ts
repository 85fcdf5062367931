/** Figures, tables and small charts as text. */

/** Three significant digits; whole from 100 on. */
export function shown(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return '∞';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** Dollars: cents below 100. */
export function dollars(value: number): string {
  return value >= 100 ? `$${Math.round(value).toLocaleString('en-US')}` : `$${value.toFixed(2)}`;
}

export function duration(seconds: number): string {
  if (seconds === Infinity) return 'ever';
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} minutes` : `${Math.floor(seconds / 3600)} hours`;
}

/** The first column to the left, the others to the right. */
export function tableText(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => (row[index] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ');
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(columns), rule, ...rows.map(line)].map((text) => `  ${text.trimEnd()}`).join('\n');
}

const BARS = '▁▂▃▄▅▆▇█';

/** One bar for each value, from 0 up to the largest. */
export function sparkline(values: readonly number[], top = Math.max(...values)): string {
  return values
    .map((value) => {
      if (value <= 0 || top <= 0) return ' ';
      return BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))] ?? '';
    })
    .join('');
}

/** The largest of each so many neighbours. */
export function condensed(values: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    return Math.max(...values.slice(from, Math.max(to, from + 1)));
  });
}
