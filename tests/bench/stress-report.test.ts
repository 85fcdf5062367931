/** What a report says of what was measured. */
import { describe, expect, it } from 'vitest';
import type { Generated, Sample } from '../../bench/stress/messages.ts';
import { Measurement, percentileOf } from '../../bench/stress/measurement.ts';
import { commandOf } from '../../bench/stress/options.ts';
import { progressLine } from '../../bench/stress/progress.ts';
import { pageOf, terminalReport } from '../../bench/stress/report.ts';
import type { Consumed } from '../../bench/stress/server-timing.ts';
import { plannedTable, plannedUnits } from '../../bench/stress/planned.ts';
import { compareUnits, type Run, type Summary, summaryOf } from '../../bench/stress/summary.ts';

const COMMAND = commandOf(['--visitors', '1', '--duration', '10']);

const GENERATED: Generated = {
  visits: 10,
  bots: 28,
  requests: 4,
  skipped: 0,
  abandoned: 0,
  lateP50Ms: 1,
  lateP99Ms: 5,
  lateMaxMs: 9,
  processor: 0.1,
  elapsedMs: 10_000,
};

const CONSUMED: Consumed = {
  requests: 2,
  readUnits: 1,
  writeUnits: 1,
  failedConditions: 0,
  failedConditionUnits: 0,
  throttles: 0,
  isCold: false,
  totalMs: 3,
};

const SAMPLES: readonly Sample[] = [
  {
    kind: 'first write',
    atMs: 100,
    tookMs: 8,
    status: 204,
    consumed: { ...CONSUMED, requests: 1, readUnits: 0, isCold: true },
  },
  { kind: 'change', atMs: 1500, tookMs: 4, status: 200, consumed: CONSUMED },
  {
    kind: 'change',
    atMs: 1600,
    tookMs: 12,
    status: 200,
    consumed: { ...CONSUMED, requests: 4, failedConditions: 1, failedConditionUnits: 3, throttles: 1 },
  },
  { kind: 'read-only', atMs: 2000, tookMs: 6, status: 503, code: 'SESSION_UNAVAILABLE' },
];

function summary(samples = SAMPLES, generated: Partial<Generated> = {}, run: Partial<Run> = {}): Summary {
  if (COMMAND.kind !== 'stress') throw new Error('The options are wrong.');
  const measurement = new Measurement(10_000);
  for (const sample of samples) measurement.add(sample);
  measurement.generated = { ...GENERATED, ...generated };
  return summaryOf(measurement, {
    options: COMMAND.options,
    target: { name: 'http://127.0.0.1:3000', tellsUnits: true },
    startedAt: new Date('2026-01-02T03:04:05Z'),
    isInterrupted: false,
    elapsedMs: 10_000,
    ...run,
  });
}

describe('A summary', () => {
  it('adds up by kind and by second', () => {
    const { all, kinds, series, errors } = summary();
    expect(all).toMatchObject({ requests: 4, errors: 1 });
    expect(kinds.change).toMatchObject({
      requests: 2,
      errors: 0,
      consumption: {
        answers: 2,
        requests: 6,
        readUnits: 2,
        writeUnits: 2,
        failedConditions: 1,
        failedConditionUnits: 3,
      },
    });
    expect(all.consumption).toMatchObject({ answers: 3, coldStarts: 1, throttles: 1 });
    expect(kinds.change.latency.max).toBeCloseTo(12, 1);
    expect(errors).toEqual({ '503 SESSION_UNAVAILABLE': 1 });
    expect(series.requests).toEqual([1, 2, 1]);
    expect(series.errors).toEqual([0, 0, 1]);
    expect(series.writeUnits).toEqual([1, 5, 0]);
    expect(series.p50).toEqual([8, 4, 6]);
  });

  it('has units a second, with failed conditions apart', () => {
    expect(summary().unitsPerSecond).toEqual({ reads: 0.2, writes: 0.3, failedConditions: 0.3 });
  });

  it('compares them with what was planned', () => {
    expect(compareUnits(summary(), { reads: 0.4, writes: 0.6 })).toEqual({
      planned: { reads: 0.4, writes: 0.6 },
      measured: { reads: 0.2, writes: 0.6 },
      readRatio: 0.5,
      writeRatio: 1,
    });
    expect(compareUnits(summary(), { reads: 0, writes: 0 })).not.toHaveProperty('readRatio');
    expect(compareUnits(summary([]), { reads: 1, writes: 1 })).toBeUndefined();
  });

  it.each<[Partial<Generated>, string | undefined]>([
    [{}, undefined],
    [{ processor: 0.95 }, 'it took 95 % of a processor'],
    [{ lateP99Ms: 200, lateMaxMs: 300 }, 'up to 300 ms late'],
    [{ visits: 5 }, 'the load was less than asked for'],
    [{ skipped: 7 }, '7 visits and bots were left out'],
    [{ abandoned: 3 }, '3 visits ended early'],
  ])('says where the load was not what was asked for: %j', (generated, said) => {
    const { shortcomings } = summary(SAMPLES, generated);
    if (said === undefined) expect(shortcomings).toEqual([]);
    else expect(shortcomings.join('\n')).toContain(said);
  });

  it('does not count as throughput what was answered after the time', () => {
    const { all, shortcomings } = summary([...SAMPLES, { kind: 'change', atMs: 12_000, tookMs: 5000, status: 200 }]);
    expect(all).toMatchObject({ requests: 5, inTime: 4 });
    expect(shortcomings).toEqual([expect.stringMatching(/^1 of 5 requests were not answered while visits began/)]);
  });

  it('says where the generator gave no account', () => {
    if (COMMAND.kind !== 'stress') throw new Error('The options are wrong.');
    const none = summaryOf(new Measurement(10_000), {
      options: COMMAND.options,
      target: { name: 'x', tellsUnits: false },
      startedAt: new Date(0),
      isInterrupted: false,
      elapsedMs: 4000,
    });
    expect(none).toMatchObject({ seconds: 4, all: { requests: 0 } });
    expect(none.shortcomings).toHaveLength(1);
  });
});

