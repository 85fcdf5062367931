/** What other sites could make of the answers, if the answers let them. */
import { describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import { type Answer, answerOf, eventOf } from './events.ts';
import { createService, type Service, type Visitor } from './service.ts';

const ROUTES = routesOf({ demo: true });
const BODIES: Readonly<Record<string, unknown>> = {
  '/session/data/{key}': 1,
  '/session/data': { key: 'b', value: 2 },
  '/session/data/delete': { key: 'b' },
  '/session/flash': { message: 'Saved' },
  '/login': { user: 'ada' },
  '/sessions/end': { handle: 'unknown' },
};
const HTML = { accept: 'text/html' };

async function loggedIn(service: Service): Promise<Visitor> {
  const visitor = service.visitor();
  await visitor.json('PUT', '/session/data/a', 1);
  await visitor.json('POST', '/login', { user: 'ada' });
  return visitor;
}

const pathOf = (pattern: string) => pattern.replace('{key}', 'a').replace('{handle}', 'unknown');
const idsIn = (lines: readonly string[]) => lines.flatMap((line) => /=([\w-]{43})/.exec(line)?.[1] ?? []);

describe('The id of a session', () => {
  it('is in Set-Cookie, and nowhere else in any answer', async () => {
    const service = createService({ SESSION_REGENERATE_GRACE: '0' });
    const seen = new Set<string>();
    const answers: Answer[] = [];
    for (const { method, path } of ROUTES) {
      const visitor = await loggedIn(service);
      for (const id of idsIn(visitor.cookies)) seen.add(id);
      for (const headers of [HTML, {}]) {
        const body = BODIES[path] === undefined || method === 'GET' ? {} : { body: JSON.stringify(BODIES[path]) };
        const answer = await visitor.send(method, pathOf(path), { headers, ...body });
        expect([method, path, answer.status]).toEqual([method, path, expect.toSatisfy(isExpected)]);
        answers.push(answer);
        for (const id of idsIn(answer.setCookies)) seen.add(id);
      }
    }
    expect(seen.size).toBeGreaterThan(ROUTES.length);
    const text = answers.map(({ headers, body }) => `${JSON.stringify(headers)}${body}`).join('\n');
    for (const id of seen) expect(text).not.toContain(id);
  });
});

/** 401: the route before it in the list has logged out. */
const isExpected = (status: number) => status < 400 || status === 401 || status === 404;

describe('A safe method', () => {
  const addresses = [...new Set(ROUTES.map(({ path }) => pathOf(path)))];

  it.each(addresses.flatMap((path) => ['GET', 'HEAD', 'OPTIONS'].map((method) => [method, path] as const)))(
    'changes nothing: %s %s',
    async (method, path) => {
      const service = createService();
      const visitor = await loggedIn(service);
      await visitor.send('GET', '/cached'); // so that there is nothing left to compute
      const [before, cookies] = [await visitor.session(), visitor.cookies];
      service.calls.length = 0;
      const answer = await visitor.send(method, path);
      expect(answer.setCookies).toEqual([]);
      expect(service.calls.filter((call) => !/^get(?:Many)?$/.test(call))).toEqual([]);
      expect(visitor.cookies).toEqual(cookies);
      expect(await visitor.session()).toEqual(before);
    },
  );
});

describe('An answer to another site’s script element', () => {
  it.each(ROUTES.filter(({ method }) => method === 'GET').map(({ path }) => path))(
    'is no script, whatever callback is asked for: %s',
    async (path) => {
      const service = createService({}, () => Date.UTC(2026, 0, 1));
      const visitor = await loggedIn(service);
      const event = eventOf('HTTP API', { method: 'GET', path, cookies: visitor.cookies });
      const plain = answerOf(await service.invoke(event));
      const query = {
        rawQueryString: 'callback=steal&jsonp=steal',
        queryStringParameters: { callback: 'steal', jsonp: 'steal' },
      };
      const asked = answerOf(await service.invoke({ ...event, ...query }));
      expect(asked).toEqual(plain);
      expect(asked.headers['content-type']).toMatch(/^(?:application\/json|text\/html; charset=utf-8)$/);
      expect(asked.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
    },
  );
});
