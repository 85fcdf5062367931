/** The cookie's full name. */

interface Circumstances {
  readonly secure: boolean;
  readonly path: string;
  readonly domain?: string | undefined;
}

/**
 * The name with the strongest prefix that the other settings permit, unless it already has a prefix they permit.
 * A name without prefix is for plain http in local development only.
 *
 * @returns the name, or why the prefix it begins with can't be
 * @see https://www.rfc-editor.org/rfc/rfc6265bis 4.1.3: a browser drops a cookie whose prefix its attributes contradict
 */
export function cookieName(
  name: string,
  { secure, path, domain }: Circumstances,
): { readonly name: string } | { readonly refused: string } {
  const hostOnly = secure && domain === undefined && path === '/';
  const written = /^__(?:host|secure|http)-/i.exec(name)?.[0];
  if (written === undefined) return { name: `${hostOnly ? '__Host-' : secure ? '__Secure-' : ''}${name}` };
  if (written === name) return { refused: 'a name after the prefix' };
  if (written === '__Host-') {
    return hostOnly ? { name } : { refused: 'no __Host- prefix: it needs a secure cookie, no domain and the path "/"' };
  }
  if (written === '__Secure-') return secure ? { name } : { refused: 'no __Secure- prefix: the cookie is not secure' };
  return { refused: 'no prefix, __Host- or __Secure-, in this case' };
}
