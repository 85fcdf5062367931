import { describe, expect, it } from 'vitest';
import { createService } from '../app/service.ts';

const URLS = 'https://reports.example.com/csp?key=1';

describe('With CSP_REPORT_URL', () => {
  it.each([
    ['/', "script-src 'sha256-"],
    ['/health', "default-src 'none'"],
    ['/nowhere', "default-src 'none'"],
  ])('the policy of %s is the same, and names where to report', async (path, directive) => {
    const plain = await createService().visitor().send('GET', path);
    const { headers } = await createService({ CSP_REPORT_URL: URLS }).visitor().send('GET', path);
    const policy = headers['content-security-policy'];
    expect(policy).toContain(directive);
    expect(policy).toBe(`${plain.headers['content-security-policy']}; report-uri ${URLS}; report-to csp`);
    expect(headers['reporting-endpoints']).toBe(`csp="${URLS}"`);
  });
});

describe('Without CSP_REPORT_URL', () => {
  it('browsers are asked for no reports', async () => {
    const { headers } = await createService().visitor().send('GET', '/');
    expect(headers['content-security-policy']).not.toContain('report');
    expect(headers).not.toHaveProperty('reporting-endpoints');
  });
});
