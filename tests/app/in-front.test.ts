/** The service behind everything that can stand in front of it, as a browser sees it. */
import { describe, expect, it } from 'vitest';
import { type Answer, answerOf, type TestRequest } from './events.ts';
import { type Front, FRONTS } from './fronts.ts';
import { createService } from './service.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Sends requests to the service at its public address, as a browser does. */
class Browser {
  readonly base: string;
  readonly #front: Front;
  readonly #service: ReturnType<typeof createService>;
  #cookie: string | undefined;

  constructor(front: Front, env: Readonly<Record<string, string>> = {}) {
    this.#front = front;
    this.base = new URL(front.address).pathname.replace(/\/$/, '');
    this.#service = createService({ ...(front.needsAppUrl && { APP_URL: front.address }), ...env });
  }

  /** @param path from the host on, without the base path */
  async send(method: string, path: string, rest: Partial<TestRequest> = {}): Promise<Answer> {
    return this.sendTo(method, `${this.base}${path}`, rest);
  }

  /** @param path the whole of it */
  async sendTo(method: string, path: string, rest: Partial<TestRequest> = {}): Promise<Answer> {
    const cookies = this.#cookie === undefined ? [] : [this.#cookie];
    const event = this.#front.event({ method, path, cookies, ...rest });
    const answer = answerOf(await this.#service.invoke(event));
    for (const line of answer.setCookies) this.#cookie = line.slice(0, line.indexOf(';'));
    return answer;
  }
}

/** Where a browser goes from an address of the service. */
function target(front: Front, answer: Answer): string {
  return new URL(answer.headers['location'] ?? 'none:', `${front.address}/any/where`).href;
}

describe.each(FRONTS)('behind $name', (front) => {
  it('the routes are found below the public address', async () => {
    const browser = new Browser(front);
    expect((await browser.send('GET', '/health')).status).toBe(200);
    expect((await browser.send('GET', '/')).headers['content-type']).toContain('text/html');
    expect((await browser.sendTo('GET', browser.base || '/')).headers['content-type']).toContain('text/html');
    expect((await browser.send('PUT', '/session/data/a%2Fb', { body: '1' })).status).toBe(204);
    expect(JSON.parse((await browser.send('GET', '/session')).body)).toMatchObject({ data: { 'a/b': 1 } });
  });

  it('they are found nowhere else', async () => {
    const browser = new Browser(front);
    for (const path of ['/nowhere/health', '/healthx', '//health', '/./health', '/x/../health', '/;/health']) {
      expect([path, (await browser.send('GET', path)).status]).toEqual([path, 404]);
    }
    const again = front.isFoundTwice ? [] : [browser.base || '/stage', '/prod'];
    for (const path of again) expect([path, (await browser.send('GET', `${path}/health`)).status]).toEqual([path, 404]);
  });

  it('redirects stay below it', async () => {
    const browser = new Browser(front);
    const redirect = await browser.send('POST', '/session/visits', { headers: FORM });
    expect(redirect.status).toBe(303);
    expect(target(front, redirect)).toBe(`${front.address}/`);
    await browser.send('POST', '/login', { headers: FORM, body: 'user=ada' });
    expect(target(front, await browser.send('POST', '/sessions/end-others', { headers: FORM }))).toBe(
      `${front.address}/sessions`,
    );
  });

  it('every address in the pages stays below it', async () => {
    const browser = new Browser(front);
    await browser.send('POST', '/login', { headers: FORM, body: 'user=ada' });
    const pages = [
      await browser.send('GET', '/'),
      await browser.send('GET', '/sessions', { headers: { accept: 'text/html' } }),
    ];
    for (const { body } of pages) {
      const addresses = [...body.matchAll(/ (?:href|action|src|formaction)="([^"]*)"/g)]
        .map(([, address = '']) => address)
        .filter((address) => !address.startsWith('data:'));
      expect(addresses.length).toBeGreaterThan(1);
      for (const address of addresses) {
        expect(new URL(address, `${front.address}/any/where`).href).toMatch(`${front.address}/`);
      }
      expect(body).not.toMatch(/\bfetch\(|evil\.example/);
    }
  });

  it('the cookie is sent to all of it, and as the configuration says', async () => {
    const answer = await new Browser(front).send('POST', '/session/visits');
    const [pair = '', ...attributes] = (answer.setCookies[0] ?? '').split('; ');
    const path = attributes.find((attribute) => attribute.startsWith('Path='))?.slice('Path='.length) ?? '';
    // A base path that only the event tells of does not change it.
    expect(path).toBe((front.needsAppUrl && new URL(front.address).pathname) || '/');
    expect(pair.slice(0, pair.indexOf('-', 2) + 1)).toBe(path === '/' ? '__Host-' : '__Secure-');
    expect(attributes).toEqual(expect.arrayContaining(['Secure', 'HttpOnly', 'SameSite=Lax']));
    expect(attributes.join()).not.toContain('Domain');
  });

  it('no cache may keep an answer with a cookie', async () => {
    const answer = await new Browser(front).send('POST', '/session/visits');
    expect(answer.setCookies).toHaveLength(1);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['vary']).toMatch(/\bCookie\b/);
  });

  it('pages of its own origin may change something, and no others', async () => {
    const { origin } = new URL(front.address);
    for (const [status, from] of [
      [303, origin],
      [403, origin.replace('https:', 'http:')],
      [403, 'https://evil.example'],
      [403, `${origin}.evil.example`],
      [403, 'null'],
    ] as const) {
      const answer = await new Browser(front).send('POST', '/session/visits', { headers: { ...FORM, origin: from } });
      expect([from, answer.status]).toEqual([from, status]);
    }
  });

  it('no header of a visitor decides where the service is', async () => {
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-path': '/evil',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
      'x-forwarded-port': '8443',
      forwarded: 'host=evil.example;proto=https',
      'x-host': 'evil.example',
    };
    const browser = new Browser(front);
    const headers = { ...FORM, ...forged };
    expect(target(front, await browser.send('POST', '/session/visits', { headers }))).toBe(`${front.address}/`);
    const page = await browser.send('GET', '/', { headers: forged });
    expect(page.status).toBe(200);
    expect(JSON.stringify(page)).not.toContain('evil');
    const fromThere = { ...headers, origin: 'https://evil.example' };
    expect((await browser.send('POST', '/session/visits', { headers: fromThere })).status).toBe(403);
  });
});

