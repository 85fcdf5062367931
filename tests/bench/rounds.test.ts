import { describe, expect, it } from 'vitest';
import { measureInRounds, ratioOf, type Runner } from '../../bench/latency/rounds.ts';
import type { Measured } from '../../bench/latency/subject.ts';

const KINDS = { read: { method: 'GET', path: '/' }, write: { method: 'POST', path: '/' } } as const;
const ROUNDS = { rounds: 3, requests: 4, warmUp: 2 };

/** A subject whose requests take so long, the first round's twice that, and who notes when it is asked. */
function runner(name: string, milliseconds: number, asked: string[] = []): Runner {
  let rounds = 0;
  return {
    name,
    cookie: `cookie=${name}`,
    subject: {
      measure: ({ method, cookie }, count): Promise<Measured> => {
        asked.push(`${count} ${method} ${cookie}`);
        const each = (rounds++ < 4 ? 2 : 1) * milliseconds;
        const durationsMs = Array.from({ length: count }, (_, index) => (index === 0 ? 10 : 1) * each);
        return Promise.resolve({ durationsMs, elapsedMs: 2 * count * each, cpuUs: count * 7, last: undefined });
      },
    },
  };
}

describe('Subjects', () => {
  it('are warmed up first, and then measured in turn, another one first in each round', async () => {
    const asked: string[] = [];
    await measureInRounds([runner('a', 1, asked), runner('b', 1, asked)], { read: KINDS.read }, ROUNDS);
    expect(asked.slice(0, 2)).toEqual(['2 GET cookie=a', '2 GET cookie=b']);
    const order = asked.slice(2).map((line) => line.at(-1));
    expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
    expect(asked.slice(2).every((line) => line.startsWith('4 GET'))).toBe(true);
  });

  it('have figures for each kind of request, which are medians of the rounds', async () => {
    const results = await measureInRounds([runner('a', 1), runner('b', 3)], KINDS, ROUNDS);
    expect(Object.keys(results)).toEqual(['read', 'write']);
    expect(results['write']?.['a']).toEqual({
      p50Ms: 1,
      p95Ms: 10,
      perSecond: 500,
      cpuUs: 7,
      p50sMs: [2, 1, 1],
    });
    expect(results['read']?.['b']).toMatchObject({ p50Ms: 3, p95Ms: 30 });
  });
});

it('A ratio is taken round by round, so that a round which was slow for both does not count', () => {
  const figures = (p50sMs: readonly number[]) => ({ p50Ms: 0, p95Ms: 0, perSecond: 0, cpuUs: 0, p50sMs });
  expect(ratioOf(figures([2, 20, 3]), figures([1, 10, 1]))).toBe(2);
});
