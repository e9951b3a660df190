/** The browser that pages are measured in: `EVENKEEL_CHROMIUM`, or Debian's. */
export const chromiumPath = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

/** Further flags for it, apart by spaces, such as `--use-webgpu-adapter=swiftshader` where there is no GPU. */
export const chromiumFlags: readonly string[] = (process.env.EVENKEEL_CHROMIUM_FLAGS ?? '')
  .split(' ')
  .filter((flag) => flag !== '');
