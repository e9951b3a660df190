import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RuntimeName } from '../index.js';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { complaints } from './compare.js';
import { type Outcome, runPrograms } from './results.js';

describe.skipIf(skipWithoutChromium())('in Chromium', () => {
  let reference: Record<string, Outcome>;
  let folder: string;
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-conformance-'));
    await buildPage(folder);
    server = await serve(folder);
    browser = await launchChromium();
    reference = await runPrograms();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  async function withPage<T>(body: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction('globalThis.outcomesIn');
      return await body(page);
    } finally {
      await page.close();
    }
  }

  const complaintsIn = (runtime: RuntimeName, threads?: number): Promise<string[]> =>
    withPage(async (page) => {
      const outcomes = await page.evaluate(`outcomesIn('${runtime}', ${threads})`);
      console.info(`conformance: ran in ${runtime} of Chromium${threads ? ` with threads: ${threads}` : ''}`);
      return complaints(outcomes as Record<string, Outcome>, reference, runtime);
    });

  it.each([1, 2])(
    'agrees in WebAssembly with threads: %i',
    async (threads) => {
      expect(await complaintsIn('wasm', threads)).toEqual([]);
    },
    120_000,
  );

  it('agrees on a GPU', async () => {
    expect(await complaintsIn('webgpu')).toEqual([]);
  }, 180_000);
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
