/** A logout that is done while another request of the same session is between its read and the end of its work. */
import { cookieOf, type Running } from '../subjects/running.ts';

export interface Crossing {
  /** The status of the other request, which ends after the logout. */
  readonly status: number;
  /** Whether the cookie from before the logout opens the session again. */
  readonly isBack: boolean;
  /** Whether the late answer puts such a cookie into the browser once more, after the logout has taken it away. */
  readonly setsCookie: boolean;
}

export async function crossLogout(running: Running, late: 'read' | 'change'): Promise<Crossing> {
  const cookie = await running.begin({ user: 'ada' });
  const held = running.proxy.holdAnswer();
  const other =
    late === 'read'
      ? running.send('GET /session', { cookie })
      : running.send('PUT /session/data/basket', { cookie, json: ['book'] });
  await held.reached;
  const logout = await running.send('DELETE /session', { cookie });
  if (logout.status !== 204) throw new Error(`${running.subject.title}: the logout was answered ${logout.status}.`);
  held.release();
  const answer = await other;
  const data = await running.dataOf(cookie);
  return { status: answer.status, isBack: 'user' in data, setsCookie: cookieOf(answer) === cookie };
}
