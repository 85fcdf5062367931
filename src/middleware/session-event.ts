/**
 * The Cookie header of an event: payload 2.0 has it as the array `cookies`, the others among their headers. What is not
 * text is passed over: whoever sent it has no session.
 */
export function cookieHeaderOf(event: unknown): string {
  const { cookies, headers, multiValueHeaders } = (event ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(cookies)) return joined(cookies);
  return headerIn(multiValueHeaders) ?? headerIn(headers) ?? '';
}

function headerIn(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const values = Object.entries(headers).flatMap(([name, value]: [string, unknown]) =>
    name.toLowerCase() === 'cookie' ? value : [],
  );
  return values.length > 0 ? joined(values) : undefined;
}

function joined(values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join('; ');
}
