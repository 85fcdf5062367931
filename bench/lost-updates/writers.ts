/** Requests that write different keys of one session, all of which have read it before any of them writes. */
import type { Bill } from '../subjects/meter.ts';
import type { Running } from '../subjects/running.ts';

export interface Outcome extends Bill {
  /** Keys that are in the session in the end. */
  readonly survivors: number;
  /** Requests that were told that their key is stored. */
  readonly accepted: number;
  /** Requests that were told so, though it is not. */
  readonly lost: number;
}

export async function write(running: Running, writers: number): Promise<Outcome> {
  const cookie = await running.begin({ before: 1 });
  running.meter.take();
  gather(running, writers);
  const keys = Array.from({ length: writers }, (_, index) => `k${index}`);
  const answers = await Promise.all(keys.map((key) => running.send(`PUT /session/data/${key}`, { cookie, json: key })));
  const bill = running.meter.take();
  const data = await running.dataOf(cookie);
  const isAccepted = answers.map(({ status }) => status < 300);
  return {
    ...bill,
    survivors: keys.filter((key) => data[key] === key).length,
    accepted: isAccepted.filter(Boolean).length,
    lost: keys.filter((key, index) => isAccepted[index] === true && data[key] !== key).length,
  };
}

/** Keeps back the first answer that each of the requests gets from DynamoDB until all have theirs. */
export function gather({ proxy, meter }: Running, requests: number): void {
  const all = Promise.withResolvers<void>();
  let answered = 0;
  proxy.on({
    times: requests,
    fault: async (forward, exchange) => {
      const answer = await meter.measured(forward, exchange);
      answered += 1;
      if (answered === requests) all.resolve();
      await all.promise;
      return answer;
    },
  });
}
