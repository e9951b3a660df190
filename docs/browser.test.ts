import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, skipWithoutChromium } from '../apps/web/test/chromium.js';
import { docs, pages } from './pages.js';
import { keeps, pathOf, promisedBy, snippetsOf } from './snippets.js';

const snippets = pages.flatMap((page) => snippetsOf(docs, page)).filter(({ runsIn }) => runsIn === 'browser');
/** Those that are pages of their own: the others are workers that they start. */
const entries = snippets.filter(
  (snippet) =>
    !snippets.some(({ page, code }) => page === snippet.page && code.includes(`'./${snippet.file}'`)),
);

describe.skipIf(skipWithoutChromium())('the snippets for pages', () => {
  // Beside those of the tests in Node, which run at the same time.
  const sources = fileURLToPath(new URL('.snippets/browser/', docs));
  const site = mkdtempSync(join(tmpdir(), 'evenkeel-guide-'));
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    for (const snippet of snippets) {
      mkdirSync(dirname(pathOf(sources, snippet)), { recursive: true });
      writeFileSync(pathOf(sources, snippet), snippet.code);
    }
    // As readers bundle: nothing is said but where the sources of this repository are.
    await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['evenkeel-source', 'browser', 'module'] },
      worker: { format: 'es' },
      build: {
        outDir: site,
        emptyOutDir: true,
        target: 'es2022',
        rollupOptions: {
          input: entries.map((snippet) => pathOf(sources, snippet)),
          output: { entryFileNames: '[name].js' },
        },
      },
    });
    server = await serve(site);
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(sources, { recursive: true, force: true });
    rmSync(site, { recursive: true });
  });

  it.each(entries)(
    'print what they promise: $place',
    async (snippet) => {
      const { port } = server.address() as AddressInfo;
      const promises = promisedBy(snippet);
      const printed = await printedBy(
        `http://127.0.0.1:${port}/${basename(snippet.file, '.ts')}.html`,
        promises.length,
      );
      const broken = promises.flatMap((promise, i) =>
        keeps(promise, printed[i] ?? '') ? [] : [`promised ${promise}, printed ${printed[i]}`],
      );
      expect(broken).toEqual([]);
    },
    60_000,
  );

  /** What a page prints, up to the given number of lines. @throws what goes wrong on it */
  async function printedBy(url: string, lines: number): Promise<string[]> {
    const page = await browser.newPage();
    try {
      return await new Promise((resolve, reject) => {
        const printed: string[] = [];
        page.on('pageerror', reject);
        page.on('console', (message) => {
          if (message.type() === 'log') printed.push(message.text());
          if (printed.length === lines) resolve(printed);
        });
        page.goto(url).catch(reject);
      });
    } finally {
      await page.close();
    }
  }
});

const types: Record<string, string> = { '.html': 'text/html', '.wasm': 'application/wasm' };

/** Serves a page for each script, isolated so that there are threads, and ONNX Runtime's files under /runtime/. */
async function serve(site: string): Promise<Server> {
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  const server = createServer(async ({ url = '/' }, response) => {
    const name = basename(url, '.html');
    const page = url.endsWith('.html') && `<!doctype html><script type="module" src="/${name}.js"></script>`;
    const file = url.startsWith('/runtime/') ? join(runtime, basename(url)) : join(site, url);
    const body = page || (await readFile(file).catch(() => undefined));
    response.writeHead(body ? 200 : 404, {
      'content-type': types[extname(url)] ?? 'text/javascript',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
