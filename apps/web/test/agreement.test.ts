import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstLosses } from './agreement/losses.js';
import { launchChromium, skipWithoutChromium } from './chromium.js';

const steps = 20;
const types: Record<string, string> = { '.html': 'text/html', '.wasm': 'application/wasm' };

/** Serves a folder, cross-origin isolated or not. */
async function serve(folder: string, isolated: boolean): Promise<Server> {
  const server = createServer(async ({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : url.split('?')[0]!;
    const body = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, {
      'content-type': types[extname(path)] ?? 'text/javascript',
      ...(isolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      }),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe.skipIf(skipWithoutChromium())('training in Node and in the browser', () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-agreement-'));
    await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['evenkeel-source', 'onnxruntime-web-use-extern-wasm', 'browser', 'module'] },
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: 'es2022',
        rollupOptions: {
          input: fileURLToPath(new URL('./agreement/page.ts', import.meta.url)),
          output: { entryFileNames: 'page.js' },
        },
      },
    });
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><script type="module" src="/page.js"></script>',
    );
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it.each([
    ['threads', true],
    ['one thread', false],
  ])(
    'gives the same first losses to 1e-4 with %s',
    async (_, isolated) => {
      const server = await serve(folder, isolated);
      const page = await browser.newPage();
      try {
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        await page.waitForFunction('globalThis.firstLosses');
        expect(await page.evaluate('crossOriginIsolated')).toBe(isolated);
        const inBrowser = (await page.evaluate(`firstLosses(${steps})`)) as Record<string, number[]>;
        const inNode = await firstLosses(steps);
        for (const [arm, losses] of Object.entries(inNode)) {
          expect(losses).toHaveLength(steps);
          losses.forEach((loss, i) => {
            const message = `${arm}, step ${i + 1}: ${inBrowser[arm]?.[i]} in the browser, ${loss} in Node`;
            expect(Math.abs(inBrowser[arm]![i]! - loss), message).toBeLessThan(1e-4);
          });
        }
      } finally {
        await page.close();
        server.close();
      }
    },
    60_000,
  );
});
