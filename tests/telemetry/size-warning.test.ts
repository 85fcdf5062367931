import { describe, expect, it } from 'vitest';
import { SizeWarning } from '../../src/telemetry/size-warning.ts';

function warning(limit: number) {
  const logged: Readonly<Record<string, unknown>>[] = [];
  const time = { now: 0 };
  const sizes = new SizeWarning(
    limit,
    (entry) => logged.push(entry),
    () => time.now,
  );
  return { logged, time, sizes };
}

describe('The warning of large records', () => {
  it('comes above the size that was set, and says what a write costs', () => {
    const { logged, sizes } = warning(1024);
    sizes.saw(1024);
    expect(logged).toEqual([]);
    sizes.saw(1025);
    expect(logged).toEqual([
      {
        level: 'WARN',
        code: 'RECORD_LARGE',
        message: "A session's record takes 1025 bytes: each of its writes costs 2 write units.",
        bytes: 1025,
        limit: 1024,
      },
    ]);
  });

  it('comes once a minute, and then says how many there were', () => {
    const { logged, time, sizes } = warning(1000);
    for (let count = 0; count < 1000; count++) sizes.saw(2000 + count);
    time.now = 59_999;
    sizes.saw(1001);
    expect(logged).toHaveLength(1);
    time.now = 60_000;
    sizes.saw(1500);
    expect(logged[1]).toMatchObject({ bytes: 1500, othersSince: 1000, largest: 2999 });
    time.now = 120_000;
    sizes.saw(1600);
    expect(logged[2]).not.toHaveProperty('othersSince');
  });

  it('never comes where it is off', () => {
    const { logged, sizes } = warning(0);
    sizes.saw(400_000);
    expect(logged).toEqual([]);
  });
});
