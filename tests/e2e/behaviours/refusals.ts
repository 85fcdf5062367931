import { describe, expect, it } from 'vitest';
import { bodyOf, type Sent, type Visitor } from '../visitor.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

type Refused = readonly [what: string, status: number, method: string, path: string, sent: Sent];

const put = (body: string, headers: Sent['headers'] = JSON_TYPE) =>
  ['PUT', '/session/data/a', { body, headers }] as const;
const post = (path: string, body: string, headers: Sent['headers'] = JSON_TYPE) =>
  ['POST', path, { body, headers }] as const;

const refused: readonly Refused[] = [
  ['no JSON', 400, ...put('{"a":')],
  ['two JSON values', 400, ...put('1 2')],
  ['a body of 256 KB and a byte', 413, ...put(`"${'a'.repeat(256 * 1024 - 1)}"`)],
  ['a value larger than a session', 413, ...put(`"${'a'.repeat(200 * 1024)}"`)],
  ['a value nested 200 levels deep', 422, ...put('['.repeat(200) + ']'.repeat(200))],
  ['plain text', 415, ...put('text', { 'content-type': 'text/plain' })],
  ['a form where JSON is wanted', 415, ...put('a=b', FORM_TYPE)],
  ['an unknown charset', 415, ...put('"a"', { 'content-type': 'application/json; charset=utf-16' })],
  ['broken JSON to an action without fields', 400, ...post('/session/regenerate', '{')],
  ['a user that is missing', 422, ...post('/login', '{}')],
  ['a user that is an object', 422, ...post('/login', '{"user":{"$ne":null}}')],
  ['a user of spaces', 422, ...post('/login', 'user=+++', FORM_TYPE)],
  ['a message with half a character', 422, ...post('/session/flash', '{"message":"\\ud800"}')],
  ['a form with a field twice', 400, ...post('/session/flash', 'message=a&message=b', FORM_TYPE)],
  ['an empty key', 422, ...post('/session/data', 'key=&value=1', FORM_TYPE)],
];

export function refusalBehaviours(visitor: () => Visitor): void {
  describe('bad input', () => {
    it.each(refused)(
      'such as %s is refused with %i, and changes nothing',
      async (_what, status, method, path, sent) => {
        const guest = visitor();
        await guest.json('PUT', '/session/data/kept', 1);
        const before = await guest.session();
        const answer = await guest.send(method, path, sent);
        expect(answer).toMatchObject({ status, setCookies: [] });
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect(bodyOf(answer)).toMatchObject({ status, title: expect.any(String), code: expect.any(String) });
        expect(await guest.session()).toEqual(before);
      },
    );
  });
}
