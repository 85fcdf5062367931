/** Hono and iron-session: all of the session is in an encrypted cookie, there is no store. For start and size only. */
import { Hono, type Context } from 'hono';
import { handle } from 'hono/aws-lambda';
import { getIronSession, webCookies } from 'iron-session';
import { COOKIE, COOKIE_OPTIONS, LIFETIME, SECRET } from './environment.ts';

type Data = Record<string, unknown>;

const open = async (context: Context) => {
  const headers = new Headers();
  const session = await getIronSession<Data>(webCookies(context.req.raw, headers), {
    cookieName: COOKIE,
    password: SECRET,
    ttl: LIFETIME,
    cookieOptions: COOKIE_OPTIONS,
  });
  const sendCookies = () => {
    for (const line of headers.getSetCookie()) context.header('set-cookie', line, { append: true });
  };
  return { session, sendCookies };
};

const app = new Hono();

app.get('/session', async (context) => {
  const { session } = await open(context);
  return context.json({ data: session });
});

app.post('/session/visits', async (context) => {
  const { session, sendCookies } = await open(context);
  session['visits'] = Number(session['visits'] ?? 0) + 1;
  await session.save();
  sendCookies();
  return context.json({ visits: session['visits'] });
});

app.put('/session/data/:key', async (context) => {
  const { session, sendCookies } = await open(context);
  session[context.req.param('key')] = await context.req.json();
  await session.save();
  sendCookies();
  return context.body(null, 204);
});

app.delete('/session', async (context) => {
  const { session, sendCookies } = await open(context);
  session.destroy();
  sendCookies();
  return context.body(null, 204);
});

// A cookie that holds the session has no id to change.
app.post('/session/regenerate', async (context) => {
  const { session, sendCookies } = await open(context);
  await session.save();
  sendCookies();
  return context.json({});
});

export const handler = handle(app);
