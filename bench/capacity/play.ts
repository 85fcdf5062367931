/** Visits as bench/traffic/traffic.ts describes them, played at the packaged function. */
import { requestsOfVisit, type RequestKind, type Traffic } from '../traffic/traffic.ts';
import { cookieOf, type PackagedService } from './packaged-service.ts';
import { pseudoRandom, sampleData } from './sample.ts';

export interface Played {
  readonly requests: Readonly<Record<RequestKind, number>>;
  readonly seconds: number;
}

/** What the example keeps beside the stored data once a page has changed something. */
const COUNTER = ',"visits":10'.length;

/**
 * So many visits, a few at a time. Shares are met exactly, as far as whole numbers can: of all requests of pages the share
 * that only reads, dealt out like cards; of all visits the share with a login.
 */
export async function playVisits(
  service: PackagedService,
  traffic: Traffic,
  { visits, atOnce, seed }: { readonly visits: number; readonly atOnce: number; readonly seed: number },
): Promise<Played> {
  const started = performance.now();
  const random = pseudoRandom(seed);
  const ofPages = visits * traffic.pages * traffic.parallel;
  const reads = shuffled(dealt(ofPages, traffic.readOnly), random);
  const logins = dealt(visits, traffic.logins);
  const loggedIn = logins.filter(Boolean).length;
  const logouts = dealt(loggedIn, traffic.logouts);
  const bots = Math.round(requestsOfVisit(traffic).bot * visits);
  const { cart } = sampleData(traffic.size - COUNTER);
  const next = { visit: 0 };
  const worker = async (): Promise<void> => {
    while (next.visit < visits) {
      const visit = next.visit++;
      const cards = reads.slice(
        visit * traffic.pages * traffic.parallel,
        (visit + 1) * traffic.pages * traffic.parallel,
      );
      const hasLogin = logins[visit] ?? false;
      const endsWith = hasLogin && (logouts[logins.slice(0, visit).filter(Boolean).length] ?? false);
      await playVisit(service, traffic, {
        cart,
        cards,
        login: hasLogin ? `visitor ${visit}` : undefined,
        logout: endsWith,
      });
    }
  };
  const botWorker = async (): Promise<void> => {
    for (let bot = 0; bot < bots; bot += 1) await service.send('GET /session');
  };
  await Promise.all([...Array.from({ length: atOnce }, worker), botWorker()]);
  const readOnly = reads.filter(Boolean).length;
  return {
    requests: {
      bot: bots,
      'first write': visits,
      'read-only': readOnly,
      change: ofPages - readOnly,
      login: loggedIn,
      logout: logouts.filter(Boolean).length,
    },
    seconds: (performance.now() - started) / 1000,
  };
}

interface Visit {
  readonly cart: readonly unknown[];
  /** Whether each request of the pages only reads. */
  readonly cards: readonly boolean[];
  readonly login: string | undefined;
  readonly logout: boolean;
}

async function playVisit(
  service: PackagedService,
  { pages, parallel }: Traffic,
  { cart, cards, login, logout }: Visit,
): Promise<void> {
  let cookie = cookieOf(await service.send('PUT /session/data/cart', { json: cart }));
  if (login !== undefined) cookie = cookieOf(await service.send('POST /login', { cookie, json: { user: login } }));
  for (let page = 0; page < pages; page += 1) {
    const requests = cards.slice(page * parallel, (page + 1) * parallel);
    await Promise.all(
      requests.map((isRead) => service.send(isRead ? 'GET /session' : 'POST /session/visits', { cookie })),
    );
  }
  if (logout) await service.send('POST /logout', { cookie });
}

/** So many truths, evenly spread, as the share asks for. */
function dealt(count: number, share: number): boolean[] {
  return Array.from(
    { length: count },
    (_, index) => Math.floor((index + 1) * share + 1e-9) > Math.floor(index * share + 1e-9),
  );
}

/** Fisher and Yates. */
function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [copy[last], copy[other]];
    if (a !== undefined && b !== undefined) [copy[last], copy[other]] = [b, a];
  }
  return copy;
}
