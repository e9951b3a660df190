import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { hostile, startTestSite, type TestSite } from './site.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const pages = {
  'a day': '/papers/date/2025-12-11',
  'a filtered day': '/papers/date/2025-12-11?family=training&sort=runs',
  'a paper that runs': '/papers/2501.04697',
  'a paper that does not run yet': '/papers/2310.08855',
  'a hostile paper': '/papers/date/2025-12-12',
  'a search': '/search?q=training',
  'a search without results': '/search?q=zzzzqqq',
  'a search for nothing': '/search',
  'a family': '/families/pruning',
  'the verdicts': '/verdicts',
  about: '/about',
  'a missing page': '/papers/9999.99999',
};

describe.skipIf(skipWithoutChromium())('in a browser', () => {
  let site: TestSite;
  let browser: Browser;

  beforeAll(async () => {
    site = await startTestSite();
    browser = await launchChromium();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** Opens a page in a browser of its own, and collects what goes wrong on it and what it asks others for. */
  async function open(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      const missing = message.text().includes('status of 404');
      if (['error', 'warning'].includes(message.type()) && !missing) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(site.url) && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(site.url + path);
    await page.waitForLoadState('networkidle');
    return { page, complaints, close: () => context.close() };
  }

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each(Object.entries(pages))('%s is accessible, whole and quiet', async (_, path) => {
      const { page, complaints, close } = await open(path, {
        colorScheme,
        viewport: { width: 390, height: 800 },
      });
      // A script in the page's own world would be refused by its policy.
      const violations = await page.evaluate(`${axe}; axe.run(document).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`);
      expect(violations).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
      await close();
    });
  });

  it('isolates the page, so that threads can be used', async () => {
    const { page, close } = await open('/papers/2501.04697');
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    await close();
  });

  it.each([true, false])(
    'runs nothing that an imported paper brings (scripts on: %s)',
    async (javaScriptEnabled) => {
      const { page, complaints, close } = await open('/papers/date/2025-12-12', { javaScriptEnabled });
      await page.getByRole('link', { name: 'Break' }).click();
      await page.waitForURL(/\/papers\/p-/);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(hostile.title);
      expect(await page.title()).toBe(`${hostile.title} · Evenkeel`);
      expect(await page.locator('.abstract').textContent()).toBe(hostile.abstract);
      if (javaScriptEnabled) {
        await page.reload();
        expect(await page.evaluate('window.hacked')).toBeUndefined();
      }
      expect(await page.locator('main img, main b, main script, main a[href^=javascript]').count()).toBe(0);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('reads, filters, sorts and searches without scripts, and says what needs them', async () => {
    const { page, close } = await open('/papers/date/2025-12-11', { javaScriptEnabled: false });
    expect(await page.getByRole('button', { name: /light and dark/ }).isVisible()).toBe(false);
    await page.getByRole('navigation', { name: 'Families' }).getByRole('link', { name: 'Pruning' }).click();
    expect(await page.getByRole('article').count()).toBe(4);
    await page.getByRole('link', { name: 'Runs here first' }).click();
    expect(page.url()).toMatch(/family=pruning&sort=runs$/);
    await page.getByRole('searchbox').fill('grokking');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /Grokking at the Edge/ }).click();
    expect(await page.getByRole('heading', { name: 'In one minute' }).isVisible()).toBe(true);
    expect(await page.locator('#run').textContent()).toMatch(/JavaScript|script/i);
    await close();
  });

  it('searches while one types, keeps the focus, and adds one step to the history', async () => {
    const { page, close } = await open('/about');
    await page.goto(`${site.url}/search`);
    await page.waitForLoadState('networkidle');
    const before = await page.evaluate('history.length');
    const box = page.getByRole('searchbox');
    await box.pressSequentially('grokking', { delay: 60 });
    await page.waitForURL(/q=grokking$/);
    await page.getByText('from the full-text index').waitFor();
    expect(await box.inputValue()).toBe('grokking');
    expect(await page.evaluate('document.activeElement?.name')).toBe('q');
    expect(await page.evaluate('history.length')).toBe(before);
    await page.goBack();
    expect(page.url()).toBe(`${site.url}/about`);
    await close();
  });

  it('can be used by keyboard alone: to the content, through the papers, into one', async () => {
    const { page, close } = await open('/papers/date/2025-12-11');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('content');
    const met: string[] = [];
    for (let presses = 0; presses < 40 && !met.at(-1)?.startsWith('Weight Compander'); presses++) {
      await page.keyboard.press('Tab');
      met.push(await focused(page));
    }
    expect(met.some((name) => name.startsWith('All papers'))).toBe(true);
    expect(met).toContain('Runs here first');
    const outlined = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outlined).toBe('solid');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/papers\/2306\.16993$/);
    await close();
  });

  it('follows the system’s theme, and remembers another one without a flash', async () => {
    const { page, close } = await open('/', { colorScheme: 'light' });
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: /light and dark/ }).click();
    expect(await background()).toBe(dark);
    await page.addInitScript(`addEventListener('DOMContentLoaded', () => {
      window.firstTheme = document.documentElement.dataset.theme;
    })`);
    await page.reload();
    expect(await page.evaluate('window.firstTheme')).toBe('dark');
    expect(await background()).toBe(dark);
    await close();
  });

  it('copies the example', async () => {
    const { page, close } = await open('/papers/2501.04697', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('@evenkeel/');
    await close();
  });
});

/** What has the focus, as it is read. */
async function focused(page: Page): Promise<string> {
  return String(await page.evaluate('(document.activeElement?.textContent ?? "").trim()'));
}
