/** A store that is down, slow, throttled or talks rubbish is never mistaken for "no session", and nothing leaks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newVersion } from '../../src/cache/rules.ts';
import type { Answer } from '../app/events.ts';
import { readMetricsLine } from '../telemetry/embedded-format.ts';
import { APPLIED, NOT_APPLIED, QUOTING } from './faults.ts';
import type { Fault } from './dynamodb-proxy.ts';
import { APP_KEY, begin, cookieOf, dataOf, idOf, send, type Sent, type Service, startService } from './service.ts';
import { userKeyOf } from '../../src/session/ids.ts';
import { recordKey } from './table.ts';

type Request = `${string} /${string}`;

const SECRET = 'what-nobody-else-may-read';
const NEW_SECRET = 'what-is-being-stored';

/** What must not be in any answer of a failed request, nor in the log. */
const secrets = new Set([SECRET, NEW_SECRET, APP_KEY, APP_KEY.slice('base64:'.length)]);

let service: Service;

beforeAll(async () => {
  service = await startService({ CACHE_PREFIX: 'app' });
}, 60_000);

afterAll(() => service[Symbol.asyncDispose]());

async function session(): Promise<{ cookie: string; key: string }> {
  const cookie = await begin(service.instance, { a: SECRET });
  const key = `app:${recordKey(idOf(cookie))}`;
  for (const secret of [idOf(cookie), cookie, key.slice(-43)]) secrets.add(secret);
  return { cookie, key };
}

/** The secrets that are in a text. */
function revealed(text: string): string[] {
  return [...secrets].filter((secret) => text.includes(secret));
}

async function timed(request: Request, sent: Sent, remainingMs = 10_000): Promise<Answer & { ms: number }> {
  const started = Date.now();
  const answer = await send(service.instance, request, sent, { remainingMs });
  return { ...answer, ms: Date.now() - started };
}

/** Of an answer, what a failure of the store must make it. */
function outcomeOf(answer: Answer & { ms: number }) {
  return {
    status: answer.status,
    type: answer.headers['content-type'],
    retryAfter: answer.headers['retry-after'],
    setCookies: answer.setCookies,
    revealed: revealed(answer.body),
    inTime: answer.ms < 3000,
  };
}

const UNAVAILABLE = {
  status: 503,
  type: 'application/problem+json',
  retryAfter: '1',
  setCookies: [],
  revealed: [],
  inTime: true,
};

const faults = Object.entries({ ...NOT_APPLIED, ...QUOTING });
/** A read changes nothing, so its lost answers belong to them. */
const faultsOfReads = [...faults, ...Object.entries(APPLIED)];

const AT_OPEN: readonly [Request, unknown][] = [
  ['GET /', undefined],
  ['GET /session', undefined],
  ['PUT /session/data/b', NEW_SECRET],
  ['POST /session/visits', undefined],
  ['POST /session/regenerate', undefined],
];

const AT_COMMIT: readonly [Request, string, unknown][] = [
  ['PUT /session/data/b', 'UpdateItem', NEW_SECRET],
  ['DELETE /session/data/a', 'UpdateItem', undefined],
  ['POST /session/visits', 'UpdateItem', undefined],
  ['POST /session/flash', 'UpdateItem', { message: NEW_SECRET }],
  ['POST /login', 'UpdateItem', undefined],
  ['POST /session/regenerate', 'UpdateItem', undefined],
  ['DELETE /session', 'DeleteItem', undefined],
];

describe.concurrent('Where DynamoDB', () => {
  it.each(faultsOfReads)(
    '%s when a session is opened, the answer is 503 in time and nothing changes',
    async (_, fault) => {
      const { cookie, key } = await session();
      const before = await service.table.item(key);
      service.proxy.on({ fault, operation: 'GetItem', containing: key });
      const answers = await Promise.all(AT_OPEN.map(([request, json]) => timed(request, { cookie, json })));
      for (const answer of answers) expect(outcomeOf(answer)).toEqual(UNAVAILABLE);
      expect(await service.table.item(key)).toEqual(before);
    },
  );

  it.each(faults)(
    '%s when a session is committed, the answer is 503 in time and nothing changes',
    async (name, fault) => {
      await Promise.all(
        AT_COMMIT.map(async ([request, operation, json]) => {
          const { cookie, key } = await session();
          const before = await service.table.item(key);
          // The new record of a session that gets a new id has a key that nobody knows yet, so the value tells it.
          const user = `${NEW_SECRET} ${name}`;
          const isLogin = request === 'POST /login';
          service.proxy.on({ fault, operation, containing: isLogin ? user : key });
          expect(outcomeOf(await timed(request, { cookie, json: isLogin ? { user } : json }))).toEqual(UNAVAILABLE);
          expect(await service.table.item(key)).toEqual(before);
        }),
      );
    },
  );

  it.each(faults)('%s when a session begins, there is no cookie', async (name, fault) => {
    const user = `ada ${name}`;
    service.proxy.on({ fault, operation: 'UpdateItem', containing: user });
    expect(outcomeOf(await timed('POST /login', { json: { user } }))).toEqual(UNAVAILABLE);
  });
});

