import type { Page } from 'playwright-core';

/** What a page cost until it stood still. */
export interface Cost {
  /** Bytes of scripts as they are sent, compressed. */
  readonly scriptBytes: number;
  /** Milliseconds until its largest part was painted. */
  readonly largestPaint: number;
  /** How much of it moved without being asked to, as the cumulative layout shift. */
  readonly shift: number;
}

const watch = `
  window.cost = { largestPaint: 0, shift: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.cost.largestPaint = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.cost.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** Loads an address in a page that is new, and measures. */
export async function costOf(page: Page, address: string): Promise<Cost> {
  await page.addInitScript(watch);
  await page.goto(address);
  await page.waitForLoadState('networkidle');
  return page.evaluate(`({
    ...window.cost,
    scriptBytes: performance.getEntriesByType('resource')
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  })`);
}
