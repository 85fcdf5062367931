/** Races that the packaged function runs on DynamoDB Local, and the timing of this machine that explains them. */
import { cookieOf, type PackagedService } from './packaged-service.ts';
import { expectedFailures, ON_AWS, type RaceTiming } from './race.ts';

/** Failed conditions of so many requests that change one session at the same moment: the mean of some races. */
export async function measuredFailures(service: PackagedService, writers: number, races: number): Promise<number> {
  let failures = 0;
  for (let race = 0; race < races; race += 1) {
    const cookie = cookieOf(await service.send('PUT /session/data/a', { json: 1 }));
    service.bill();
    await Promise.all(Array.from({ length: writers }, () => service.send('POST /session/visits', { cookie })));
    failures += service.bill().failures;
  }
  return failures / races;
}

const SPREADS = [0, 1, 2, 4, 6, 8, 12, 16];
const CALLS = [4, 6, 9, 13, 20, 30];

/** Of some timings, the one with which simulated races are most like these. */
export function fittingTiming(measured: ReadonlyMap<number, number>): RaceTiming {
  const candidates = SPREADS.flatMap((spreadMs) =>
    CALLS.map((writeMs) => ({ ...ON_AWS, spreadMs, writeMs, readMs: writeMs * 0.7 })),
  );
  const distance = (timing: RaceTiming): number =>
    [...measured].reduce((sum, [writers, failures]) => {
      const expected = expectedFailures(writers, timing, 200);
      return sum + ((expected - failures) / failures) ** 2;
    }, 0);
  const scored = candidates.map((timing) => ({ timing, distance: distance(timing) }));
  return scored.reduce((best, one) => (one.distance < best.distance ? one : best)).timing;
}