describe.concurrent('An answer that got lost, where DynamoDB', () => {
  it.each(Object.entries(APPLIED))('%s, is asked for again: an update counts once', async (_, fault) => {
    const { cookie, key } = await session();
    service.proxy.on({ fault, operation: 'UpdateItem', containing: key, times: 1 });
    const answer = await timed('POST /session/visits', { cookie });
    expect(answer).toMatchObject({ status: 200, body: '{"visits":1}' });
    expect(await dataOf(service.instance, cookie)).toMatchObject({ visits: 1 });
  });

  it.each(Object.entries(APPLIED))('%s, does not keep a session from being read', async (_, fault) => {
    const { cookie, key } = await session();
    service.proxy.on({ fault, operation: 'GetItem', containing: key, times: 1 });
    expect(await dataOf(service.instance, cookie)).toEqual({ a: SECRET });
  });

  it.each(Object.entries(APPLIED))('%s, leaves one record of a session that begins', async (name, fault) => {
    const user = `lost ${name}`;
    service.proxy.on({ fault, operation: 'UpdateItem', containing: user, times: 1 });
    const answer = await timed('POST /login', { json: { user } });
    expect(answer.status).toBe(204);
    expect(await dataOf(service.instance, cookieOf(answer))).toEqual({ user });
  });

  it.each(Object.entries(APPLIED))('%s, does not keep a session from its new id', async (name, fault) => {
    const { cookie, key } = await session();
    const user = `regenerated ${name}`;
    service.proxy.on({ fault, operation: 'UpdateItem', containing: user, times: 1 });
    const answer = await timed('POST /login', { cookie, json: { user } });
    expect(answer.status).toBe(204);
    expect(await dataOf(service.instance, cookieOf(answer))).toEqual({ a: SECRET, user });
    expect((await service.table.item(key))?.['value']?.S).toContain('"superseded"');
  });

  it.each(Object.entries(APPLIED))('%s at the end of the old id, does not end the session', async (name, fault) => {
    const { cookie, key } = await session();
    const user = `ended ${name}`;
    service.proxy.on({ fault, operation: 'UpdateItem', containing: key, times: 1 });
    const answer = await timed('POST /login', { cookie, json: { user } });
    expect(answer.status).toBe(204);
    expect(await dataOf(service.instance, cookieOf(answer))).toEqual({ a: SECRET, user });
    expect((await service.table.item(key))?.['value']?.S).toContain('"superseded"');
  });

  it.each(Object.entries(APPLIED))('%s of the user’s record, does not list a session twice', async (name, fault) => {
    const user = `listed ${name}`;
    service.proxy.on({ fault, operation: 'UpdateItem', containing: userKeyOf(user), times: 1 });
    const answer = await timed('POST /login', { json: { user } });
    expect(answer.status).toBe(204);
    const { body } = await timed('GET /sessions', { cookie: cookieOf(answer) });
    expect((JSON.parse(body) as { sessions: unknown[] }).sessions).toHaveLength(1);
  });

  it.each(Object.entries(APPLIED))('%s, does not keep a session from its end', async (_, fault) => {
    const { cookie, key } = await session();
    service.proxy.on({ fault, operation: 'DeleteItem', containing: key, times: 1 });
    const answer = await timed('DELETE /session', { cookie });
    expect(answer).toMatchObject({ status: 204, setCookies: [expect.stringContaining('Max-Age=0')] });
    expect(await service.table.item(key)).toBeUndefined();
  });

  it.each(Object.entries(APPLIED))('%s for ever, is a 503 without a cookie', async (name, fault) => {
    const { cookie, key } = await session();
    service.proxy.on({ fault, operation: 'UpdateItem', containing: key });
    expect(outcomeOf(await timed('POST /session/visits', { cookie }))).toEqual(UNAVAILABLE);
    const user = `never ${name}`;
    service.proxy.on({ fault, operation: 'UpdateItem', containing: user });
    expect(outcomeOf(await timed('POST /login', { json: { user } }))).toEqual(UNAVAILABLE);
  });
});

