/** The page: everything about the visitor's session, and a form for all that can be done with it. */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { HttpResponse } from '../middleware/http-response.ts';
import { contentSecurityPolicy } from '../middleware/security-headers.ts';
import type { Call } from './call.ts';
import { readFlash } from './flash.ts';
import { actions, storedData } from './page-forms.ts';
import { SCRIPT } from './page-script.ts';
import { STYLE } from './page-style.ts';
import type { Html, View } from './page-view.ts';

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

export async function showPage(call: Call): Promise<HttpResponse> {
  const session = await call.session.open();
  const page = render({
    basePath: call.request.basePath,
    now: new Date(call.now()),
    demo: call.demo,
    drivers: call.drivers,
    notice: readFlash(call, session),
    handle: session.isNew ? undefined : session.handle,
    data: session.data(),
  });
  return { statusCode: 200, headers: { ...HEADERS }, body: String(await page) };
}

/** The whole page as HTML. */
export function render(view: View): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Cloakroom</title>
        <link rel="icon" href="data:image/svg+xml,${raw(ICON)}" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>Cloakroom</h1>
          <p>You hand in your things, you get a ticket.</p>
        </header>
        <main>
          ${view.notice === undefined ? '' : html`<p class="notice" role="status">${view.notice}</p>`} ${overview(view)}
          ${view.demo ? storedData(view) : ''} ${actions(view)}
        </main>
        <footer>
          <p>Sessions and cache for AWS Lambda, kept in DynamoDB.</p>
          ${view.demo ? links(view) : ''}
        </footer>
        ${SCRIPT_ELEMENT}
      </body>
    </html>`;
}

const ICON = encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#7a3b2e" stroke-width="1.6">' +
    '<path d="M8 6V4.2a1.7 1.7 0 1 1 1.7-1.7M8 6l6.5 5q.8 1.5-.8 1.5H2.3q-1.6 0-.8-1.5z"/></svg>',
);

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long', timeZone: 'UTC' });

function overview({ now, handle, data, drivers }: View): Html {
  return html`<section class="ticket" aria-labelledby="visit">
    <h2 id="visit">Your visit</h2>
    <dl>
      <div class="wide">
        <dt>Date and time</dt>
        <dd><time datetime="${now.toISOString()}">${clock.format(now)}</time></dd>
      </div>
      <div>
        <dt>Session</dt>
        <dd>${handle === undefined ? 'none yet' : html`<code>${handle}</code>`}</dd>
      </div>
      <div>
        <dt>Visits</dt>
        <dd>${typeof data['visits'] === 'number' ? data['visits'] : 0}</dd>
      </div>
      ${
        typeof data['user'] === 'string'
          ? html`<div>
              <dt>Logged in as</dt>
              <dd>${data['user']}</dd>
            </div>`
          : ''
      }
      <div>
        <dt>Session driver</dt>
        <dd>${drivers.session}</dd>
      </div>
      <div>
        <dt>Cache driver</dt>
        <dd>${drivers.cache}</dd>
      </div>
    </dl>
  </section>`;
}

function links({ basePath }: View): Html {
  return html`<nav aria-label="As JSON">
    <a href="${basePath}/session">The session as JSON</a>
    <a href="${basePath}/cached">A value from the cache</a>
  </nav>`;
}
