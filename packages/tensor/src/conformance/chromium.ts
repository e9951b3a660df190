import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** The browser that the tests drive: `EVENKEEL_CHROMIUM`, or Debian's. */
const path = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

/** Whether tests in a browser must be left out, which is said; with CI set they never are. */
export function skipWithoutChromium(): boolean {
  if (process.env.CI || existsSync(path)) return false;
  console.warn(`skipped: no Chromium at ${path}; set EVENKEEL_CHROMIUM to run the tests in a browser`);
  return true;
}

/** Starts the browser, without its sandbox, which it cannot have as root, and with a GPU that is emulated. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
    ],
  });

/** Environment in which Vulkan finds the emulated GPU that comes with Chromium, as far as it is there. */
export function emulatedGpu(): Record<string, string> | undefined {
  const folder = [dirname(path), '/usr/lib/chromium'].find((each) =>
    existsSync(join(each, 'vk_swiftshader_icd.json')),
  );
  if (folder === undefined) return undefined;
  return { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json') };
}
