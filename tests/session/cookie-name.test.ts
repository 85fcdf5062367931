import { expect, it } from 'vitest';
import { cookieName } from '../../src/session/cookie-name.ts';

const HOST = { secure: true, path: '/' };

it.each([
  ['id', HOST, '__Host-id'],
  ['id', { ...HOST, domain: 'example.com' }, '__Secure-id'],
  ['id', { ...HOST, path: '/app' }, '__Secure-id'],
  ['id', { ...HOST, secure: false }, 'id'],
  ['id', { secure: false, path: '/app', domain: 'example.com' }, 'id'],
  ['id__Host-', HOST, '__Host-id__Host-'],
  ['__id', HOST, '__Host-__id'],
  ['__Host-id', HOST, '__Host-id'],
  ['__Secure-id', HOST, '__Secure-id'],
  ['__Secure-id', { ...HOST, domain: 'example.com' }, '__Secure-id'],
])('%s with %j is called %s', (name, circumstances, full) => {
  expect(cookieName(name, circumstances)).toStrictEqual({ name: full });
});

const HOST_ONLY = 'no __Host- prefix: it needs a secure cookie, no domain and the path "/"';

it.each([
  ['__Host-', HOST, 'a name after the prefix'],
  ['__secure-', HOST, 'a name after the prefix'],
  ['__Host-id', { ...HOST, secure: false }, HOST_ONLY],
  ['__Host-id', { ...HOST, path: '/app' }, HOST_ONLY],
  ['__Host-id', { ...HOST, domain: 'example.com' }, HOST_ONLY],
  ['__Secure-id', { ...HOST, secure: false }, 'no __Secure- prefix: the cookie is not secure'],
  ['__host-id', HOST, 'no prefix, __Host- or __Secure-, in this case'],
  ['__SECURE-id', HOST, 'no prefix, __Host- or __Secure-, in this case'],
  ['__Http-id', HOST, 'no prefix, __Host- or __Secure-, in this case'],
])('%s with %j is refused: %s', (name, circumstances, refused) => {
  expect(cookieName(name, circumstances)).toStrictEqual({ refused });
});
