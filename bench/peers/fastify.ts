/**
 * Fastify and @fastify/session behind @fastify/aws-lambda. It has no store for DynamoDB of its own that is kept; it takes
 * those of express-session, so it has connect-dynamodb's. `rolling` is left on, its default, since without it nothing moves
 * the expiry of a session that is only read: every request of a session writes all of it. `ROLLING=false` is that other way.
 */
import awsLambdaFastify from '@fastify/aws-lambda';
import cookie from '@fastify/cookie';
import fastifySession, { type FastifySessionOptions } from '@fastify/session';
import connect from 'connect-dynamodb';
import expressSession from 'express-session';
import fastify, { type FastifyRequest } from 'fastify';
import { COOKIE, COOKIE_OPTIONS, dynamoDB, KEY, LIFETIME, SECRET, TABLE } from './environment.ts';

const DynamoDBStore = connect(expressSession);
const store = new DynamoDBStore({ client: dynamoDB(), table: TABLE, hashKey: KEY, initialized: true });

// Behind API Gateway, which says in a header that the client came by https.
const app = fastify({ trustProxy: true });
await app.register(cookie);
await app.register(fastifySession, {
  store: store as unknown as NonNullable<FastifySessionOptions['store']>,
  cookieName: COOKIE,
  secret: SECRET,
  saveUninitialized: false,
  rolling: process.env['ROLLING'] !== 'false',
  cookie: { ...COOKIE_OPTIONS, maxAge: LIFETIME * 1000 },
});

app.route({ method: 'GET', url: '/session', handler: async (request) => ({ data: dataOf(request) }) });

app.route({
  method: 'POST',
  url: '/session/visits',
  handler: async (request) => {
    const data = valuesOf(request);
    data['visits'] = Number(data['visits'] ?? 0) + 1;
    return { visits: data['visits'] };
  },
});

app.route<{ Params: { key: string } }>({
  method: 'PUT',
  url: '/session/data/:key',
  handler: async (request, reply) => {
    valuesOf(request)[request.params.key] = request.body;
    return reply.status(204).send();
  },
});

app.route({
  method: 'DELETE',
  url: '/session',
  handler: async (request, reply) => {
    await request.session.destroy();
    return reply.clearCookie(COOKIE, COOKIE_OPTIONS).status(204).send();
  },
});

app.route({
  method: 'POST',
  url: '/session/regenerate',
  handler: async (request) => {
    await request.session.regenerate(Object.keys(dataOf(request)));
    return {};
  },
});

function valuesOf({ session }: Pick<FastifyRequest, 'session'>): Record<string, unknown> {
  return session as unknown as Record<string, unknown>;
}

function dataOf(request: Pick<FastifyRequest, 'session'>): Record<string, unknown> {
  const { cookie: _cookie, ...data } = valuesOf(request);
  return data;
}

await app.ready();
export const handler = awsLambdaFastify(app);
