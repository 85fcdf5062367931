/**
 * The page in a real browser, with and without JavaScript. Set CHROMIUM_PATH where Chromium is elsewhere, and
 * UPDATE_SCREENSHOTS to write the pictures in docs/ anew.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createService } from '../app/service.ts';
import { type Bridge, serve } from '../support/http-bridge.ts';

const CANDIDATES = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

const launch = (executablePath: string) => chromium.launch({ executablePath, args: ARGUMENTS });

/** The first one that is there and starts. */
async function findBrowser(): Promise<string | undefined> {
  for (const path of CANDIDATES) {
    if (path === undefined || !existsSync(path)) continue;
    const browser = await launch(path).catch(() => undefined);
    await browser?.close();
    if (browser !== undefined) return path;
  }
  return undefined;
}

const executablePath = await findBrowser();
const MISSING = 'NOT RUN: the page in a browser. No Chromium was found that starts; install one, or set CHROMIUM_PATH.';

const modes =
  executablePath === undefined
    ? []
    : [
        { name: 'with JavaScript', javaScriptEnabled: true, executablePath },
        { name: 'without JavaScript', javaScriptEnabled: false, executablePath },
      ];

it('has a browser to run in, on CI in any case', () => {
  if (modes.length === 0) console.warn(MISSING);
  expect(process.env['CI'] ? modes.length : 1).toBeGreaterThan(0);
});

describe.each(modes)('the page $name', ({ javaScriptEnabled, executablePath: path }) => {
  let browser: Browser;
  let bridge: Bridge;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  const service = createService();

  beforeAll(async () => {
    bridge = await serve((event) => service.invoke(event));
    browser = await launch(path);
    context = await browser.newContext({ javaScriptEnabled, viewport: { width: 375, height: 800 }, locale: 'en-GB' });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.setDefaultTimeout(5_000);
    await page.goto(`${bridge.url}/`);
  }, 30_000);

  afterAll(async () => {
    if (process.env['UPDATE_SCREENSHOTS'] && javaScriptEnabled) {
      await service.visitor().json('POST', '/login', { user: 'Ada Lovelace' });
      await takePictures(page);
    }
    await browser.close();
    await bridge.close();
  });

  const section = (name: string) => page.getByRole('region', { name, exact: true });
  const click = (name: string) => clickThrough(page, name);
  const field = (name: string) => page.getByRole('textbox', { name, exact: true });
  const shown = (term: string) => page.locator(`dt:text-is("${term}") + dd`).innerText();

  it('greets a visitor who has no session, and gives none', async () => {
    expect(await shown('Session')).toBe('none yet');
    expect(await shown('Visits')).toBe('0');
    expect(await context.cookies()).toEqual([]);
    const time = page.locator('time');
    expect(Math.abs(Date.parse((await time.getAttribute('datetime')) ?? '') - Date.now())).toBeLessThan(30_000);
    expect(await time.innerText()).toMatch(/\d\d:\d\d:\d\d/);
  });

  it('stores values, whatever is in them', async () => {
    for (const [key, value] of [
      ['colour', 'blue & green'],
      ['<b>bold</b>', `"quoted" <script>alert('x')</script>`],
    ] as const) {
      await field('Key').fill(key);
      await field('Value').fill(value);
      await click('Store');
      const item = section('Stored in your session').getByRole('listitem').filter({ hasText: key });
      expect(JSON.parse(await item.locator('code').innerText())).toBe(value);
    }
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({
      name: '__Host-session',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
    });
  });

  it('removes them, one by one', async () => {
    await click('Remove <b>bold</b>');
    expect(await section('Stored in your session').getByRole('listitem').count()).toBe(1);
    await click('Remove colour');
    expect(await section('Stored in your session').innerText()).toContain('Nothing is stored');
  });

  it('counts visits, and reloading the page counts none', async () => {
    await click('Count');
    await click('Count');
    await page.reload();
    expect(await shown('Visits')).toBe('2');
  });

  it('shows a message once', async () => {
    await field('Message').fill('Your coat is <warm>');
    await click('Leave');
    expect(await page.getByRole('status').innerText()).toBe('Your coat is <warm>');
    await page.reload();
    expect(await page.getByRole('status').count()).toBe(0);
  });

  it('gives the session a new id, and keeps what it holds', async () => {
    const handle = await shown('Session');
    const [cookie] = await context.cookies();
    await click('New id');
    expect(await shown('Session')).not.toBe(handle);
    expect(await shown('Visits')).toBe('2');
    expect((await context.cookies())[0]?.value).not.toBe(cookie?.value);
  });

  it('fits a narrow screen', async () => {
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  });

  it('logs in under a new id', async () => {
    const handle = await shown('Session');
    await field('Name').fill('Ada Lovelace');
    await click('Log in');
    expect(await shown('Logged in as')).toBe('Ada Lovelace');
    expect(await shown('Session')).not.toBe(handle);
  });

  it('shows where the user is logged in, and ends it there', async () => {
    const other = service.visitor();
    await other.json('POST', '/login', { user: 'Ada Lovelace' });
    const handle = await shown('Session');
    await page.getByRole('link', { name: 'your sessions' }).click();
    const items = section('Ada Lovelace is logged in here').getByRole('listitem');
    expect(await items.count()).toBe(2);
    const own = items.filter({ hasText: handle });
    expect(await own.innerText()).toMatch(/Chrome on Linux.*this one/);
    expect(await items.filter({ hasText: 'Unknown browser' }).count()).toBe(1);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    await click('End all other sessions');
    expect(page.url()).toBe(`${bridge.url}/sessions`);
    expect(await items.count()).toBe(1);
    expect((await other.session()).isNew).toBe(true);
    await page.getByRole('link', { name: 'Back to your visit' }).click();
    expect(await shown('Session')).toBe(handle);
  });

  it('logs out, and the back button shows nothing of the session', async () => {
    await click('Log out');
    expect(await shown('Session')).toBe('none yet');
    expect(await context.cookies()).toEqual([]);
    await page.goBack();
    await page.waitForLoadState();
    expect(await page.locator('body').innerText()).not.toContain('Ada Lovelace');
    expect(await shown('Session')).toBe('none yet');
  });

  it('destroys a session', async () => {
    await click('Count');
    await click('Destroy');
    expect(await shown('Visits')).toBe('0');
    expect(await context.cookies()).toEqual([]);
  });

  it('gives the browser nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});

/** Clicks a button and waits for the page it leads to. */
async function clickThrough(page: Page, name: string): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name, exact: true }).click();
  await loaded;
}

/** The pictures of the documentation. */
async function takePictures(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Key' }).fill('coat');
  await page.getByRole('textbox', { name: 'Value' }).fill('the grey one, with the umbrella');
  await clickThrough(page, 'Store');
  await clickThrough(page, 'Count');
  await page.getByRole('textbox', { name: 'Message' }).fill('Your coat hangs on hook 14.');
  await clickThrough(page, 'Leave');
  for (const width of [375, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await takePicture(page, `page-${width}`);
  }
  await page.getByRole('textbox', { name: 'Name' }).fill('Ada Lovelace');
  await clickThrough(page, 'Log in');
  await page.getByRole('link', { name: 'your sessions' }).click();
  await takePicture(page, 'sessions-1280');
}

async function takePicture(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
  await page.screenshot({ path, fullPage: true });
}
