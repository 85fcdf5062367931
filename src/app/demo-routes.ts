/** Everything a session can do, for trying out and for tests. A service of your own has no use for these. */
import * as v from 'valibot';
import { InvalidArgumentError } from '../errors.ts';
import { HttpError } from '../middleware/http-error.ts';
import type { HttpResponse } from '../middleware/http-response.ts';
import { readFields, readJson, readNothing } from './body.ts';
import { type AppRoute, type Call, json, NO_CONTENT, orBackToPage } from './call.ts';
import { browserName } from './browser-name.ts';
import { readFlash } from './flash.ts';
import { userSessionRoutes } from './user-sessions.ts';

const FRESH_SECONDS = 10;

const text = (name: string, maximum: number) =>
  v.pipe(
    v.string(`The field "${name}" must be text.`),
    v.check((value) => value.trim() !== '' && value.isWellFormed(), `The field "${name}" must not be empty.`),
    v.maxLength(maximum, `The field "${name}" may take ${maximum} characters.`),
  );

const FIELDS = 'The body must be an object with the fields of this action.';

const Flash = v.object({ message: text('message', 10_000) }, FIELDS);
const Login = v.object({ user: text('user', 200) }, FIELDS);
const Key = v.pipe(
  v.string('The field "key" must be text.'),
  v.check((key) => key !== '' && key.isWellFormed(), 'The field "key" must not be empty.'),
);
const Entry = v.object(
  { key: Key, value: v.custom<unknown>((value) => value !== undefined, 'The field "value" is missing.') },
  FIELDS,
);
// A browser changes line ends and zero bytes in a form; `encodedKey` is a key with such, percent-encoded.
const EncodedKey = v.pipe(
  v.string(),
  v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
    try {
      return decodeURIComponent(dataset.value);
    } catch {
      addIssue({ message: 'The field "encodedKey" is not percent-encoded.' });
      return NEVER;
    }
  }),
  Key,
);
const Removal = v.union(
  [v.object({ key: Key }), v.object({ encodedKey: EncodedKey })],
  'The field "key" must be text.',
);

export const demoRoutes: readonly AppRoute[] = [
  { method: 'GET', path: '/session', handle: showSession },
  { method: 'DELETE', path: '/session', handle: destroy },
  { method: 'POST', path: '/session/destroy', handle: destroy },
  {
    method: 'PUT',
    path: '/session/data/{key}',
    handle: (call) => store(call, call.params['key'], readJson(call.request)),
  },
  {
    method: 'DELETE',
    path: '/session/data/{key}',
    handle: (call) => {
      readNothing(call.request);
      return remove(call, call.params['key']);
    },
  },
  {
    method: 'POST',
    path: '/session/data',
    handle: (call) => {
      const { key, value } = readFields(call.request, Entry);
      return store(call, key, value);
    },
  },
  {
    method: 'POST',
    path: '/session/data/delete',
    handle: (call) => {
      const fields = readFields(call.request, Removal);
      return remove(call, 'key' in fields ? fields.key : fields.encodedKey);
    },
  },
  {
    method: 'POST',
    path: '/session/flash',
    handle: async (call) => {
      const { message } = readFields(call.request, Flash);
      const session = await call.session.open();
      session.flash('notice', message);
      return orBackToPage(call, NO_CONTENT);
    },
  },
  {
    method: 'POST',
    path: '/session/regenerate',
    handle: async (call) => {
      readNothing(call.request);
      const session = await call.session.open();
      session.regenerate();
      return orBackToPage(call, json({ handle: session.handle }));
    },
  },
  {
    method: 'POST',
    path: '/login',
    handle: async (call) => {
      const { user } = readFields(call.request, Login);
      const session = await call.session.open();
      // With a new id, so that one known to somebody before the login is worth nothing after it.
      session.login(user, { label: browserName(call.request.header('user-agent')) });
      session.set('user', user);
      return orBackToPage(call, NO_CONTENT);
    },
  },
  { method: 'POST', path: '/logout', handle: destroy },
  ...userSessionRoutes,
  {
    method: 'GET',
    path: '/cached',
    handle: async ({ cache, now }) =>
      json(await cache.remember('cached', FRESH_SECONDS, () => ({ computedAt: new Date(now()).toISOString() }))),
  },
];

async function showSession(call: Call): Promise<HttpResponse> {
  const session = await call.session.open();
  const notice = readFlash(call, session);
  return json({
    handle: session.handle,
    isNew: session.isNew,
    data: session.data(),
    flash: notice === undefined ? {} : { notice },
  });
}

async function store(call: Call, key: string | undefined, value: unknown): Promise<HttpResponse> {
  const session = await call.session.open();
  try {
    session.set(key ?? '', value);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new HttpError(422, error.code, error.message, { cause: error });
  }
  return orBackToPage(call, NO_CONTENT);
}

async function remove(call: Call, key: string | undefined): Promise<HttpResponse> {
  const session = await call.session.open();
  session.delete(key ?? '');
  return orBackToPage(call, NO_CONTENT);
}

async function destroy(call: Call): Promise<HttpResponse> {
  readNothing(call.request);
  await call.session.destroy();
  return orBackToPage(call, NO_CONTENT);
}
