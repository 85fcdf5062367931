import type { Bill } from '../subjects/meter.ts';
import { cookieOf, type Running } from '../subjects/running.ts';
import type { Kind } from './kinds.ts';

/** Sends one request of a kind, to a session that is made for it, and answers what it was billed. */
export async function measure(running: Running, kind: Kind): Promise<Bill> {
  const cookie = kind.data === undefined ? undefined : await running.begin(kind.data);
  running.meter.take();
  const sent = cookie !== undefined && kind.isForged === true ? forged(cookie) : cookie;
  const answer = await running.send(kind.request, { cookie: sent, json: kind.json });
  const measured = running.meter.take();
  if (answer.status >= 300) throw new Error(`${running.subject.title}, ${kind.name}: answered ${answer.status}.`);
  // A subject that lost its data would be a cheap one.
  if (kind.family === 'read-only' || kind.family === 'change' || kind.family === 'regenerate') {
    const left = await running.dataOf(cookieOf(answer) ?? cookie ?? '');
    for (const [key, value] of Object.entries(kind.data ?? {})) {
      if (JSON.stringify(left[key]) !== JSON.stringify(value)) {
        throw new Error(`${running.subject.title}, ${kind.name}: the session lost ${key}.`);
      }
    }
  }
  return measured;
}

/** With another character within the id or its signature. */
function forged(cookie: string): string {
  const at = cookie.length - 10;
  return `${cookie.slice(0, at)}${cookie[at] === 'A' ? 'B' : 'A'}${cookie.slice(at + 1)}`;
}
