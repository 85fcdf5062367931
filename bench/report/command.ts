/** What `npm run bench` was asked to do. */
import { parseArgs } from 'node:util';

export interface BenchSettings {
  /** Names of sections, in the order of the report. */
  readonly sections: readonly string[];
  readonly isQuick: boolean;
  /** Where the results go; absent: nowhere. */
  readonly json?: string;
  readonly markdown?: string;
}

export type Command =
  | { readonly kind: 'bench'; readonly settings: BenchSettings }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string };

/** Where a full run leaves its results. */
export const RESULTS = { json: 'bench/results/results.json', markdown: 'bench/results/results.md' } as const;

const OPTIONS = {
  quick: { type: 'boolean' },
  json: { type: 'string' },
  markdown: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const USAGE = 'npm run bench -- [section...] [--quick] [--json FILE] [--markdown FILE]';

/** @param names of all sections */
export function commandOf(args: readonly string[], names: readonly string[]): Command {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : '';
    return refused(`${reason.replace(/\.$/, '')}.`, names);
  }
  const { values, positionals } = parsed;
  if (values.help === true) return { kind: 'help', text: helpOf(names) };
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) return refused(`There is no section ${unknown.join(', ')}.`, names);
  if (values.json === '' || values.markdown === '') return refused('--json and --markdown take a file.', names);
  const isQuick = values.quick === true;
  const isFull = !isQuick && positionals.length === 0;
  const { json = isFull ? RESULTS.json : undefined, markdown = isFull ? RESULTS.markdown : undefined } = values;
  return {
    kind: 'bench',
    settings: {
      sections: positionals.length === 0 ? names : names.filter((name) => positionals.includes(name)),
      isQuick,
      ...(json !== undefined && { json }),
      ...(markdown !== undefined && { markdown }),
    },
  };
}

function refused(reason: string, names: readonly string[]): Command {
  return { kind: 'refused', message: `${reason}\n\n  ${USAGE}\n\nSections: ${names.join(', ')}.` };
}

function helpOf(names: readonly string[]): string {
  return `Measures Cloakroom next to its peers.

  ${USAGE}

  section...       ${names.join(', ')}. Default: all
  --quick          few rounds, to see that everything runs: figures of time and memory mean nothing
  --json FILE      where the figures go. Default: ${RESULTS.json} for a full run of all sections, else nowhere
  --markdown FILE  where the tables go. Default: ${RESULTS.markdown} likewise
  --help`;
}
