/** `npm run stress`: drives a running service. `npm run stress -- --help` tells the options. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { commandOf, type StressOptions } from './options.ts';
import { pageOf, terminalReport } from './report.ts';
import { stress } from './stress.ts';

const command = commandOf(process.argv.slice(2));
if (command.kind === 'help') console.log(command.text);
else if (command.kind === 'refused') {
  console.error(command.message);
  process.exitCode = 1;
} else {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Whoever asks twice wants no report. What was started ends with this process.
      if (interruption.signal.aborted) process.exit(130);
      interruption.abort();
    });
  }
  try {
    await main(command.options, interruption.signal);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  if (interruption.signal.aborted) process.exitCode = 130;
}

async function main(options: StressOptions, signal: AbortSignal): Promise<void> {
  const files = [options.report, ...(options.json === undefined ? [] : [options.json])];
  // A file that can't be written should not be found out after an hour.
  for (const file of files) {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeFile(file, '', { flag: 'a' });
  }
  // Installs the generator where it is not there yet.
  await import('../install.ts');
  const summary = await stress(options, { output: process.stdout, signal });
  if (summary === undefined) return;
  console.log(`\n${terminalReport(summary)}`);
  await write(options.report, await pageOf(summary));
  if (options.json !== undefined) await write(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
}

/** A file that fails does not keep the others from being written. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
    console.log(`Written: ${file}`);
  } catch (error) {
    console.error(`${file} is not written: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
