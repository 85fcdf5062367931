/** What a run has shown, for people: at a terminal, and as a page. */
import { type Chart, type Fact, htmlReport } from '../report/html.ts';
import { terminalTable } from '../report/terminal.ts';
import type { Summary } from './summary.ts';
import { ERRORS, tablesOf, WITHOUT_UNITS } from './tables.ts';

/** Ends with a line end. */
export function terminalReport(summary: Summary): string {
  const facts = factsOf(summary).map(({ label, value }) => `${value.padStart(9)}  ${label}`);
  const parts = [
    introduction(summary).join('\n'),
    facts.join('\n'),
    ...tablesOf(summary).map(terminalTable),
    ...remarks(summary),
  ];
  return `${parts.join('\n\n')}\n`;
}

export async function pageOf(summary: Summary): Promise<string> {
  const [load, latency, ...others] = tablesOf(summary);
  const errors = others.filter(({ title }) => title === ERRORS);
  const consumption = others.filter(({ title }) => title !== ERRORS);
  const { requests, rate } = chartsOf(summary);
  return htmlReport({
    title: 'Stress test',
    paragraphs: introduction(summary),
    facts: factsOf(summary),
    parts: [
      ...(remarks(summary).length > 0 ? [{ title: 'Before you read on', paragraphs: remarks(summary) }] : []),
      { title: 'Throughput', ...(load && { tables: [load] }), charts: [requests] },
      { title: 'Latency', ...(latency && { tables: [latency] }), charts: [rate] },
      ...(errors.length > 0 ? [{ title: 'Errors', tables: errors }] : []),
      ...(consumption.length > 0 ? [{ title: 'Consumption', tables: consumption, charts: [unitsChart(summary)] }] : []),
    ],
  });
}

function introduction({ target, startedAt, asked, seconds, isInterrupted }: Summary): string[] {
  const { size, readOnly, pages, parallel, logins, logouts, bots } = asked.traffic;
  const at = startedAt.slice(0, 16).replace('T', ' ');
  return [
    `${target}, ${at} UTC, ${Math.round(seconds)} s${isInterrupted ? `, stopped early: ${asked.duration} s were asked for` : ''}. Seed ${asked.seed}.`,
    `${asked.visitors} visitors a second: sessions of ${size} bytes, ${pages} pages of ${parallel} at once, ` +
      `${percent(readOnly)} only read, ${percent(logins)} log in and ${percent(logouts)} of these log out, ` +
      `${percent(bots)} of all requests are bots'.`,
  ];
}

function factsOf({ all, seconds, asked, unitsPerSecond }: Summary): Fact[] {
  const facts = [
    { label: `answers a second, of ${figure(asked.requestsPerSecond)}`, value: figure(all.inTime / seconds) },
    { label: 'latency, median', value: all.answers === 0 ? '–' : `${figure(all.latency.p50)} ms` },
    { label: 'latency, p95', value: all.answers === 0 ? '–' : `${figure(all.latency.p95)} ms` },
    { label: `errors, of ${figure(all.requests)}`, value: figure(all.errors) },
  ];
  if (unitsPerSecond === undefined) return facts;
  const { reads, writes, failedConditions } = unitsPerSecond;
  return [
    ...facts,
    { label: 'read units a second', value: figure(reads) },
    {
      label: `write units a second, ${figure(failedConditions)} of failed conditions`,
      value: figure(writes + failedConditions),
    },
  ];
}

function remarks({ shortcomings, unitsPerSecond }: Summary): string[] {
  return [...shortcomings, ...(unitsPerSecond === undefined ? [WITHOUT_UNITS] : [])];
}

function chartsOf({ series }: Summary): { readonly requests: Chart; readonly rate: Chart } {
  const x = series.requests.map((_, second) => second + 1);
  const shared = { xLabel: 'seconds', x };
  return {
    requests: {
      ...shared,
      title: 'Requests a second',
      series: [
        { label: 'answered', unit: 'requests/s', values: series.requests },
        ...(series.errors.some((count) => count > 0)
          ? [{ label: 'with an error', unit: 'requests/s', values: series.errors }]
          : []),
      ],
    },
    rate: {
      ...shared,
      title: 'Milliseconds until the answer',
      logarithmic: ['y'],
      series: [
        { label: 'p50', unit: 'ms', values: series.p50 },
        { label: 'p95', unit: 'ms', values: series.p95 },
        { label: 'p99', unit: 'ms', values: series.p99 },
      ],
    },
  };
}

function unitsChart({ series }: Summary): Chart {
  return {
    title: 'Capacity units a second',
    xLabel: 'seconds',
    x: series.requests.map((_, second) => second + 1),
    series: [
      { label: 'read', unit: 'units/s', values: series.readUnits },
      { label: 'write, with failed conditions', unit: 'units/s', values: series.writeUnits },
    ],
  };
}

function percent(share: number): string {
  return `${figure(share * 100)} %`;
}

/** With a decimal where it matters. */
function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
