import { describe, expect, it } from 'vitest';
import { createService, type Service, type Visitor } from './service.ts';

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

interface Listed {
  readonly user: string;
  readonly sessions: readonly {
    readonly handle: string;
    readonly label: string;
    readonly created: string;
    readonly lastSeen: string;
    readonly current: boolean;
  }[];
}

async function logIn(service: Service, user = 'ada', userAgent = FIREFOX): Promise<Visitor> {
  const visitor = service.visitor();
  const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
  const answer = await visitor.send('POST', '/login', { body: JSON.stringify({ user }), headers });
  expect(answer.status).toBe(204);
  return visitor;
}

const list = async (visitor: Visitor) => JSON.parse((await visitor.send('GET', '/sessions')).body) as Listed;
const isIn = async (visitor: Visitor) => (await visitor.session()).data['user'] === 'ada';

describe('GET /sessions', () => {
  it('lists where the user is logged in', async () => {
    const time = { now: Date.UTC(2026, 10, 24, 12) };
    const service = createService({}, () => time.now);
    const laptop = await logIn(service);
    time.now += 60_000;
    const phone = await logIn(service, 'ada', 'somebody');
    await logIn(service, 'bob');
    const { user, sessions } = await list(phone);
    expect(user).toBe('ada');
    expect(sessions).toEqual([
      {
        handle: (await laptop.session()).handle,
        label: 'Firefox on Linux',
        created: '2026-11-24T12:00:00.000Z',
        lastSeen: '2026-11-24T12:00:00.000Z',
        current: false,
      },
      {
        handle: (await phone.session()).handle,
        label: 'Unknown browser',
        created: '2026-11-24T12:01:00.000Z',
        lastSeen: '2026-11-24T12:01:00.000Z',
        current: true,
      },
    ]);
  });

  it('is private, and differs by what the client wants', async () => {
    const service = createService();
    const visitor = await logIn(service);
    for (const headers of [HTML, { accept: 'application/json' }]) {
      const answer = await visitor.send('GET', '/sessions', { headers });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['vary']).toMatch(/\bAccept\b/);
      expect(answer.headers['content-type']).toContain(headers === HTML ? 'text/html' : 'application/json');
    }
    expect(await visitor.send('HEAD', '/sessions')).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    ['text/html', true],
    ['text/html, application/json', true],
    ['application/json, text/html;q=0.1', false],
    ['text/html;q=0', false],
    ['application/json', false],
    ['*/*', false],
    ['', false],
  ])('answers who accepts %j: a page is %s', async (accept, isPage) => {
    const visitor = await logIn(createService());
    const answer = await visitor.send('GET', '/sessions', { headers: { accept } });
    expect(answer.headers['content-type']?.startsWith('text/html')).toBe(isPage);
  });

  it('is refused to programs that are not logged in, and says to browsers how to be', async () => {
    const service = createService();
    const guest = service.visitor();
    await guest.json('PUT', '/session/data/user', 'ada'); // anybody may store that
    for (const visitor of [guest, service.visitor()]) {
      const answer = await visitor.send('GET', '/sessions');
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Cookie' } });
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'NOT_LOGGED_IN', status: 401 });
      const page = await visitor.send('GET', '/sessions', { headers: HTML });
      expect(page).toMatchObject({ status: 200, setCookies: [] });
      expect(page.body).toContain('You are not logged in');
    }
  });

  it('shows a page with a way to end each, and all others', async () => {
    const service = createService();
    const [one, other] = [await logIn(service, '<b>ada</b>'), await logIn(service, '<b>ada</b>')];
    const { body } = await one.send('GET', '/sessions', { headers: HTML });
    expect(body).toContain('&lt;b&gt;ada&lt;/b&gt; is logged in here');
    expect(body).not.toContain('<b>');
    expect(body.match(/Firefox on Linux/g)).toHaveLength(2);
    expect(body.match(/this one/g)).toHaveLength(1);
    for (const visitor of [one, other]) expect(body).toContain(`value="${(await visitor.session()).handle}"`);
    expect(body).toContain('action="/sessions/end-others"');
    await one.form('/sessions/end-others');
    expect((await one.send('GET', '/sessions', { headers: HTML })).body).not.toContain('end-others');
  });
});

