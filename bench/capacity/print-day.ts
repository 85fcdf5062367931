/** The simulated day as text for a terminal. */
import { ratioOf } from './day.ts';
import type { Plan, PlanInput } from './plan.ts';
import type { DayResult } from './simulate.ts';
import { condensed, percent, shown, sparkline } from './text.ts';

export function daysText({ days }: Plan, { headroom, hours, peak }: PlanInput): string {
  const ratio = hours === undefined ? 0 : ratioOf(hours);
  return [
    ...(ratio > peak
      ? [
          `  The hours of --day are ${shown(ratio)} times as busy as the average at their busiest. They were flattened to ${peak} times:`,
          `  give --peak ${Math.ceil(ratio * 10) / 10} for the day as it is.`,
        ]
      : []),
    dayLines('provisioned', days.provisioned),
    dayLines(`provisioned for the average and ${percent(headroom)} above it`, days.averageOnly),
    dayLines('autoscaling', days.autoscaling),
    '  Throttled requests count once, as 503: while nothing is saved up, the tries of the driver find no more room.',
  ].join('\n');
}

function dayLines(name: string, { minutes, requests, throttled }: DayResult): string {
  const asked = minutes.map((minute) => minute.writes);
  const there = minutes.map((minute) => minute.writeCapacity);
  // Both by the same measure: what is asked for stands above what is there where it is more.
  const top = Math.max(...asked, ...there);
  const lost = minutes.map((minute) => minute.throttled);
  const hit = lost.flatMap((count, minute) => (count >= 1 ? [minute] : []));
  const [first, last] = [hit[0], hit.at(-1)];
  const when = first === undefined || last === undefined ? '' : `, between ${clock(first)} and ${clock(last)}`;
  return [
    `  ${name}: ${shown(Math.round(throttled))} of ${shown(requests)} requests throttled${when}`,
    dayLine('WCU asked', asked, top),
    dayLine('WCU there', there, top),
    ...(throttled >= 1 ? [dayLine('throttled', lost, Math.max(...lost))] : []),
  ].join('\n');
}

function dayLine(label: string, values: readonly number[], top: number): string {
  return `    ${label.padEnd(12)}${sparkline(condensed(values, 72), top)}`;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
