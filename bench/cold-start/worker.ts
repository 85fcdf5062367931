/** A start: loads the bundle that the first argument names, answers one request with the cookie of the second, and tells. */
import process from 'node:process';
import { contextOf, eventOf, type Handler } from '../functions/event.ts';

const [bundle = '', cookie] = process.argv.slice(2);
const event = eventOf({ method: 'GET', path: '/session', cookie });
const context = contextOf();
const started = performance.now();
const { handler } = (await import(bundle)) as { handler: Handler };
const loaded = performance.now();
const { statusCode, body } = await handler(event, context);
const answered = performance.now();
console.log(JSON.stringify({ statusCode, body, loadMs: loaded - started, answerMs: answered - loaded }));
process.exit();
