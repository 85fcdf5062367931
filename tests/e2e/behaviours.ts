/**
 * What a visitor can rely on, wherever the service runs and whatever driver it is on: the same suite drives `sls offline`
 * and the deployed API. The service needs `DEMO=true`, an `APP_KEY`, and `APP_ORIGIN` as its `ALLOWED_ORIGINS`.
 */
import { cookieBehaviours } from './behaviours/cookies.ts';
import { loginBehaviours } from './behaviours/logins.ts';
import { originBehaviours } from './behaviours/origins.ts';
import { pageBehaviours } from './behaviours/pages.ts';
import { parallelBehaviours } from './behaviours/parallel.ts';
import { refusalBehaviours } from './behaviours/refusals.ts';
import { sessionBehaviours } from './behaviours/sessions.ts';
import { type Target, Visitor } from './visitor.ts';

/** Registers the suite in the surrounding `describe`. `target` is asked when the tests run. */
export function serviceBehaviours(target: () => Target): void {
  const visitor = () => new Visitor(target());
  pageBehaviours(visitor);
  sessionBehaviours(visitor);
  cookieBehaviours(target);
  parallelBehaviours(visitor);
  loginBehaviours(visitor);
  originBehaviours(visitor);
  refusalBehaviours(visitor);
}
