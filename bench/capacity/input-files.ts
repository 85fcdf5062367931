/** The files that the planner is given: a session's data, and how busy the hours of a day are. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';

const DaySchema = v.pipe(
  v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1e9))),
  v.length(24),
  v.check((hours) => hours.some((hour) => hour > 0)),
);

export function bytesOf(data: Readonly<Record<string, unknown>>): number {
  return Buffer.byteLength(JSON.stringify(data));
}

export function sessionIn(path: string, problems: string[]): Readonly<Record<string, unknown>> | undefined {
  const schema = v.pipe(
    v.record(v.string(), v.unknown()),
    v.check((data) => bytesOf(data) >= 20 && bytesOf(data) <= 100_000),
  );
  return fileOf('sample', path, schema, 'an object of 20 to 100,000 bytes', problems);
}

export function hoursIn(path: string, problems: string[]): readonly number[] | undefined {
  return fileOf('day', path, DaySchema, '24 numbers from 0 to 1,000,000,000, not all of them 0', problems);
}

function fileOf<T>(
  option: string,
  path: string,
  schema: v.GenericSchema<unknown, T>,
  allowed: string,
  problems: string[],
): T | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return parsed.output;
  } catch {
    // said below
  }
  problems.push(`--${option}: ${path} must be a file with JSON: ${allowed}.`);
  return undefined;
}
