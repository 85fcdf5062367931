import { HttpError } from './http-error.ts';

/** 256 KB, after decoding base64. */
export const MAX_BODY_BYTES = 256 * 1024;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** A function that decodes the body of an event at its first call. */
export function requestBody(body: unknown, isBase64Encoded: unknown): () => string {
  let text: string | undefined;
  return () => (text ??= decode(body, isBase64Encoded));
}

function decode(body: unknown, isBase64Encoded: unknown): string {
  if (body === undefined || body === null) return '';
  if (typeof body !== 'string') throw malformed('The body is malformed.');
  if (isBase64Encoded === true) return decodeBase64(body);
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw tooLarge();
  if (!body.isWellFormed()) throw malformed('The body is not UTF-8.');
  return body;
}

function decodeBase64(body: string): string {
  if (Buffer.byteLength(body, 'base64') > MAX_BODY_BYTES) throw tooLarge();
  if (body.length % 4 !== 0 || !BASE64.test(body)) throw malformed('The body is not base64.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch (cause) {
    throw malformed('The body is not UTF-8.', cause);
  }
}

function malformed(message: string, cause?: unknown): HttpError {
  return new HttpError(400, 'MALFORMED_BODY', message, { cause });
}

function tooLarge(): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `A body may take ${MAX_BODY_BYTES} bytes.`);
}
