import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createService } from './service.ts';

const ATTACK = `<script>alert(1)</script>"'&<img src=x onerror=alert(1)>`;
const ESCAPED = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;img src=x onerror=alert(1)&gt;';

describe('the page', () => {
  it.each([
    ['a key', 'PUT', `/session/data/${encodeURIComponent(ATTACK)}`, 1],
    ['a value', 'PUT', '/session/data/a', ATTACK],
    ['a user', 'POST', '/login', { user: ATTACK }],
    ['a flash message', 'POST', '/session/flash', { message: ATTACK }],
  ])('shows %s as text', async (_name, method, path, body) => {
    const visitor = createService().visitor();
    await visitor.json(method, path, body);
    const page = await visitor.send('GET', '/');
    expect(page.body.replaceAll('\\&quot;', '&quot;')).toContain(ESCAPED);
    expect(page.body).not.toContain('<script>alert');
    expect(page.body).not.toContain('<img');
  });

  it('permits its own style and script by their hashes, and nothing else', async () => {
    const page = await createService().visitor().send('GET', '/');
    const policy = page.headers['content-security-policy'] ?? '';
    for (const [element, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const sources = [...page.body.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(
        (match) => match[1] ?? '',
      );
      expect(sources).toHaveLength(1);
      const hash = createHash('sha256').update(sources.join('')).digest('base64');
      expect(policy.split('; ')).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(page.body).not.toMatch(/ (?:style|on\w+)=/);
    expect(policy).toContain("default-src 'none'");
  });

  it('has the same script for everybody, without their data, that listens to no other window', async () => {
    const scriptOf = async (value: string) => {
      const visitor = createService().visitor();
      await visitor.json('PUT', '/session/data/a', value);
      await visitor.json('POST', '/login', { user: value });
      const { body } = await visitor.send('GET', '/');
      expect(body).toContain(value);
      return /<script>(.*?)<\/script>/s.exec(body)?.[1];
    };
    const script = await scriptOf('first-visitor');
    expect(script).toBe(await scriptOf('second-visitor'));
    expect(script).not.toContain('first-visitor');
    expect(script).not.toMatch(/\bmessage\b|postMessage|opener|parent\b/i);
  });

  it('shows the time, the drivers, the session, its visits and what it holds', async () => {
    const now = Date.UTC(2026, 10, 23, 21, 5, 7);
    const visitor = createService({ CACHE_DRIVER: 'dynamodb', SESSION_DRIVER: 'memory' }, () => now).visitor();
    expect((await visitor.send('GET', '/')).body).toMatch(/<dt>Session<\/dt>\s*<dd>none yet<\/dd>/);
    await visitor.json('POST', '/session/visits');
    await visitor.json('PUT', '/session/data/cart', { lines: [1, 2] });
    const page = await visitor.send('GET', '/');
    const { handle } = await visitor.session();
    expect(page.body).toContain(
      '<time datetime="2026-11-23T21:05:07.000Z">Monday, 23 November 2026 at 21:05:07 UTC</time>',
    );
    expect(page.body).toContain(`<code>${handle}</code>`);
    expect(page.body).toMatch(/<dt>Visits<\/dt>\s*<dd>1<\/dd>/);
    expect(page.body).toMatch(/<dt>Session driver<\/dt>\s*<dd>memory<\/dd>/);
    expect(page.body).toMatch(/<dt>Cache driver<\/dt>\s*<dd>dynamodb<\/dd>/);
    expect(page.body).toContain('{&quot;lines&quot;:[1,2]}');
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('shows a flash message once', async () => {
    const visitor = createService().visitor();
    await visitor.form('/session/flash', { message: 'Saved' });
    expect((await visitor.send('GET', '/')).body).toContain('<p class="notice" role="status">Saved</p>');
    expect((await visitor.send('GET', '/')).body).not.toContain('role="status"');
  });

  it('keeps a data key "notice" apart from the flash message of that name', async () => {
    const visitor = createService().visitor();
    await visitor.json('PUT', '/session/data/notice', 'kept');
    await visitor.json('POST', '/session/flash', { message: 'once' });
    expect(await visitor.session()).toMatchObject({ data: { notice: 'kept' }, flash: { notice: 'once' } });
    expect(await visitor.session()).toMatchObject({ data: { notice: 'kept' }, flash: {} });
  });

  it('can remove every key that can be stored', async () => {
    const visitor = createService().visitor();
    for (const key of ['plain', '__proto__', 'a\nb', 'c\r\nd', 'e\0f', '"quoted"', 'ü %41']) {
      await visitor.json('PUT', `/session/data/${encodeURIComponent(key)}`, 1);
      const { body } = await visitor.send('GET', '/');
      const field = /<input type="hidden" name="(\w+)" value="([^"]*)"/.exec(body);
      // What a browser makes of the value: entities decoded, line ends and zero bytes changed.
      const value = (field?.[2] ?? '')
        .replaceAll('&quot;', '"')
        .replaceAll(/\r?\n/g, '\r\n')
        .replaceAll('\0', '\ufffd');
      await visitor.form('/session/data/delete', { [field?.[1] ?? '']: value });
      expect((await visitor.session()).data).toEqual({});
    }
  });
});
