/** Where a user is logged in, as JSON and as a page, and how to end it there. */
import * as v from 'valibot';
import { HttpError } from '../middleware/http-error.ts';
import type { HttpResponse } from '../middleware/http-response.ts';
import { vary } from '../middleware/http-response.ts';
import type { UserSession } from '../session/user-sessions.ts';
import { readFields, readNothing } from './body.ts';
import { type AppRoute, type Call, json, NO_CONTENT, orBackTo } from './call.ts';
import { sessionsPage } from './sessions-page.ts';

const Ended = v.object({ handle: v.string('The field "handle" must be text.') }, 'The body must name a session.');

export const userSessionRoutes: readonly AppRoute[] = [
  {
    method: 'GET',
    path: '/sessions',
    handle: async (call) => {
      const response = await (wantsHtml(call) ? showPage(call) : showJson(call));
      vary(response, 'Accept');
      return response;
    },
  },
  {
    method: 'DELETE',
    path: '/sessions/{handle}',
    handle: (call) => {
      readNothing(call.request);
      return end(call, call.params['handle'] ?? '');
    },
  },
  {
    method: 'POST',
    path: '/sessions/end',
    handle: (call) => end(call, readFields(call.request, Ended).handle),
  },
  { method: 'DELETE', path: '/sessions', handle: endOthers },
  { method: 'POST', path: '/sessions/end-others', handle: endOthers },
];

async function showJson(call: Call): Promise<HttpResponse> {
  const user = await loggedIn(call);
  const list = await call.sessions.of(user).list();
  return json({
    user,
    sessions: list.map(({ created, lastSeen, isCurrent, ...rest }) => ({
      ...rest,
      created: iso(created),
      lastSeen: iso(lastSeen),
      current: isCurrent,
    })),
  });
}

async function showPage(call: Call): Promise<HttpResponse> {
  const { userId } = await call.session.open();
  const list: readonly UserSession[] = userId === undefined ? [] : await call.sessions.of(userId).list();
  return sessionsPage({ basePath: call.request.basePath, user: userId, sessions: list });
}

async function end(call: Call, handle: string): Promise<HttpResponse> {
  const user = await loggedIn(call);
  if (!(await call.sessions.of(user).end(handle))) throw noSuchSession();
  return orBackTo(call, '/sessions', NO_CONTENT);
}

async function endOthers(call: Call): Promise<HttpResponse> {
  readNothing(call.request);
  // Somebody has left out which one, and would end them all.
  if (call.request.path.endsWith('/')) throw noSuchSession();
  await call.sessions.of(await loggedIn(call)).endOthers();
  return orBackTo(call, '/sessions', NO_CONTENT);
}

function noSuchSession(): HttpError {
  return new HttpError(404, 'NO_SUCH_SESSION', 'You have no such session: it may have ended, or got a new name.');
}

/** @throws HttpError 401 */
async function loggedIn({ session }: Call): Promise<string> {
  const { userId } = await session.open();
  if (userId !== undefined) return userId;
  // The scheme has no register entry, but an answer of 401 must name one.
  const headers = { 'WWW-Authenticate': 'Cookie' };
  throw new HttpError(401, 'NOT_LOGGED_IN', 'Log in to see and end your sessions.', { headers });
}

/** Browsers ask for HTML by name; programs take what they get, or ask for JSON. @see https://www.rfc-editor.org/rfc/rfc9110 (12.5.1) */
function wantsHtml({ request }: Call): boolean {
  const accepted = request.headerValues('accept').join(',').toLowerCase().split(',');
  const weightOf = (type: string): number => {
    const found = accepted.map((item) => item.split(';')).find(([name = '']) => name.trim() === type);
    if (found === undefined) return 0;
    const weight = found.map((part) => /^\s*q=([\d.]+)\s*$/.exec(part)?.[1]).find((text) => text !== undefined);
    return weight === undefined ? 1 : Number(weight);
  };
  return weightOf('text/html') > 0 && weightOf('text/html') >= weightOf('application/json');
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
