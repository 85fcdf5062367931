import type { Session } from '../session/session.ts';
import type { Call, Flash, SessionData } from './call.ts';

/**
 * The flash message `notice`, which is gone once it was shown. HEAD shows nothing, so it stays for the request that does.
 */
export function readFlash({ request }: Call, session: Session<SessionData, Flash>): string | undefined {
  const { notice } = session.messages();
  if (typeof notice !== 'string') return undefined;
  if (request.method !== 'HEAD') session.get('notice');
  return notice;
}
