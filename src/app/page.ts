/** The page: everything about the visitor's session, and a form for all that can be done with it. */
import { html } from 'hono/html';
import type { HttpResponse } from '../middleware/http-response.ts';
import type { Call } from './call.ts';
import { readFlash } from './flash.ts';
import { actions, storedData } from './page-forms.ts';
import { answerPage } from './page-layout.ts';
import type { Html, View } from './page-view.ts';

export async function showPage(call: Call): Promise<HttpResponse> {
  const session = await call.session.open();
  const view: View = {
    basePath: call.request.basePath,
    now: new Date(call.now()),
    demo: call.demo,
    drivers: call.drivers,
    notice: readFlash(call, session),
    handle: session.isNew ? undefined : session.handle,
    data: session.data(),
  };
  return answerPage({
    title: 'Cloakroom',
    header: html`<h1>Cloakroom</h1>
      <p>You hand in your things, you get a ticket.</p>`,
    main: html`${view.notice === undefined ? '' : html`<p class="notice" role="status">${view.notice}</p>`}
    ${overview(view)} ${view.demo ? storedData(view) : ''} ${actions(view)}`,
    footer: html`<p>Sessions and cache for AWS Lambda, kept in DynamoDB.</p>
      ${view.demo ? links(view) : ''}`,
  });
}

const DATE = { dateStyle: 'full', timeStyle: 'long', timeZone: 'UTC' } as const;

/** Made with the first page: a process's first formatter takes 5 ms of its start. */
let clock: Intl.DateTimeFormat | undefined;

function overview({ now, handle, data, drivers }: View): Html {
  clock ??= new Intl.DateTimeFormat('en-GB', DATE);
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
