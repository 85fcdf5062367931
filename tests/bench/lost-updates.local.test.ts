import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { crossLogout } from '../../bench/lost-updates/logout.ts';
import { gather, write } from '../../bench/lost-updates/writers.ts';
import { Running } from '../../bench/subjects/running.ts';
import { CLOAKROOM, LOCKING, RAW, type Subject } from '../../bench/subjects/subjects.ts';
import { Table } from '../service/table.ts';

const start = (subject: Subject) => Running.start(subject, inject('dynamoDBLocal') ?? '', `lost-${randomUUID()}`);

describe.each([CLOAKROOM, LOCKING])('Parallel writers of one session, $title', (subject) => {
  it('all keep their keys, and what failed is billed', async () => {
    await using running = await start(subject);
    const outcome = await write(running, 5);
    expect(outcome).toMatchObject({ survivors: 5, accepted: 5, lost: 0 });
    expect(outcome.failedConditions).toBeGreaterThanOrEqual(4);
    // A record of less than 1 KB: a unit for each write, done or not. Who waits for the lock gets in line by a write, too.
    const done = subject === LOCKING ? 5 * 2 + 4 : 5;
    expect(outcome.writeUnits).toBe(outcome.failedConditions + done);
  }, 60_000);

  it.each(['read', 'change'] as const)(
    'does not bring a session back by a late %s',
    async (late) => {
      await using running = await start(subject);
      expect(await crossLogout(running, late)).toEqual({
        status: late === 'read' ? 200 : 409,
        isBack: false,
        setsCookie: false,
      });
    },
    60_000,
  );
});

describe('Requests that are gathered', () => {
  it('do not write before all of them have read', async () => {
    const endpoint = inject('dynamoDBLocal') ?? '';
    await using running = await start(RAW);
    const cookie = await running.begin({ before: 1 });
    const table = new Table(endpoint, running.table);
    gather(running, 2);
    const first = running.send('PUT /session/data/first', { cookie, json: 1 });
    // More than long enough for a write that nothing keeps back.
    for (let looks = 0; looks < 30; looks += 1) expect(await table.holding('first')).toEqual([]);
    const second = running.send('PUT /session/data/second', { cookie, json: 1 });
    expect([(await first).status, (await second).status]).toEqual([204, 204]);
  }, 60_000);
});

describe('Parallel writers of one session, raw calls', () => {
  it('lose all keys but one, and bring a session back', async () => {
    await using running = await start(RAW);
    expect(await write(running, 5)).toMatchObject({ survivors: 1, accepted: 5, lost: 4, requests: 10, writeUnits: 5 });
    expect(await crossLogout(running, 'change')).toMatchObject({ status: 204, isBack: true });
  }, 60_000);
});
