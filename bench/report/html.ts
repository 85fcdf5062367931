/**
 * A report as one HTML page that needs nothing else: charts by uPlot, whose code is in the page, and a policy that keeps
 * the page from loading anything.
 *
 * @see https://github.com/leeoniya/uPlot
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { html, raw } from 'hono/html';
import { CHARTS_SCRIPT } from './html-script.ts';
import { REPORT_STYLE } from './html-style.ts';
import type { Table } from './section.ts';

type Html = ReturnType<typeof html>;

export interface Series {
  readonly label: string;
  /** `requests/s`, `$`: series of another unit than the first one's have a scale of their own, on the right. */
  readonly unit: string;
  /** As many as the chart has on its x axis; null: a gap. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  /** In ascending order. */
  readonly x: readonly number[];
  readonly series: readonly Series[];
  /** The x values are epoch seconds, shown in the reader's time zone. @default false */
  readonly isTime?: boolean;
  /** Axes by powers of ten; values must be above 0. @default none */
  readonly logarithmic?: readonly ('x' | 'y')[];
  /** How to read it. */
  readonly notes?: readonly string[];
}

/** A figure that stands out: `p95`, `12 ms`. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface Part {
  readonly title?: string;
  readonly paragraphs?: readonly string[];
  /** Tables come before charts. */
  readonly tables?: readonly Table[];
  readonly charts?: readonly Chart[];
}

export interface Report {
  readonly title: string;
  /** Under the title. */
  readonly paragraphs: readonly string[];
  /** A few figures to see first. */
  readonly facts?: readonly Fact[];
  readonly parts: readonly Part[];
}

/**
 * The report as HTML. All text is escaped.
 *
 * @example
 * await writeFile('report.html', await htmlReport({ title: 'Cost', paragraphs: [], parts: [{ charts: [chart] }] }));
 */
export async function htmlReport({ title, paragraphs, facts = [], parts }: Report): Promise<string> {
  const library = new URL('./', `file://${createRequire(import.meta.url).resolve('uplot')}`);
  const read = (name: string): string => readFileSync(new URL(name, library), 'utf8');
  const style = `${read('uPlot.min.css')}${REPORT_STYLE}`;
  const scripts = [read('uPlot.iife.min.js'), CHARTS_SCRIPT];
  const policy = [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    `script-src ${scripts.map(hash).join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const charts = parts.flatMap((part) => part.charts ?? []);
  const body = parts.map((part) => partOf(part, charts));
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          ${paragraphs.map((text) => html`<p>${text}</p>`)}
          ${facts.length === 0 ? '' : html`<dl>${facts.map(factOf)}</dl>`}
        </header>
        <main>${body}</main>
        ${raw(`<script type="application/json" id="charts">${inScript(charts)}</script>`)}
        ${raw(scripts.map((script) => `<script>${script}</script>`).join(''))}
      </body>
    </html>`;
  return String(page);
}

function partOf({ title, paragraphs = [], tables = [], charts = [] }: Part, all: readonly Chart[]): Html {
  return html`<section>
    ${title === undefined ? '' : html`<h2>${title}</h2>`} ${paragraphs.map((text) => html`<p>${text}</p>`)}
    ${tables.map(tableOf)} ${charts.map((chart) => chartOf(chart, all.indexOf(chart)))}
  </section>`;
}

function factOf({ label, value }: Fact): Html {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;
}

function tableOf({ title, columns, rows, notes = [] }: Table): Html {
  return html`<div class="table">
      <table>
        <caption>
          ${title}
        </caption>
        <thead>
          <tr>
            ${columns.map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([name, ...cells]) =>
              html`<tr>
                <th scope="row">${name}</th>
                ${cells.map((cell) => html`<td>${typeof cell === 'number' ? cell.toLocaleString('en-US') : cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${notes.map((text) => html`<p class="note">${text}</p>`)}`;
}

function chartOf({ title, notes = [] }: Chart, index: number): Html {
  return html`<figure>
    <figcaption>${title}</figcaption>
    <div class="chart" role="img" aria-label="Chart: ${title}" data-chart="${index}">
      <noscript>The chart needs JavaScript.</noscript>
    </div>
    ${notes.map((text) => html`<p class="note">${text}</p>`)}
  </figure>`;
}

function hash(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}

/** JSON that can't end the element it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
