/**
 * One subject in a process of its own: loads the bundle that its argument names, and answers batches of requests, one
 * request at a time, as an instance of a Lambda function does.
 */
import process from 'node:process';
import { contextOf, eventOf, type Answer, type Handler } from '../functions/event.ts';
import type { Batch, Measured, Reply } from './subject.ts';

const { handler } = (await import(process.argv[2] ?? '')) as { handler: Handler };

async function measure({ request, count }: Batch): Promise<Measured> {
  const durationsMs: number[] = [];
  let last: Answer | undefined;
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let sent = 0; sent < count; sent++) {
    const event = eventOf(request);
    const context = contextOf();
    const before = performance.now();
    last = await handler(event, context);
    durationsMs.push(performance.now() - before);
    if (last.statusCode >= 400) throw new Error(`${request.method} ${request.path} was answered ${last.statusCode}.`);
  }
  const elapsedMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { durationsMs, elapsedMs, cpuUs: user + system, last };
}

process.on('message', (batch: Batch) => {
  measure(batch).then(
    (measured) => process.send?.({ measured } satisfies Reply),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Reply),
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
