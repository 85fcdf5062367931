/** The page of a user's sessions. */
import { html } from 'hono/html';
import type { HttpResponse } from '../middleware/http-response.ts';
import type { UserSession } from '../session/user-sessions.ts';
import { answerPage } from './page-layout.ts';
import type { Html } from './page-view.ts';

export interface SessionsView {
  readonly basePath: string;
  /** Absent for a visitor who is not logged in. */
  readonly user: string | undefined;
  readonly sessions: readonly UserSession[];
}

export function sessionsPage(view: SessionsView): Promise<HttpResponse> {
  return answerPage({
    title: 'Your sessions – Cloakroom',
    header: html`<h1>Your sessions</h1>
      <p>Every browser that you are logged in with.</p>`,
    main: view.user === undefined ? notLoggedIn(view) : listOf(view, view.user),
    footer: html`<nav aria-label="Pages"><a href="${view.basePath}/">Back to your visit</a></nav>`,
  });
}

function notLoggedIn({ basePath }: SessionsView): Html {
  return html`<section>
    <h2>You are not logged in</h2>
    <p><a href="${basePath}/">Log in</a> to see your sessions, and to end those that are not yours.</p>
  </section>`;
}

function listOf({ basePath, sessions }: SessionsView, user: string): Html {
  return html`<section aria-labelledby="sessions">
      <h2 id="sessions">${user} is logged in here</h2>
      <ul class="stored">
        ${sessions.map((session, index) => item(basePath, session, index))}
      </ul>
    </section>
    ${
      sessions.some(({ isCurrent }) => !isCurrent)
        ? html`<section aria-labelledby="others">
            <h2 id="others">All others</h2>
            <p>Where you do not know one of them, end them all, and change your password.</p>
            <form method="post" action="${basePath}/sessions/end-others">
              <button class="danger">End all other sessions</button>
            </form>
          </section>`
        : ''
    }`;
}

function item(basePath: string, { handle, label, created, lastSeen, isCurrent }: UserSession, index: number): Html {
  return html`<li>
    <span class="name" id="session-${index}">
      ${label ?? 'Unnamed'}${isCurrent ? html` <strong class="badge">this one</strong>` : ''}
    </span>
    <span class="times">Since ${time(created)}, last seen ${time(lastSeen)}, <code>${handle}</code></span>
    <form method="post" action="${basePath}/sessions/end">
      <input type="hidden" name="handle" value="${handle}" />
      <button class="quiet" id="end-${index}" aria-labelledby="end-${index} session-${index}">
        ${isCurrent ? 'Log out' : 'End'}
      </button>
    </form>
  </li>`;
}

const DATE = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;

/** Made with the first page: a process's first formatter takes 5 ms of its start. */
let clock: Intl.DateTimeFormat | undefined;

function time(seconds: number): Html {
  const date = new Date(seconds * 1000);
  clock ??= new Intl.DateTimeFormat('en-GB', DATE);
  return html`<time datetime="${date.toISOString()}">${clock.format(date)} UTC</time>`;
}
