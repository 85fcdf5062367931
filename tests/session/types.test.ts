import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const project = join(import.meta.dirname, '../..');

/** Each line is a statement of a handler; those that end in a comment must not compile, the others must. */
const STATEMENTS = `
session.set('userId', 'ada');
session.set('userId', 5); // wrong value
session.set('userId', undefined); // nothing to store
session.set('usrId', 'ada'); // wrong key
session.set('cart', [{ sku: 'a', quantity: 1 }]);
session.set('cart', [{ sku: 'a' }]); // wrong value inside
session.set('cart', session.get('cart') ?? []);
session.get('crt'); // wrong key
session.has('crt'); // wrong key
session.delete('crt'); // wrong key
session.pull('crt'); // wrong key
session.get('userId')?.toUpperCase();
session.get('userId').toUpperCase(); // may be missing
session.get('cart')?.push({ sku: 'a', quantity: 1 }); // frozen
session.get('cart')?.map((line) => line.quantity).toSorted();
session.update('visits', (n = 0) => n + 1);
session.update('visits', (n = 0) => String(n)); // wrong value
session.update('visits', async (n = 0) => n + 1); // a promise
session.update('visit', (n = 0) => n); // wrong key
session.update('cart', (lines = []) => [...lines, { sku: 'b', quantity: 1 }]);
session.flash('notice', 'Saved');
session.flash('notice', 5); // wrong message
session.get('notice')?.toUpperCase();
session.keep('notice');
untyped.set('anything', { at: 'all' });
untyped.update('visits', (n) => Number(n ?? 0) + 1);
`;

const HEADER = `
import middy from '@middy/core';
import { sessionMiddleware, type RequestSession } from '${project}/src/middleware/session.ts';
interface Line { sku: string; quantity: number }
interface Data { userId?: string; cart: Line[]; visits: number }
declare const request: RequestSession<Data, { notice: string }>;
declare const untypedRequest: RequestSession;
const session = await request.open();
const untyped = await untypedRequest.open();
middy()
  .use(sessionMiddleware<Data>())
  .handler(async (_event, context) => {
    const own = await context.session.open();
    own.set('userId', 'ada');
    return own.get('cart')?.length;
  });
`;

it('Wrong keys, wrong values and changes in place do not compile, and everything else does', () => {
  const folder = mkdtempSync(join(project, 'node_modules/.types-'));
  try {
    const source = HEADER + STATEMENTS;
    writeFileSync(join(folder, 'statements.ts'), source);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      // What the project's own leaves out has the folder of this one in it.
      JSON.stringify({ extends: join(project, 'tsconfig.json'), include: ['statements.ts'], exclude: [] }),
    );
    const lines = source.split('\n');
    const expected = lines.flatMap((line, index) => (line.includes('; //') ? [index + 1] : []));
    expect(errorLines(folder).map((line) => `${line}: ${lines[line - 1]}`)).toEqual(
      expected.map((line) => `${line}: ${lines[line - 1]}`),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

function errorLines(folder: string): number[] {
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    const found = [...stdout.matchAll(/^\S*statements\.ts\((\d+),/gm)].map(([, line]) => Number(line));
    return [...new Set(found)];
  }
}
