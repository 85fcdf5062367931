/**
 * How the text of a session is kept: as it is, or encrypted so that neither who reads the table learns anything nor who
 * writes to it can change anything unnoticed. What is not noticed is an older ciphertext of the same record put back.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { COMPRESS_FROM_BYTES, compress, decompress } from '../cache/codec.ts';
import type { CacheValue } from '../cache/store.ts';
import { ConfigError } from '../errors.ts';
import { SessionDecryptionError, SessionUnreadableError } from './errors.ts';

export interface CipherOptions {
  /** `true`: clear records are refused. `migrate`: they are read, and encrypted at their next write. @default false */
  readonly encrypt?: boolean | 'migrate';
  /** 32 bytes each: the first encrypts, all decrypt. */
  readonly keys?: readonly Uint8Array[];
}

/** First byte of an encrypted record: the format, and whether the text was compressed before. */
const PLAIN = 1;
const COMPRESSED = 2;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SessionCipher {
  readonly #mode: boolean | 'migrate';
  readonly #keys: readonly Uint8Array[];

  /** @throws ConfigError where there is nothing to encrypt with */
  constructor({ encrypt = false, keys = [] }: CipherOptions) {
    if (encrypt !== false && keys.length === 0) throw new ConfigError('Encrypted sessions need a key.');
    this.#mode = encrypt;
    this.#keys = keys;
  }

  /** @param key the record's, to which the result is bound: in another record it can't be opened */
  seal(key: string, text: string): CacheValue {
    const [secret] = this.#keys;
    if (this.#mode === false || secret === undefined) return text;
    const plain = Buffer.from(text);
    // Engines can't compress what is encrypted.
    const small = plain.length < COMPRESS_FROM_BYTES ? undefined : compress(plain);
    const isSmaller = small !== undefined && small.length < plain.length;
    const format = Buffer.of(isSmaller ? COMPRESSED : PLAIN);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', recordKey(secret, key), nonce);
    cipher.setAAD(format);
    const sealed = [format, nonce, cipher.update(isSmaller ? small : plain), cipher.final(), cipher.getAuthTag()];
    return new Uint8Array(Buffer.concat(sealed));
  }

  /** @throws SessionDecryptionError @throws SessionUnreadableError */
  open(key: string, value: CacheValue): string {
    if (typeof value === 'string' && this.#mode !== true) return value;
    if (!(value instanceof Uint8Array))
      throw typeof value === 'string' ? new SessionDecryptionError() : new SessionUnreadableError();
    if (this.#mode === false) throw new SessionUnreadableError();
    for (const secret of this.#keys) {
      const text = decrypt(recordKey(secret, key), value);
      if (text !== undefined) return text;
    }
    throw new SessionDecryptionError();
  }
}

/** The text, or `undefined` where it was not sealed with this key, or was changed since. */
function decrypt(key: Uint8Array, sealed: Uint8Array): string | undefined {
  const format = sealed.subarray(0, 1);
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const text = sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES);
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || (format[0] !== PLAIN && format[0] !== COMPRESSED))
    return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(format);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = Buffer.concat([decipher.update(text), decipher.final()]);
    return format[0] === COMPRESSED ? decompress(plain) : plain.toString('utf8');
  } catch {
    return undefined;
  }
}

/**
 * A key for one record: random nonces under a single one would wear out after 2^32 writes of all sessions together.
 *
 * @see https://doi.org/10.6028/NIST.SP.800-38D (8.3)
 */
function recordKey(secret: Uint8Array, key: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `cloakroom session encryption ${key}`, 32));
}
