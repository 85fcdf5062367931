/** What all pages have: their head, style and script, and a policy that lets nothing else in. */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { HttpResponse } from '../middleware/http-response.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import { SCRIPT } from './page-script.ts';
import { STYLE } from './page-style.ts';
import type { Html } from './page-view.ts';

const hash = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;

// Whole elements, since every space counts for the hashes.
const STYLE_ELEMENT = raw(`<style>${STYLE}</style>`);
const SCRIPT_ELEMENT = raw(`<script>${SCRIPT}</script>`);

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': contentSecurityPolicy({
    'style-src': hash(STYLE),
    'script-src': hash(SCRIPT),
    'img-src': 'data:',
  }),
};

const ICON = encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#7a3b2e" stroke-width="1.6">' +
    '<path d="M8 6V4.2a1.7 1.7 0 1 1 1.7-1.7M8 6l6.5 5q.8 1.5-.8 1.5H2.3q-1.6 0-.8-1.5z"/></svg>',
);

export interface Page {
  readonly title: string;
  readonly header: Html;
  readonly main: Html;
  readonly footer: Html;
}

export async function answerPage(page: Page): Promise<HttpResponse> {
  return { statusCode: 200, headers: { ...HEADERS }, body: String(await layout(page)) };
}

/** The whole page as HTML. */
function layout({ title, header, main, footer }: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:image/svg+xml,${raw(ICON)}" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>${header}</header>
        <main>${main}</main>
        <footer>${footer}</footer>
        ${SCRIPT_ELEMENT}
      </body>
    </html>`;
}
