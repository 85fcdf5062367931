/** The cookie that carries a session id. It knows nothing of sessions. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { parseCookie, stringifySetCookie, type SetCookie } from 'cookie';
import type { Seconds } from '../cache/store.ts';
import { ConfigError } from '../errors.ts';
import { cookieName } from './cookie-name.ts';

export interface CookieOptions {
  /** Gets the prefix that the other settings permit: `__Host-`, `__Secure-`, or none where it is not secure. @default 'session' */
  readonly name?: string;
  /** @default '/' */
  readonly path?: string;
  /** @default the host that set it, alone */
  readonly domain?: string;
  /** @default true */
  readonly secure?: boolean;
  /** @default 'lax' */
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /** @default false */
  readonly partitioned?: boolean;
}

export interface SessionCookieOptions extends CookieOptions {
  /** How long browsers keep it. @default until they are closed */
  readonly maxAge?: Seconds;
  /** Sign with the first, verify with all. @default unsigned */
  readonly keys?: readonly Uint8Array[];
  /** Whether a value can be an id at all. */
  readonly isId: (text: string) => boolean;
}

/** Length of an HMAC-SHA-256 in base64url. */
const SIGNATURE_LENGTH = 43;

export class SessionCookie {
  readonly #attributes: Omit<SetCookie, 'value' | 'maxAge'>;
  readonly #maxAge: Seconds | undefined;
  readonly #keys: readonly Uint8Array[];
  readonly #isId: (text: string) => boolean;

  /** @throws ConfigError for a name whose prefix the other settings contradict: browsers would drop the cookie */
  constructor(options: SessionCookieOptions) {
    const { path = '/', secure = true, domain } = options;
    const named = cookieName(options.name ?? 'session', { path, secure, domain });
    if ('refused' in named)
      throw new ConfigError(`The session cookie's name can not be used; allowed: ${named.refused}.`);
    this.#attributes = {
      name: named.name,
      path,
      ...(domain !== undefined && { domain }),
      httpOnly: true,
      secure,
      sameSite: options.sameSite ?? 'lax',
      partitioned: options.partitioned ?? false,
    };
    this.#maxAge = options.maxAge;
    this.#keys = (options.keys ?? []).map(signingKey);
    this.#isId = options.isId;
  }

  /** The id in a Cookie header: the first value of our name that has the right form and, with keys, a right signature. */
  read(header: string): string | undefined {
    return parseCookie(header, { decode: (value) => this.#verify(value) })[this.#attributes.name];
  }

  /** Whether a Cookie header has a cookie of our name, whatever its value. */
  isIn(header: string): boolean {
    return parseCookie(header, { decode: (value) => value })[this.#attributes.name] !== undefined;
  }

  /** A Set-Cookie header that hands out an id. */
  set(id: string): string {
    const [key] = this.#keys;
    const value = key === undefined ? id : `${id}.${this.#sign(id, key)}`;
    return stringifySetCookie({
      ...this.#attributes,
      value,
      ...(this.#maxAge !== undefined && { maxAge: this.#maxAge }),
    });
  }

  /** A Set-Cookie header that makes the browser forget its id. */
  expire(): string {
    return stringifySetCookie({ ...this.#attributes, value: '', maxAge: 0, expires: new Date(0) });
  }

  #verify(value: string): string | undefined {
    if (this.#keys.length === 0) return this.#isId(value) ? value : undefined;
    const dot = value.indexOf('.');
    if (value.length - dot - 1 !== SIGNATURE_LENGTH) return undefined;
    const id = value.slice(0, dot);
    if (!this.#isId(id)) return undefined;
    const given = Buffer.from(value.slice(dot + 1));
    return this.#keys.some((key) => isSame(given, Buffer.from(this.#sign(id, key)))) ? id : undefined;
  }

  /** The name is signed too, so that the value of another cookie, signed with the same key, is no session. */
  #sign(id: string, key: Uint8Array): string {
    return createHmac('sha256', key).update(`${this.#attributes.name}=${id}`).digest('base64url');
  }
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** A key for cookies alone, so that no other use of the same APP_KEY can make a signature. */
function signingKey(appKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', appKey, '', 'cloakroom cookie signature', 32));
}
