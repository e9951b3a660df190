import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The browser that the tests drive: `EVENKEEL_CHROMIUM`, or Debian's. */
const chromiumPath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

/** Whether tests in a browser must be left out, which is said; with CI set they never are. */
export function skipWithoutChromium(): boolean {
  if (process.env.CI || existsSync(chromiumPath)) return false;
  console.warn(
    `skipped: no Chromium at ${chromiumPath}; set EVENKEEL_CHROMIUM to run the tests in a browser`,
  );
  return true;
}

/** Starts the browser; without its sandbox, which it cannot have as root. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
