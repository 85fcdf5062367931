import { describe, expect, it } from 'vitest';
import { bodyOf, type Visitor } from '../visitor.ts';

const TEN = Array.from({ length: 10 }, (_, index) => index);

export function parallelBehaviours(visitor: () => Visitor): void {
  describe('parallel requests of a session', () => {
    it('that count visits are all counted, each with a number of its own', async () => {
      const guest = visitor();
      await guest.json('PUT', '/session/data/a', 1);
      const answers = await Promise.all(TEN.map(() => guest.json('POST', '/session/visits')));
      const numbers = answers.map((answer) => (bodyOf(answer) as { visits: number }).visits);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(TEN.map((index) => index + 1));
      expect((await guest.session()).data).toEqual({ a: 1, visits: 10 });
    });

    it('that set different keys all keep theirs', async () => {
      const guest = visitor();
      await guest.json('POST', '/session/visits');
      const answers = await Promise.all(TEN.map((index) => guest.json('PUT', `/session/data/key${index}`, index)));
      expect(answers.map(({ status }) => status)).toEqual(TEN.map(() => 204));
      expect((await guest.session()).data).toEqual({
        visits: 1,
        ...Object.fromEntries(TEN.map((index) => [`key${index}`, index])),
      });
    });

    it('never bring back who logs out meanwhile', async () => {
      const guest = visitor();
      await guest.json('POST', '/login', { user: 'Ada in parallel' });
      const cookies = guest.cookies;
      const [, ...late] = await Promise.all([
        guest.json('POST', '/logout'),
        ...TEN.map((index) =>
          guest.send('PUT', `/session/data/key${index}`, {
            cookies,
            body: '1',
            headers: { 'content-type': 'application/json' },
          }),
        ),
      ]);
      // Before the logout: kept. At the same time: refused. After it: in a session of somebody who is not logged in.
      for (const { status, setCookies } of late) {
        expect([204, 409]).toContain(status);
        if (status === 409) expect(setCookies).toEqual([]);
      }
      const after = await guest.send('GET', '/session', { cookies });
      expect(bodyOf(after)).toMatchObject({ isNew: true, data: {} });
    });

    it('without one yet make a session each', async () => {
      const guests = TEN.map(() => visitor());
      await Promise.all(guests.map((guest) => guest.json('POST', '/session/visits')));
      expect(new Set(guests.flatMap(({ cookies }) => cookies)).size).toBe(10);
    });
  });
}