describe('a request without the base path, such as a health check', () => {
  // An API mapping delivers none.
  it.each(FRONTS.filter((front) => front.needsAppUrl === true && front.isFoundTwice !== true))(
    'finds its route behind $name',
    async (front) => {
      expect((await new Browser(front).sendTo('GET', '/health')).status).toBe(200);
    },
  );
});

describe('whoever names another host', () => {
  it.each(FRONTS)('is redirected to none by $name', async (front) => {
    const headers = { ...FORM, host: 'evil.example' };
    const answer = await new Browser(front).send('POST', '/session/visits', { headers });
    expect(answer.headers['location']).toBe(`${new URL(front.address).pathname.replace(/\/$/, '')}/`);
  });

  const PATHS = [
    '//evil.example',
    '//evil.example/',
    '/%2Fevil.example',
    '/%5Cevil.example',
    '/\\evil.example',
    '/%09/evil.example',
  ];

  it.each(FRONTS)('in the path, gets no redirect and no page from $name', async (front) => {
    for (const path of [...PATHS, ...PATHS.map((tail) => `/session/visits${tail}`)]) {
      for (const method of ['GET', 'POST']) {
        const answer = await new Browser(front).send(method, path, { headers: FORM });
        expect([path, answer.status]).toEqual([path, 404]);
        expect(answer.headers).not.toHaveProperty('location');
        expect(answer.body).not.toContain('evil');
      }
    }
  });
});

describe('a public address with characters that need encoding', () => {
  it.each(['/caf%C3%A9', '/café', '/@shop', '/a+b', "/it's", '/a%20b'])('is found: %s', async (path) => {
    const address = new URL(path, 'https://shop.example').href;
    for (const { name, event } of FRONTS.filter((front) => front.name.startsWith('a path of'))) {
      const browser = new Browser({ name, event, address, needsAppUrl: true });
      expect([name, (await browser.send('GET', '/health')).status]).toEqual([name, 200]);
      expect((await browser.send('POST', '/session/visits', { headers: FORM })).headers['location']).toBe(
        `${browser.base}/`,
      );
    }
  });
});
