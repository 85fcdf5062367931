/** `npm run purge`: deletes the expired records of a table. `npm run purge -- --help` tells the options. */
import { loadDotenv } from './dotenv.ts';
import { commandOf } from './purge/command.ts';
import { runPurge } from './purge/run.ts';

loadDotenv();
const command = commandOf(process.argv.slice(2), process.env);
if (command.kind === 'purge') {
  const interruption = new AbortController();
  process.on('SIGINT', () => interruption.abort());
  process.exitCode = await runPurge(command.settings, interruption.signal, process.stdout, process.stderr);
} else if (command.kind === 'help') {
  console.log(command.text);
} else {
  console.error(command.message);
  process.exitCode = 2;
}
