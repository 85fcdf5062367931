/** Measures Cloakroom next to its peers: `npm run bench -- [section...] [--quick] [--json FILE] [--markdown FILE]`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { installBenchPackages } from './packages.ts';
import { commandOf, type BenchSettings } from './report/command.ts';
import { environmentOf } from './report/environment.ts';
import { markdownReport } from './report/markdown.ts';
import { Progress } from './report/progress.ts';
import { jsonReport, type NamedSection } from './report/results.ts';
import type { Benchmark } from './report/section.ts';
import { terminalSection } from './report/terminal.ts';

/** In the order of the report. Each is a folder with a `section.ts`. */
const SECTIONS = ['units', 'latency', 'cold-start', 'memory', 'lost-updates', 'batches'];

// Without a listener, these would end the process before it has taken its folders away.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(code));
}

const command = commandOf(process.argv.slice(2), SECTIONS);
if (command.kind === 'help') console.log(command.text);
else if (command.kind === 'refused') {
  console.error(command.message);
  process.exitCode = 1;
} else await run(command.settings);

async function run({ sections: names, isQuick, json, markdown }: BenchSettings): Promise<void> {
  installBenchPackages();
  const environment = environmentOf({ isQuick });
  const progress = new Progress(process.stderr);
  const done: NamedSection[] = [];
  for (const name of names) {
    try {
      const { benchmark } = (await import(fileOf(name))) as { benchmark: Benchmark };
      const section = await benchmark.run({ isQuick, progress: (line) => progress.show(`${name}: ${line}`) });
      done.push({ name, section });
      progress.end();
      console.log(terminalSection(section));
    } catch (error) {
      progress.end();
      console.error(`Section ${name} failed.`, error);
      process.exitCode = 1;
    }
  }
  // Half of a report would look like all of it.
  if (process.exitCode === 1) return;
  if (json !== undefined) await write(json, await jsonReport(done, environment));
  if (markdown !== undefined) {
    await write(
      markdown,
      await markdownReport(
        done.map(({ section }) => section),
        environment,
      ),
    );
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, text);
  console.log(`Written: ${file}`);
}

function fileOf(name: string): string {
  return join(import.meta.dirname, name, 'section.ts');
}