describe('Ending sessions', () => {
  it.each<[string, (visitor: Visitor, handle: string) => ReturnType<Visitor['send']>, object]>([
    ['DELETE /sessions/{handle}', (visitor, handle) => visitor.send('DELETE', `/sessions/${handle}`), { status: 204 }],
    ['POST /sessions/end', (visitor, handle) => visitor.json('POST', '/sessions/end', { handle }), { status: 204 }],
    [
      'the form',
      (visitor, handle) => visitor.form('/sessions/end', { handle }),
      { status: 303, headers: { location: '/sessions' } },
    ],
  ])('ends one by %s, and no other', async (_name, end, expected) => {
    const service = createService();
    const [one, two, three] = [await logIn(service), await logIn(service), await logIn(service)];
    const { handle } = await two.session();
    expect(await end(one, handle)).toMatchObject(expected);
    expect([await isIn(one), await isIn(two), await isIn(three)]).toEqual([true, false, true]);
    expect((await list(one)).sessions).toHaveLength(2);
    expect(await end(one, handle)).toMatchObject({ status: 404 });
  });

  it.each<[string, (visitor: Visitor) => ReturnType<Visitor['send']>, object]>([
    ['DELETE /sessions', (visitor) => visitor.send('DELETE', '/sessions'), { status: 204 }],
    [
      'the form',
      (visitor) => visitor.form('/sessions/end-others'),
      { status: 303, headers: { location: '/sessions' } },
    ],
  ])('ends all others by %s', async (_name, end, expected) => {
    const service = createService();
    const [one, two, three] = [await logIn(service), await logIn(service), await logIn(service)];
    const bob = await logIn(service, 'bob');
    expect(await end(two)).toMatchObject({ ...expected, setCookies: [] });
    expect([await isIn(one), await isIn(two), await isIn(three)]).toEqual([false, true, false]);
    expect((await bob.session()).data).toEqual({ user: 'bob' });
  });

  it('ends nothing where the name of the session was left out', async () => {
    const service = createService();
    const [one, two] = [await logIn(service), await logIn(service)];
    expect((await one.send('DELETE', '/sessions/')).status).toBe(404);
    expect(await isIn(two)).toBe(true);
  });

  it('ends the one that asks as a logout does', async () => {
    const service = createService();
    const visitor = await logIn(service);
    const { handle } = await visitor.session();
    const answer = await visitor.send('DELETE', `/sessions/${handle}`);
    expect(answer).toMatchObject({ status: 204, setCookies: [expect.stringContaining('Max-Age=0')] });
    expect(visitor.cookies).toEqual([]);
  });

  it("refuses another user's session as one that is not there", async () => {
    const service = createService();
    const [ada, bob] = [await logIn(service), await logIn(service, 'bob')];
    const { handle } = await ada.session();
    expect(await bob.send('DELETE', `/sessions/${handle}`)).toMatchObject({ status: 404 });
    expect(await isIn(ada)).toBe(true);
  });

  it('is refused to visitors who are not logged in, and to other sites', async () => {
    const service = createService();
    const ada = await logIn(service);
    const { handle } = await ada.session();
    const guest = service.visitor();
    for (const path of [`/sessions/${handle}`, '/sessions']) {
      expect((await guest.send('DELETE', path)).status).toBe(401);
      expect((await ada.send('DELETE', path, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    }
    expect(await isIn(ada)).toBe(true);
  });

  it.each([{}, { handle: 7 }, []])('needs to know which one: %j', async (fields) => {
    const visitor = await logIn(createService());
    expect((await visitor.json('POST', '/sessions/end', fields)).status).toBe(422);
  });
});

describe('POST /login', () => {
  it('is refused where a user has as many sessions as are allowed', async () => {
    const service = createService({ SESSION_MAX_PER_USER: '1', SESSION_WHEN_FULL: 'refuse' });
    await logIn(service);
    const visitor = service.visitor();
    const answer = await visitor.json('POST', '/login', { user: 'ada' });
    expect(answer).toMatchObject({ status: 409, setCookies: [] });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'SESSION_LIMIT' });
    expect((await visitor.session()).isNew).toBe(true);
  });

  it('ends the oldest session of a user who has as many as are allowed', async () => {
    const service = createService({ SESSION_MAX_PER_USER: '1' });
    const [old, late] = [await logIn(service), await logIn(service)];
    expect([await isIn(old), await isIn(late)]).toEqual([false, true]);
  });
});

describe('Without the demonstration', () => {
  it.each([
    ['GET', '/sessions'],
    ['DELETE', '/sessions'],
    ['POST', '/sessions/end'],
  ])('there is no %s %s', async (method, path) => {
    const visitor = createService({ DEMO: 'false' }).visitor();
    expect((await visitor.send(method, path)).status).toBe(404);
  });
});
