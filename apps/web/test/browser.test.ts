import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './accessible.js';
import { type Cost, costOf } from './budget.js';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { openPages, ownPages } from './shownPages.js';
import { hostile, startTestSite, type TestSite } from './site.js';

it('knows every page', () => {
  const folder = fileURLToPath(new URL('../src/routes', import.meta.url));
  const routes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|[/\\])\+page\.svelte$/.test(file))
    .map((file) => dirname(file).replaceAll('\\', '/').replace(/^\.$/, ''));
  const shown = new Set([...openPages, ...ownPages].map(({ route }) => route));
  expect(routes.filter((route) => !shown.has(route))).toEqual([]);
});

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

  it.each(openPages)('$name is accessible, whole and quiet', async ({ path }) => {
    const { page, complaints, close } = await open(path);
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it.each(openPages.filter(({ isList }) => isList))(
    '$name has little script, is soon there, and stands still',
    async ({ path }) => {
      const load = async (): Promise<Cost> => {
        const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
        const cost = await costOf(await context.newPage(), site.url + path);
        await context.close();
        expect(cost.scriptBytes).toBeGreaterThan(0);
        expect(cost.scriptBytes).toBeLessThan(60_000);
        expect(cost.shift).toBeLessThan(0.01);
        return cost;
      };
      await load();
      // Three loads again where something else had the processor: only a page that is never soon enough is too slow.
      let paint = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 4 && paint >= 1000; round++) {
        const costs = [await load(), await load(), await load()];
        paint = costs.map(({ largestPaint }) => largestPaint).sort((a, b) => a - b)[1]!;
        expect(paint).toBeGreaterThan(0);
      }
      expect(paint).toBeLessThan(1000);
    },
    120_000,
  );

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
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(hostile.readTitle);
      expect(await page.title()).toBe(`${hostile.readTitle} · Evenkeel`);
      expect(await page.locator('.abstract').textContent()).toBe(hostile.readAbstract);
      if (javaScriptEnabled) {
        await page.reload();
        expect(await page.evaluate('window.hacked')).toBeUndefined();
      }
      expect(await page.locator('main img, main b, main script, main a[href^=javascript]').count()).toBe(0);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('draws what came out, with tables behind it, and runs nothing of it', async () => {
    const { page, complaints, close } = await open('/papers/2501.04697');
    const part = page
      .locator('section', { has: page.getByRole('heading', { name: 'What came out' }) })
      .last();
    expect(await part.getByRole('img', { name: 'Drawn pattern, ⊥AdamW' }).isVisible()).toBe(true);
    const image = `document.querySelector('img[alt="Drawn pattern, ⊥AdamW"]')`;
    expect(await page.evaluate(`[${image}.naturalWidth, ${image}.naturalHeight]`)).toEqual([16, 12]);
    expect(await page.evaluate(`getComputedStyle(${image}).imageRendering`)).toBe('pixelated');
    const map = part.getByRole('img', { name: 'Load of the experts, ⊥AdamW: 6 by 9 values' });
    expect((await map.boundingBox())?.height).toBeGreaterThan(100);
    const lines = page.getByRole('img', { name: 'Loss by size, ⊥AdamW: loss by parameters' });
    const figure = part.locator('figure', { has: lines });
    const table = figure.getByRole('table', { name: 'Loss by size, ⊥AdamW: loss by parameters' });
    expect(await table.isVisible()).toBe(false);
    await figure.getByText('Data table').click();
    expect(await table.getByRole('row').allInnerTexts()).toHaveLength(9);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(complaints).toEqual([]);
    await close();
  });

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
    await page.getByText('found by words and by meaning').waitFor();
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
