/**
 * express-session and connect-dynamodb behind serverless-http, set as their documentation advises: nothing is saved that
 * did not change, no session is stored before it has data, and the store is told that its table is there, which spares
 * each instance a DescribeTable. The store has `touch`, so a request that only reads still writes the expiry.
 */
import connect from 'connect-dynamodb';
import express, { type Request } from 'express';
import session from 'express-session';
import serverless from 'serverless-http';
import { COOKIE, COOKIE_OPTIONS, dynamoDB, KEY, LIFETIME, SECRET, TABLE } from './environment.ts';

const DynamoDBStore = connect(session);
const store = new DynamoDBStore({ client: dynamoDB(), table: TABLE, hashKey: KEY, initialized: true });

const app = express();
app.use(
  session({
    store,
    name: COOKIE,
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { ...COOKIE_OPTIONS, maxAge: LIFETIME * 1000 },
  }),
);
app.use(express.json({ strict: false }));

app.get('/session', (request, response) => {
  response.json({ data: dataOf(request) });
});

app.post('/session/visits', (request, response) => {
  const data = valuesOf(request);
  data['visits'] = Number(data['visits'] ?? 0) + 1;
  response.json({ visits: data['visits'] });
});

app.put('/session/data/:key', (request, response) => {
  valuesOf(request)[request.params.key] = request.body;
  response.status(204).end();
});

app.delete('/session', (request, response, next) => {
  request.session.destroy((error) => {
    if (error) next(error);
    else response.clearCookie(COOKIE, COOKIE_OPTIONS).status(204).end();
  });
});

app.post('/session/regenerate', (request, response, next) => {
  const data = dataOf(request);
  request.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(request.session, data);
    return response.json({});
  });
});

function valuesOf({ session: values }: Request): Record<string, unknown> {
  return values as unknown as Record<string, unknown>;
}

function dataOf(request: Request): Record<string, unknown> {
  const { cookie: _cookie, ...data } = valuesOf(request);
  return data;
}

export const handler = serverless(app);
