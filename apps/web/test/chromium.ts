import { existsSync } from 'node:fs';

/** The browser that the tests drive: `EVENKEEL_CHROMIUM`, or Debian's. */
export const chromiumPath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

/** Whether tests in a browser must be left out, which is said; with CI set they never are. */
export function skipWithoutChromium(): boolean {
  if (process.env.CI || existsSync(chromiumPath)) return false;
  console.warn(
    `skipped: no Chromium at ${chromiumPath}; set EVENKEEL_CHROMIUM to run the tests in a browser`,
  );
  return true;
}