describe.concurrent('Throttling', () => {
  const { 'throttles the table': table, 'throttles the account': account } = NOT_APPLIED;

  it.each([
    ['table', table],
    ['account', account],
  ])('of the %s that ends within the tries is not noticed', async (_, fault) => {
    if (fault === undefined) throw new Error('There is no such fault.');
    const { cookie, key } = await session();
    service.proxy.on({ fault, operation: 'GetItem', containing: key, times: 2 });
    service.proxy.on({ fault, operation: 'UpdateItem', containing: key, times: 2 });
    const answer = await timed('POST /session/visits', { cookie });
    expect(answer).toMatchObject({ status: 200, body: '{"visits":1}' });
    expect(answer.ms).toBeLessThan(3000);
  });
});

describe.concurrent('A function whose time is nearly out', () => {
  it.each([1500, 600, 300, 150])('answers 503 before %i ms are over', async (remainingMs) => {
    const hangs: Fault = async () => 'hang';
    const opening = await session();
    service.proxy.on({ fault: hangs, operation: 'GetItem', containing: opening.key });
    expect(outcomeOf(await timed('GET /session', opening, remainingMs))).toEqual(UNAVAILABLE);
    const committing = await session();
    service.proxy.on({ fault: hangs, operation: 'UpdateItem', containing: committing.key });
    expect(outcomeOf(await timed('POST /session/visits', committing, remainingMs))).toEqual(UNAVAILABLE);
    const ending = await session();
    service.proxy.on({ fault: hangs, operation: 'DeleteItem', containing: ending.key });
    expect(outcomeOf(await timed('DELETE /session', ending, remainingMs))).toEqual(UNAVAILABLE);
  });

  it('stops replaying on a record that others never stop writing', async () => {
    const { cookie, key } = await session();
    const fault: Fault = async (forward) => {
      await service.table.write(key, newVersion());
      return forward();
    };
    service.proxy.on({ fault, operation: 'UpdateItem', containing: key });
    expect(outcomeOf(await timed('POST /session/visits', { cookie }, 1500))).toEqual(UNAVAILABLE);
  });
});

describe('Where DynamoDB is down', () => {
  let own: Service;
  let cookie: string;
  let before: unknown;

  beforeAll(async () => {
    own = await startService();
    cookie = await begin(own.instance, { a: SECRET });
    before = await own.table.item(recordKey(idOf(cookie)));
  });

  afterAll(() => own[Symbol.asyncDispose]());

  it.each<[string, () => Promise<void>]>([
    ['refuses connections', () => own.proxy.refuse()],
    [
      'does not answer',
      async () => {
        if (!own.proxy.isListening) await own.proxy.accept();
        own.proxy.on({ fault: async () => 'hang' });
      },
    ],
  ])('and %s, what needs no session is served, and what needs one is not', async (_, breakIt) => {
    await breakIt();
    const ask = async (request: Request, sent: Sent = {}) => {
      const started = Date.now();
      return { ...(await send(own.instance, request, sent)), ms: Date.now() - started };
    };
    const [page, health, cached, missing, ...refused] = await Promise.all([
      ask('GET /'),
      ask('GET /health', { cookie }),
      ask('GET /cached', { cookie }),
      ask('GET /nothing', { cookie }),
      ask('GET /', { cookie }),
      ask('GET /session', { cookie }),
      ask('POST /session/visits', { cookie }),
      ask('POST /session/visits'),
      ask('POST /session/regenerate', { cookie }),
      ask('DELETE /session', { cookie }),
    ]);
    expect(page).toMatchObject({ status: 200, setCookies: [] });
    expect(health.status).toBe(200);
    expect(missing.status).toBe(404);
    expect(cached.status).toBe(200);
    expect(JSON.parse(cached.body)).toEqual({ computedAt: expect.any(String) });
    expect(cached.ms).toBeLessThan(3000);
    for (const answer of refused) expect(outcomeOf(answer)).toEqual(UNAVAILABLE);
    expect(await own.table.item(recordKey(idOf(cookie)))).toEqual(before);
    for (const secret of [cookie, idOf(cookie)]) secrets.add(secret);
    expect(revealed(own.instance.output)).toEqual([]);
  });
});

describe('The log of all these failures, and their metrics', () => {
  it('have lines of JSON, and no value, id, cookie, key of a record or secret', () => {
    const { output } = service.instance;
    const lines = output.trim().split('\n');
    const metrics = lines.filter((line) => line.startsWith('{"_aws"'));
    const entries = lines.filter((line) => !metrics.includes(line));
    expect(entries.length).toBeGreaterThan(50);
    for (const line of entries) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.any(String) });
    }
    const failures = metrics.map(readMetricsLine).filter((line) => line['Errors'] === 1);
    expect(failures.length).toBeGreaterThan(50);
    for (const failure of failures) expect(failure['code']).toMatch(/^[A-Z_]+$/);
    expect(revealed(output)).toEqual([]);
  });
});
