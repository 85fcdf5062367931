/** Session ids: known to the browser alone. The table has only their hash. */
import { createHash, randomBytes } from 'node:crypto';

/** 32 bytes in base64url: the last of the 43 characters holds four bits. */
const ID = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

const HANDLE_LENGTH = 12;

/** 256 random bits. @see https://owasp.org/www-project-application-security-verification-standard/ (ASVS 5.0, 7.2.3) */
export function newId(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether text has the form of an id. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** The key of a session's record: SHA-256 of its id, so that who reads the table can't become anybody. */
export function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

/** The key of a user's own record: SHA-256 too, though who guesses a user's id can tell whether it is there. */
export function userKeyOf(userId: string): string {
  return keyOf(`user ${userId}`);
}

/** What pages and logs may show of a session: the beginning of its key. */
export function handleOf(key: string): string {
  return key.slice(0, HANDLE_LENGTH);
}
