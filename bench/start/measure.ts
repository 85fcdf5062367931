/** In a process of its own: loads a bundle and answers one request. Prints the milliseconds of both together. */
import process from 'node:process';

const [bundle = '', cookie = ''] = process.argv.slice(2);
const event = {
  version: '2.0',
  rawPath: '/session',
  rawQueryString: '',
  cookies: cookie === '' ? [] : [cookie],
  headers: { host: '127.0.0.1' },
  requestContext: { http: { method: 'GET', path: '/session' }, stage: '$default' },
  isBase64Encoded: false,
};

const started = performance.now();
const { handler } = (await import(bundle)) as {
  handler: (event: unknown, context: unknown) => Promise<{ statusCode: number; body: string }>;
};
const loaded = performance.now();
const answer = await handler(event, { getRemainingTimeInMillis: () => 10_000 });
const answered = performance.now();
console.log(
  JSON.stringify({ load: loaded - started, answer: answered - loaded, total: answered - started, ...answer }),
);
process.exit();
