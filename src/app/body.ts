/** What a body says: JSON from programs, fields from a page's forms. */
import * as v from 'valibot';
import { HttpError } from '../middleware/http-error.ts';
import type { HttpRequest } from '../middleware/http-request.ts';

type BodyType = 'json' | 'form';

/** Whether an HTML form sent the request, so that its answer is for a browser that wants to go on to a page. */
export function isForm(request: HttpRequest): boolean {
  return request.headerValues('content-type').length === 1 && bodyType(request) === 'form';
}

/** The body as JSON. @throws HttpError 415 for another media type, 400 for malformed JSON */
export function readJson(request: HttpRequest): unknown {
  if (requireType(request) === 'form') throw unsupported('application/json');
  return parseJson(request.body());
}

/**
 * The fields of a JSON object or of a form, as `schema` has them.
 *
 * @throws HttpError 415 for another media type, 400 for a body that can't be read, 422 for other fields
 */
export function readFields<const Schema extends v.GenericSchema>(
  request: HttpRequest,
  schema: Schema,
): v.InferOutput<Schema> {
  const type = requireType(request);
  const fields = type === 'form' ? parseForm(request.body()) : parseJson(request.body());
  const result = v.safeParse(schema, fields);
  if (result.success) return result.output;
  throw new HttpError(422, 'INVALID_FIELDS', result.issues[0].message);
}

/** For actions without fields. @throws HttpError 415 and 400, for a body that has no business here */
export function readNothing(request: HttpRequest): void {
  const body = request.body();
  if (body === '') return;
  if (requireType(request) === 'form') parseForm(body);
  else parseJson(body);
}

function requireType(request: HttpRequest): BodyType {
  const type = request.headerValues('content-type').length > 1 ? undefined : bodyType(request);
  if (type === undefined) throw unsupported('application/json, application/x-www-form-urlencoded');
  return type;
}

/** Where there is no media type the body is taken for JSON: it must be that then. */
function bodyType(request: HttpRequest): BodyType | undefined {
  const [type = '', ...parameters] = (request.header('content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) return undefined;
  if (type === '' || type === 'application/json' || /^[\w.-]+\/[\w.-]+\+json$/.test(type)) return 'json';
  return type === 'application/x-www-form-urlencoded' ? 'form' : undefined;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not kept as the cause: the parser's message quotes the body.
    throw new HttpError(400, 'MALFORMED_JSON', 'The body is not JSON.');
  }
}

/** Stricter than URLSearchParams, which turns what it can't decode into replacement characters. */
function parseForm(body: string): Readonly<Record<string, string>> {
  const fields = new Map<string, string>();
  for (const pair of body.split('&').filter((item) => item !== '')) {
    const [name = '', value = ''] = splitOnce(pair.replaceAll('+', ' ')).map(decodeText);
    if (fields.has(name)) throw new HttpError(400, 'MALFORMED_FORM', 'A field is there twice.');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

function splitOnce(pair: string): readonly string[] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new HttpError(400, 'MALFORMED_FORM', 'The form is not percent-encoded UTF-8.', { cause });
  }
}

function unsupported(accepted: string): HttpError {
  return new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', `The body must be ${accepted}, in UTF-8.`, {
    headers: { Accept: accepted },
  });
}
