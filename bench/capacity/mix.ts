/** What visitors do, as `--mix` has it. */
import * as v from 'valibot';
import { TrafficSchema } from '../traffic/traffic.ts';

const MixSchema = v.omit(TrafficSchema, ['size']);

const MIX_ALLOWED = Object.keys(MixSchema.entries).map(kebab).join(', ');

/** `read-only=0.7,parallel=3`; camelCase is as good. */
export function mixOf(text: string | undefined, problems: string[]) {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  const fields = pairs.map((pair): [string, number] => {
    const [name = '', ...rest] = pair.split('=').map((part) => part.trim());
    const value = rest.join('=');
    return [camel(name), value === '' ? NaN : Number(value)];
  });
  const names = fields.map(([name]) => name);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    problems.push(`--mix: ${kebab(name)}: is there twice.`);
  }
  const parsed = v.safeParse(MixSchema, Object.fromEntries(fields));
  for (const issue of parsed.issues ?? []) {
    const name = kebab(v.getDotPath(issue) ?? '');
    const isField = Object.hasOwn(MixSchema.entries, camel(name));
    problems.push(
      isField
        ? `--mix: ${name}: allowed is ${issue.message}.`
        : `--mix: there is no ${name}; there are ${MIX_ALLOWED}.`,
    );
  }
  return parsed.success ? parsed.output : undefined;
}

function camel(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
