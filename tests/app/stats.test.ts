import { describe, expect, it } from 'vitest';
import type { RecordCounter, RecordCounts } from '../../src/cache/counter.ts';
import { SOURCES } from './events.ts';
import { createService } from './service.ts';

const NOON = Date.UTC(2026, 1, 3, 12);

/** A counter that says what it was given, and how often it was asked. */
function counterOf(counts: RecordCounts | undefined): RecordCounter & { readonly reads: () => number } {
  let reads = 0;
  return {
    read: async () => {
      reads++;
      return counts;
    },
    reads: () => reads,
  };
}

const COUNTS: RecordCounts = {
  count: 3963,
  asOf: NOON,
  sums: { created: 5000, expired: 40, removed: 1000, purged: 900, corrected: 3, changes: 6040 },
  lastPass: { at: NOON + 1000, living: 20, expired: 5, deleted: 4, drift: -2, changes: 9 },
};

describe.each(SOURCES)('GET /stats by %s', (source) => {
  it('counts the living sessions in memory, of all visitors', async () => {
    let time = NOON;
    const service = createService({ SESSION_LIFETIME: '1' }, () => time);
    await service.visitor(source).json('POST', '/session/visits');
    time += 50_000;
    const guest = service.visitor(source);
    for (const visitor of [guest, service.visitor(source)]) await visitor.json('POST', '/session/visits');
    await service.visitor(source).send('GET', '/cached');
    const stats = async () => JSON.parse((await service.visitor(source).send('GET', '/stats')).body) as unknown;
    expect(await stats()).toEqual({ sessions: 3, asOf: '2026-02-03T12:00:50.000Z', lastPurge: null });
    time += 20_000; // the first one's lifetime is over
    expect(await stats()).toMatchObject({ sessions: 2 });
    await guest.send('DELETE', '/session');
    expect(await stats()).toMatchObject({ sessions: 1 });
  });

  it('answers from one read of the count, and none of a session, even to who has one', async () => {
    const counter = counterOf(COUNTS);
    const service = createService({}, () => NOON, counter);
    const visitor = service.visitor(source);
    await visitor.json('POST', '/session/visits');
    const before = service.calls.length;
    const answer = await visitor.send('GET', '/stats');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      sessions: 3963,
      asOf: '2026-02-03T12:00:00.000Z',
      created: 5000,
      loggedOut: 100,
      expired: 40,
      purged: 900,
      corrected: 3,
      lastPurge: { at: '2026-02-03T12:00:01.000Z', sessions: 25, expired: 5, deleted: 4, drift: -2, changes: 9 },
    });
    expect(counter.reads()).toBe(1);
    expect(service.calls.length).toBe(before);
    expect(answer.setCookies).toEqual([]);
  });

  it('is not to be stored', async () => {
    const answer = await createService({}, () => NOON, counterOf(COUNTS))
      .visitor(source)
      .send('GET', '/stats');
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
  });

  it('says what it takes while nothing was counted', async () => {
    const answer = await createService({}, () => NOON, counterOf(undefined))
      .visitor(source)
      .send('GET', '/stats');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(JSON.parse(answer.body)).toEqual({
      sessions: 0,
      asOf: null,
      lastPurge: null,
      detail: expect.stringContaining('docs/live-count.md'),
    });
  });

  it('has the head that HEAD asks for, without a body', async () => {
    const answer = await createService({}, () => NOON, counterOf(COUNTS))
      .visitor(source)
      .send('HEAD', '/stats');
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'cache-control': 'no-store' } });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('takes no %s, and reads nothing for it', async (method) => {
    const counter = counterOf(COUNTS);
    const answer = await createService({}, () => NOON, counter)
      .visitor(source)
      .send(method, '/stats');
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } });
    expect(counter.reads()).toBe(0);
  });
});
