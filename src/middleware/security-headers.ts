import type middy from '@middy/core';
import { addHeaders, headerOf, type Headers, type HttpResponse, setHeader } from './http-response.ts';

export interface SecurityHeadersOptions {
  /** Where browsers report what a policy kept them from loading. @default nowhere */
  readonly cspReportUrl?: URL | undefined;
}

/**
 * For answers that load nothing. A page that does, sends its own policy.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
export const CONTENT_SECURITY_POLICY: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'form-action': "'self'",
};

/** A policy as header text; `directives` are added to `CONTENT_SECURITY_POLICY` or replace its own. */
export function contentSecurityPolicy(directives: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...CONTENT_SECURITY_POLICY, ...directives })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

const HEADERS: Readonly<Headers> = {
  // A year, for this host and those below it. @see OWASP ASVS 5.0, 3.4.1
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'Content-Security-Policy': contentSecurityPolicy(),
  'X-Content-Type-Options': 'nosniff',
  // Not `no-referrer`: with it browsers send `Origin: null` when a form of the service's own is sent.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/**
 * Adds the headers that every answer carries, unless the answer has its own. Attach it outside of what makes answers.
 *
 * @example
 * middy().use(securityHeaders({ cspReportUrl: new URL('https://reports.example.com/csp') }))
 */
export function securityHeaders({ cspReportUrl }: SecurityHeadersOptions = {}): middy.MiddlewareObj<unknown, unknown> {
  const decorate = (call: middy.Request): void => {
    const response = call.response as HttpResponse | undefined;
    if (response === undefined) return;
    addHeaders(response, HEADERS);
    if (cspReportUrl !== undefined) reportTo(response, cspReportUrl.href);
  };
  return { after: decorate, onError: decorate };
}

/** Added to whatever policy an answer has. `report-uri` is for browsers that don't know `report-to`. */
function reportTo(response: HttpResponse, url: string): void {
  const policy = headerOf(response, 'Content-Security-Policy') ?? '';
  setHeader(response, 'Content-Security-Policy', `${policy}; report-uri ${url}; report-to csp`);
  addHeaders(response, { 'Reporting-Endpoints': `csp="${url}"` });
}
