import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';

/** The browser that the tests drive: `EVENKEEL_CHROMIUM`, or Debian's. */
const path = process.env.EVENKEEL_CHROMIUM ?? '/usr/bin/chromium';

/** Whether tests in a browser must be left out, which is said; with CI set they never are. */
export function skipWithoutChromium(): boolean {
  if (process.env.CI || existsSync(path)) return false;
  console.warn(`skipped: no Chromium at ${path}; set EVENKEEL_CHROMIUM to run the tests in a browser`);
  return true;
}

/** A browser, and the page that the tests call. */
export interface TestBrowser {
  /** Opens the page anew for a task, and closes it afterwards. */
  withPage<T>(task: (page: Page) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Builds the page, serves it and starts the browser. */
export async function startBrowser(): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-conformance-'));
  await buildPage(folder);
  const server = await serve(folder);
  const browser = await launchChromium();
  return {
    async withPage(task) {
      const page = await browser.newPage();
      try {
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        await page.waitForFunction('globalThis.outcomesIn');
        return await task(page);
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Starts the browser, without its sandbox, which it cannot have as root, and with a GPU that is emulated. */
const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
    ],
  });

async function buildPage(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['evenkeel-source', 'onnxruntime-web-use-extern-wasm', 'browser', 'module'] },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: {
        input: fileURLToPath(new URL('./page.ts', import.meta.url)),
        output: { entryFileNames: 'page.js' },
      },
    },
  });
  const html = '<!doctype html><script type="module" src="/page.js"></script>';
  await writeFile(join(folder, 'index.html'), html);
}

const types: Record<string, string> = { '.html': 'text/html', '.wasm': 'application/wasm' };

/** Serves the page, and ONNX Runtime's files under /runtime/, cross-origin isolated so that there are threads. */
async function serve(folder: string): Promise<Server> {
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  const server = createServer(async ({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : url.split('?')[0]!;
    const file = path.startsWith('/runtime/') ? join(runtime, path.slice(9)) : join(folder, path);
    const body = await readFile(file).catch(() => undefined);
    response.writeHead(body ? 200 : 404, {
      'content-type': types[extname(path)] ?? 'text/javascript',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Environment in which Vulkan finds the emulated GPU that comes with Chromium, as far as it is there. */
export function emulatedGpu(): Record<string, string> | undefined {
  const folder = [dirname(path), '/usr/lib/chromium'].find((each) =>
    existsSync(join(each, 'vk_swiftshader_icd.json')),
  );
  if (folder === undefined) return undefined;
  return { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json') };
}
