/** `npm run count`: compares the count of sessions with the table. `npm run count -- --help` tells the options. */
import { loadDotenv } from './dotenv.ts';
import { commandOf } from './count/command.ts';
import { runCount } from './count/run.ts';

loadDotenv();
const command = commandOf(process.argv.slice(2), process.env);
if (command.kind === 'count') {
  const interruption = new AbortController();
  process.on('SIGINT', () => interruption.abort());
  process.exitCode = await runCount(command.settings, interruption.signal, process.stdout, process.stderr);
} else if (command.kind === 'help') {
  console.log(command.text);
} else {
  console.error(command.message);
  process.exitCode = 2;
}
