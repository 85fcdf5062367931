import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Footprint } from './footprint.ts';
import type { ExpiryReport } from './expiry.ts';
import type { Speeds } from './speed.ts';

export interface Answers {
  readonly speed: Speeds;
  readonly footprint: Footprint;
  readonly expiry: ExpiryReport;
}

/** @throws Error where the process ends without an answer */
export async function ask<Task extends keyof Answers>(
  task: Task,
  subject: string,
  entries: number,
  lifetime: 'forever' | 'ttl',
): Promise<Answers[Task]> {
  const worker = fork(join(import.meta.dirname, 'worker.ts'), [task, subject, String(entries), lifetime], {
    execArgv: ['--expose-gc'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answers[Task]>();
  worker.once('message', (answer) => resolve(answer as Answers[Task]));
  worker.once('exit', (code) => reject(new Error(`${task} of ${subject} ended with ${code} and no answer.`)));
  return promise;
}
