/** The browser that pages are measured in: `EVENKEEL_CHROMIUM`, or Debian's. */
export const chromiumPath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';
