/** The routes of the service: to add one, add an entry here. */
import { readNothing } from './body.ts';
import { type AppRoute, json, orBackToPage } from './call.ts';
import { demoRoutes } from './demo-routes.ts';
import { showPage } from './page.ts';
import { showStats } from './stats.ts';

export const routes: readonly AppRoute[] = [
  { method: 'GET', path: '/', handle: showPage },
  { method: 'GET', path: '/health', handle: () => json({ status: 'ok' }) },
  // Anybody may see these numbers: without this line, nobody does.
  { method: 'GET', path: '/stats', handle: showStats },
  {
    method: 'POST',
    path: '/session/visits',
    handle: async (call) => {
      readNothing(call.request);
      const session = await call.session.open();
      session.update('visits', (visits) => (typeof visits === 'number' ? visits + 1 : 1));
      await session.save(); // so that the number below is the committed one, and nobody else's
      return orBackToPage(call, json({ visits: session.get('visits') }));
    },
  },
];

/** With the routes of the demonstration, which let anybody store and log in. */
export function routesOf({ demo }: { readonly demo: boolean }): readonly AppRoute[] {
  return demo ? [...routes, ...demoRoutes] : routes;
}
