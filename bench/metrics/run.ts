/**
 * What metrics add to a request: microseconds and bytes of memory, medians of rounds with and without them in turn. The
 * service runs in a process of its own, on the memory driver with reports as of DynamoDB, and writes its lines into a pipe.
 *
 * `npm run bench:metrics -- [rounds]`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Measured } from './worker.ts';

const rounds = process.argv[2] ?? '60';
const worker = fork(join(import.meta.dirname, 'worker.ts'), [rounds], {
  // Room for a round without a collection, so that what it allocates can be seen.
  execArgv: ['--expose-gc', '--max-semi-space-size=256'],
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
});
let bytes = 0;
worker.stdout?.on('data', (chunk: Buffer) => (bytes += chunk.length));
const [rows] = (await once(worker, 'message')) as [readonly Measured[]];
await once(worker, 'close');

console.log(
  `${rounds} rounds each, Node ${process.version}; medians for one request, ${bytes} bytes of metrics in all`,
);
console.table(
  Object.fromEntries(
    rows.map(({ name, line, figures: { off, made, on } }) => [
      name,
      {
        'µs without': off.us.toFixed(1),
        'µs with': on.us.toFixed(1),
        'µs added': (on.us - off.us).toFixed(1),
        'of them without the write': (made.us - off.us).toFixed(1),
        'bytes allocated more': Math.round(on.allocated - off.allocated),
        'bytes of the line': line,
      },
    ]),
  ),
);