describe('The plan of a run', () => {
  it('is that of what was asked for', () => {
    // A visitor a second: one first write, ten pages, a login in ten and a logout in twenty.
    const planned = plannedUnits(summary());
    expect(planned.reads).toBeCloseTo(10 + 0.1 * 2 + 0.05 * 1, 6);
    expect(planned.writes).toBeCloseTo(1 + 10 * 0.2 + 0.1 * 3 + 0.05 * 2, 6);
  });
});

describe('Percentiles', () => {
  it.each<[number[], number, number | null]>([
    [[], 0.5, null],
    [[3], 0.99, 3],
    [[3, 1, 2, 4], 0.5, 2],
    [[3, 1, 2, 4], 0.95, 4],
  ])('of %j: %f is %s', (values, part, value) => {
    expect(percentileOf(values, part)).toBe(value);
  });
});

it.each([1, 15, 19, 42, 200])('Percentiles of %i answers are those of the nearest rank, as in the charts', (count) => {
  const times = Array.from({ length: count }, (_, index) => index + 1);
  const measurement = new Measurement(10_000);
  for (const tookMs of times) measurement.add({ kind: 'bot', atMs: 1, tookMs, status: 200 });
  const { latency } = measurement.all;
  const found = [latency.p50, latency.p95, latency.p99].map(Math.round);
  expect(found).toEqual([0.5, 0.95, 0.99].map((part) => percentileOf(times, part)));
});

describe('Requests without an answer', () => {
  const refused: Sample = { kind: 'bot', atMs: 1, tookMs: 1, code: 'ECONNREFUSED' };
  const slow: Sample = { kind: 'bot', atMs: 900, tookMs: 800, status: 200 };

  it('are no fast answers', () => {
    const { all, series, shortcomings } = summary([refused, refused, slow]);
    expect(all).toMatchObject({ requests: 3, answers: 1, errors: 2 });
    expect(Math.round(all.latency.p50)).toBe(800);
    expect(series).toMatchObject({ requests: [1], errors: [2], p50: [800] });
    expect(shortcomings.join('\n')).toContain('2 of 3 requests had no answer at all');
  });

  it('leave no latency to show where there is nothing else', () => {
    const text = terminalReport(summary([refused]));
    expect(text).toMatch(/– {2}latency, median/);
    expect(text).toMatch(/bot +– +– +– +–/);
  });
});

describe('A report', () => {
  it('says at the terminal what was asked for and what came', () => {
    const text = terminalReport(summary());
    expect(text).toContain('http://127.0.0.1:3000, 2026-01-02 03:04 UTC, 10 s. Seed 1.');
    expect(text).toMatch(/^change +20 +2 +0\.2 +0$/m);
    expect(text).toMatch(/^503 SESSION_UNAVAILABLE +1 +25\.00 %$/m);
    expect(text).toContain('1 throttled, 1 cold starts');
  });

  it('leaves out units where no answer told them, and says how to get them', () => {
    const text = terminalReport(summary(SAMPLES.map(({ consumed: _consumed, ...sample }) => sample)));
    expect(text).not.toContain('DynamoDB, ');
    expect(text).toContain('SERVER_TIMING=true');
  });

  it('says that it was stopped early', () => {
    expect(terminalReport(summary(SAMPLES, { elapsedMs: 4000 }, { isInterrupted: true }))).toContain(
      '4 s, stopped early: 10 s were asked for',
    );
  });

  it('escapes in its page whatever a service has answered', async () => {
    const code = '</script><img src=x onerror="alert(1)">&amp;';
    const page = await pageOf(
      summary(
        [{ kind: 'bot', atMs: 1, tookMs: 1, status: 500, code }],
        {},
        { target: { name: code, tellsUnits: false } },
      ),
    );
    expect(page).not.toContain('<img');
    expect(page).toContain('500 &lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;amp;');
  });
});

describe('The line of progress', () => {
  it('tells of the last seconds', () => {
    const measurement = new Measurement(10_000);
    for (const sample of SAMPLES) measurement.add(sample);
    expect(progressLine(measurement, 2.7, 10)).toBe('2 of 10 s   1.5 requests/s   p95 12.0 ms   1 errors');
    expect(progressLine(new Measurement(10_000), 0.2, 10)).toBe('0 of 10 s   0.0 requests/s   p95 –   0 errors');
    expect(progressLine(measurement, 10.5, 10)).toContain('waiting for the last answers');
  });
});

describe('The comparison with what was planned', () => {
  const notesOf = (samples: readonly Sample[]) => plannedTable(summary(samples))[0]?.notes?.join(' ');

  it('says so where the service keeps its sessions in memory', () => {
    const free = { ...CONSUMED, requests: 0, readUnits: 0, writeUnits: 0 };
    expect(notesOf([{ kind: 'change', atMs: 1, tookMs: 1, status: 200, consumed: free }])).toContain('in memory');
    expect(notesOf(SAMPLES)).not.toContain('in memory');
  });
});
