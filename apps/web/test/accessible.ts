import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Widths in pixels at which pages are looked at. */
const widths = [390, 1440];

/**
 * What is wrong with a page for some of its readers, in light and dark, on narrow and on wide screens: what axe finds, and
 * what is wider than the screen.
 */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    if (Number(beyond) > 0) faults.push(`${width} px: ${beyond} px too wide`);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // Only colours are others in the dark.
      const options = colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {};
      // A script in the page's own world would be refused by its policy.
      const found = (await page.evaluate(`${axe}; axe.run(document, ${JSON.stringify(options)})
        .then(({ violations }) => violations.map(({ id, nodes }) =>
          id + ': ' + nodes.map(({ html }) => html).join(' | ')))`)) as string[];
      faults.push(...found.map((fault) => `${width} px, ${colorScheme}: ${fault}`));
    }
  }
  return faults;
}
