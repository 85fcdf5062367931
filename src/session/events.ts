/** What a store of sessions tells about its work, for metrics: no id, no key, no value. */

export type SessionEvent =
  /** A session that is there was read. */
  | { readonly type: 'opened' }
  /** The first record of a session was written. */
  | { readonly type: 'created' }
  /** A session got a new id. */
  | { readonly type: 'regenerated' }
  /** Sessions were logged out, or made room for a login. Those that expire are not among them. */
  | { readonly type: 'destroyed'; readonly sessions: number }
  /** Another request had written in between: the change is tried again on what that one wrote. */
  | { readonly type: 'replayed' }
  /** A request stood in line for the lock of its session, whether it got it or not. */
  | { readonly type: 'waited'; readonly milliseconds: number }
  /** A session's record was written, and takes this much in the engine. Engines that are not billed by it don't say. */
  | { readonly type: 'written'; readonly bytes: number };

/** Called in the course of the request that the event belongs to, also in the sense of `AsyncLocalStorage`. */
export type Tell = (event: SessionEvent) => void;

/** `tell`, whose own failure is no failure of a session. */
export function safely(tell: Tell | undefined): Tell {
  if (tell === undefined) return () => {};
  return (event) => {
    try {
      tell(event);
    } catch {
      // What counts must not undo what it counts.
    }
  };
}
