import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { examples, registry } from '@evenkeel/methods/papers';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { startTestSite, type TestSite } from './site.js';

const path = '/papers/2501.04697';

/** Pages of everything that runs. */
const runnable = [
  ...registry.filter(({ experiment }) => experiment).map(({ paper }) => `/papers/${paper.slug}`),
  ...examples.map(({ slug }) => `/examples/${slug}`),
];

/** Passes a site on without the headers that isolate its pages, as some proxies do. */
async function withoutIsolation(site: string): Promise<Server> {
  const proxy = createServer((incoming, answer) => {
    const { url = '/', method, headers } = incoming;
    const passed = request(new URL(url, site), { method, headers }, (response) => {
      const kept = Object.entries(response.headers).filter(([name]) => !name.startsWith('cross-origin-'));
      answer.writeHead(response.statusCode ?? 502, Object.fromEntries(kept));
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, 'localhost', resolve));
  return proxy;
}

/** A worker that trains nothing and shows something, twice. */
const showingWorker = `
  const progress = (arm, step, exhibits) =>
    postMessage({ type: 'progress', arm, seed: 0, step, steps: 9, metrics: { testAccuracy: 0.5 }, seconds: 1, exhibits });
  const said = (text) => ({ kind: 'text', title: 'Said', text });
  onmessage = ({ data }) => {
    if (data.type === 'stop') return postMessage({ type: 'stopped' });
    postMessage({ type: 'ready', threads: 1 });
    progress('adamw', 1, [said('early words')]);
    progress('adamw', 2, [said('later <b>words</b>')]);
    progress('perp-adamw', 1, [{ kind: 'heat map', title: 'Map', rowAxis: 'a', columnAxis: 'b', values: [[0, 1]] }]);
  };
`;

interface Options extends BrowserContextOptions {
  /** Path of the page. */
  readonly at?: string;
  readonly origin?: string;
}

/** The Run panel of a page, as a reader uses it. */
function panelOf(page: Page) {
  const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Run it' }) }).last();
  return {
    panel,
    press: (name: string | RegExp) => panel.getByRole('button', { name }).click(),
    button: (name: string | RegExp): Locator => panel.getByRole('button', { name }),
    /** Last training step of the chart. */
    step: async () => Number(await panel.getByRole('slider').getAttribute('aria-valuemax')),
    /** Numbers of a row of the final table, by arm. */
    async measured(metric: string): Promise<Record<string, number>> {
      const table = panel.getByRole('region', { name: 'What this run measured' });
      const arms = await table.locator('thead th').allInnerTexts();
      const row = table.getByRole('row', { name: metric });
      const values = await row.locator('td').allInnerTexts();
      return Object.fromEntries(arms.map((arm, i) => [arm, Number.parseFloat(values[i] ?? '')]));
    },
  };
}

describe.skipIf(skipWithoutChromium())('the Run panel', () => {
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

  /** Opens a page and hands over its panel; the page is closed afterwards, whatever happens. */
  async function withPage(
    body: (page: Page, panel: ReturnType<typeof panelOf>) => Promise<void>,
    { at = path, origin = site.url, ...options }: Options = {},
  ): Promise<void> {
    const context = await browser.newContext(options);
    try {
      const page = await context.newPage();
      await page.goto(origin + at);
      await body(page, panelOf(page));
    } finally {
      await context.close();
    }
  }

  async function runToTheEnd({ panel, press, step, measured }: ReturnType<typeof panelOf>): Promise<void> {
    await press('Run');
    await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(10);
    const seen = await step();
    await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(seen);
    await panel.getByText('One seed; the recorded result is').waitFor({ timeout: 150_000 });
    const accuracy = await measured('Test accuracy');
    expect(accuracy['⊥AdamW']).toBeGreaterThanOrEqual(90);
    expect(accuracy.AdamW).toBeLessThanOrEqual(10);
  }

  it(
    'trains both arms with threads where the page is isolated, and offers the next seed',
    () =>
      withPage(async (page, run) => {
        expect(await page.evaluate('crossOriginIsolated')).toBe(true);
        const threads = (await page.evaluate('Math.min(4, navigator.hardwareConcurrency)')) as number;
        let most = 0;
        page.on('worker', () => {
          most = Math.max(most, page.workers().length);
        });
        await runToTheEnd(run);
        // The one that trains is a thread itself.
        expect(most).toBe(threads);
        await run.panel.getByText(`${threads} thread`).first().waitFor();
        await run.button('Run again with seed 1').waitFor();
      }),
    200_000,
  );

  it('trains with one thread behind a proxy that strips the isolation, and says so', async () => {
    const proxy = await withoutIsolation(site.url);
    const origin = `http://localhost:${(proxy.address() as AddressInfo).port}`;
    try {
      await withPage(
        async (page, run) => {
          expect(await page.evaluate('crossOriginIsolated')).toBe(false);
          await run.panel.getByText('training has one thread and may be slower').waitFor();
          await runToTheEnd(run);
          await run.panel.getByText('1 thread in this browser').waitFor();
        },
        { origin },
      );
    } finally {
      proxy.close();
    }
  }, 200_000);

  it('shows what an arm shows while it trains, the latest in place of what was before', () =>
    withPage(async (page, { press, panel, button }) => {
      await button('Run').and(page.locator(':enabled')).waitFor();
      await page.route('**/worker-*.js', (route) =>
        route.fulfill({
          contentType: 'text/javascript',
          headers: { 'cross-origin-embedder-policy': 'require-corp' },
          body: showingWorker,
        }),
      );
      await press('Run');
      await panel.getByText('later <b>words</b>', { exact: true }).waitFor();
      expect(await panel.getByText('early words').count()).toBe(0);
      expect(await panel.getByRole('heading', { name: 'Said' }).count()).toBe(1);
      await panel.getByRole('img', { name: 'Map, ⊥AdamW: 1 by 2 values' }).waitFor();
      await press('Stop');
      await button('Run again').waitFor();
      expect(await panel.getByText('later <b>words</b>', { exact: true }).isVisible()).toBe(true);
    }));

  it(
    'stops when asked, keeps what was drawn, and ends the worker',
    () =>
      withPage(async (page, { press, panel, button, step }) => {
        await press('Run');
        await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(5);
        await press('Stop');
        await panel.getByText(/^Stopped after .*, step \d+ of 250$/).waitFor({ timeout: 5000 });
        await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0);
        expect(await step()).toBeGreaterThan(5);
        await button('Run again').waitFor();
      }),
    60_000,
  );

  it.each(runnable)(
    'trains %s until it is stopped, and the browser has nothing to complain about',
    (at) =>
      withPage(
        async (page, { press, panel }) => {
          const complaints: string[] = [];
          page.on('pageerror', ({ message }) => complaints.push(message));
          page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
          });
          await press('Run');
          await panel.getByText(/^Training: .*, step \d+ of \d+$/).waitFor({ timeout: 60_000 });
          await press('Stop');
          await panel.getByText(/^Stopped after .*, step \d+ of \d+$/).waitFor({ timeout: 5000 });
          expect(await panel.getByRole('alert').count()).toBe(0);
          expect(complaints).toEqual([]);
        },
        { at },
      ),
    90_000,
  );

  it(
    'moves a cursor along the curve with the arrow keys and reads the values out',
    () =>
      withPage(async (_, { press, panel, step }) => {
        await press('Run');
        await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(10);
        await press('Stop');
        const slider = panel.getByRole('slider');
        await slider.press('Home');
        expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Step 1: AdamW .* %, ⊥AdamW .* %$/);
        await slider.press('ArrowRight');
        expect(Number(await slider.getAttribute('aria-valuenow'))).toBeGreaterThan(1);
      }),
    60_000,
  );

  it(
    'asks before the page is closed during a run, and ends the worker when the reader leaves',
    () =>
      withPage(async (page, { press, step }) => {
        await press('Run');
        await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(1);
        const asked = page.waitForEvent('dialog');
        const reloading = page.reload({ timeout: 5000 }).catch(() => undefined);
        const dialog = await asked;
        expect(dialog.type()).toBe('beforeunload');
        await dialog.dismiss();
        await reloading;
        await page.getByRole('link', { name: 'Verdicts' }).click();
        await page.waitForURL('**/verdicts');
        await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0);
      }),
    60_000,
  );

  it.each([
    ['the runtime', '**/*.wasm', 'The runtime could not be loaded.'],
    ['the worker', '**/worker-*.js', 'The training script did not start.'],
    ['the chart', '**/chunks/*.js', 'The training script did not start.'],
  ])(
    'says what to do when %s cannot be loaded, and can run afterwards',
    (_, blocked, message) =>
      withPage(async (page, { press, panel, button, step }) => {
        await button('Run').and(page.locator(':enabled')).waitFor();
        await page.route(blocked, (route) => route.abort());
        await press('Run');
        const alert = panel.getByRole('alert');
        await alert.getByText(message).waitFor({ timeout: 10_000 });
        expect(await alert.textContent()).toContain('The recorded result below does not depend on it.');
        await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0);
        await page.unroute(blocked);
        if (blocked.includes('chunks')) return;
        await press('Run again');
        await expect.poll(step, { timeout: 30_000 }).toBeGreaterThan(1);
      }),
    60_000,
  );

  it('says without JavaScript that the recorded result works, and shows it', () =>
    withPage(
      async (page, { panel, button }) => {
        // Found by its element: the text of noscript is no text to selectors.
        const said = panel.locator('noscript p');
        expect(await said.isVisible()).toBe(true);
        expect(await said.textContent()).toContain('The recorded result below works without it.');
        expect(await button('Run').isDisabled()).toBe(true);
        expect(await page.getByText('bar for the mean').first().isVisible()).toBe(true);
      },
      { javaScriptEnabled: false },
    ));

  it(
    'refuses a seed that is none, and a run without arms',
    () =>
      withPage(async (_, { panel, button }) => {
        await panel.getByText('Options', { exact: true }).click();
        await panel.getByLabel('Seed').fill('1.5');
        await panel.getByText('The seed has to be a whole number from 0.').waitFor();
        expect(await button('Run').isDisabled()).toBe(true);
        await panel.getByLabel('Seed').fill('7');
        for (const arm of ['adamw', 'perp-adamw']) await panel.locator(`[value="${arm}"]`).uncheck();
        await panel.getByText('Pick at least one arm to run.').waitFor();
      }),
    30_000,
  );
});
