/** Reports as pages. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chart, htmlReport } from '../../bench/report/html.ts';

const CHART: Chart = {
  title: 'Cost',
  xLabel: 'requests/s',
  x: [1, 2],
  series: [{ label: 'a', unit: '$', values: [1, null] }],
};

async function textPage(text: string): Promise<string> {
  return htmlReport({
    title: text,
    paragraphs: [text],
    parts: [
      {
        title: text,
        paragraphs: [text],
        tables: [{ title: text, columns: [text, text], rows: [[text, text]], notes: [text] }],
        charts: [
          { ...CHART, title: text, xLabel: text, series: [{ label: text, unit: text, values: [1, 2] }], notes: [text] },
        ],
      },
    ],
  });
}

describe('A page', () => {
  it('has the same elements whatever its text is', async () => {
    const tags = (page: string): string[] =>
      page.replaceAll(/ aria-label="[^"]*"/g, '').match(/<\/?[a-z!][^>]*>/gi) ?? [];
    const expected = tags(await textPage('plain'));
    const nasty = fc.constantFrom(
      '</script>',
      '<!--',
      '<script>',
      '<img src=x onerror=alert(1)>',
      '"',
      "'",
      '&lt;',
      ']]>',
      '\u2028',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(nasty, fc.string()), { minLength: 1, maxLength: 4 }), async (parts) => {
        expect(tags(await textPage(parts.join('')))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('gives its charts the text as it was', async () => {
    const text = '</script><b>"\u2028';
    const page = await textPage(text);
    const json = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    expect(JSON.parse(json)).toMatchObject([{ title: text, series: [{ label: text, unit: text }] }]);
  });

  it('forbids itself everything but its own style and scripts', async () => {
    const page = await textPage('plain');
    const policy = (/Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&#39;', "'");
    const hashes = [...page.matchAll(/<(script|style)>(.*?)<\/\1>/gs)].map(([, , source = '']) =>
      createHash('sha256').update(source).digest('base64'),
    );
    expect(hashes).toHaveLength(3);
    const [style, ...scripts] = hashes.map((hash) => `'sha256-${hash}'`);
    expect(policy).toBe(
      `default-src 'none'; style-src ${style}; script-src ${scripts.join(' ')}; base-uri 'none'; form-action 'none'`,
    );
  });

  it('names no address of another host, but in what it says of the library', async () => {
    const page = await textPage('plain');
    expect(page).not.toMatch(/(?:src|href|url\()\s*=?\s*["']?(?:https?:)?\/\//i);
    expect(page).not.toMatch(/<(?:link|img|iframe|script src)/i);
  });
});
