/** Lines on standard output and standard error, which Lambda hands on to CloudWatch. */
import { writeSync } from 'node:fs';

/** File descriptors. */
export const STDOUT = 1;
export const STDERR = 2;

type Descriptor = typeof STDOUT | typeof STDERR;

/** Node's own streams, of the descriptors that once took no more. */
const streams = new Map<Descriptor, NodeJS.WriteStream>();

/**
 * Writes a line at once, so that it is out before the answer: Lambda freezes the function with it. The first use of
 * `process.stdout` would take 2 to 3 ms of a start; a line that can't be written is dropped, and fails nobody's request.
 */
export function writeLine(descriptor: Descriptor, line: string): void {
  let rest: Uint8Array = Buffer.from(`${line}\n`);
  const stream = streams.get(descriptor);
  // What waits goes first.
  if (stream !== undefined && stream.writableLength > 0) {
    stream.write(rest);
    return;
  }
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    // A terminal or a pipe that takes no more at the moment: only Node's own streams wait for it.
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') streamOf(descriptor).write(rest);
  }
}

function streamOf(descriptor: Descriptor): NodeJS.WriteStream {
  const known = streams.get(descriptor);
  if (known !== undefined) return known;
  const stream = descriptor === STDOUT ? process.stdout : process.stderr;
  // Without a listener, a stream that fails ends the process.
  stream.on('error', () => {});
  streams.set(descriptor, stream);
  return stream;
}
