import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { dataFiles, readDataFile } from '@evenkeel/methods/data';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { rawAnswer } from './rawAnswer.js';
import { startTestSite, type TestSite } from './site.js';

const file = dataFiles.find(({ name }) => name.startsWith('mnist.'))!;

let site: TestSite;
let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'evenkeel-data-'));
  vi.stubEnv('EVENKEEL_CACHE', cache);
  site = await startTestSite();
}, 180_000);
afterAll(async () => {
  await site?.close();
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rawAnswer(site.url, path, headers, method);

describe('GET /data', () => {
  it('makes nothing before it is asked', async () => {
    expect(await readdir(cache)).toEqual([]);
  });

  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['gzip', 'br;q=0, gzip;q=0.5', gunzipSync],
    [undefined, 'identity', (body: Buffer) => body],
  ])('gives a file in %s to who takes %s', async (encoding, accepted, unpack) => {
    const { status, headers, body } = await ask(`/data/${file.name}`, { 'accept-encoding': accepted });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=31536000, immutable',
      etag: `W/"${file.name}"`,
      vary: 'accept-encoding',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['content-encoding']).toBe(encoding);
    expect(unpack(body).equals(await readDataFile(file))).toBe(true);
    if (encoding) expect(body.length).toBeLessThan(2e6);
  });

  it('sends nothing to who has it, and only the headers to who asks for those', async () => {
    const known = await ask(`/data/${file.name}`, { 'if-none-match': `"other", W/"${file.name}"` });
    expect([known.status, known.body.length]).toEqual([304, 0]);
    const head = await ask(`/data/${file.name}`, {}, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, '7850160']);
  });

  it.each([
    '/data/',
    '/data/nothing',
    '/data/mnist.00000000.safetensors',
    '/data/../package.json',
    '/data/..%2f..%2fpackage.json',
    '/data/%2e%2e/%2e%2e/package.json',
    '/data/..\\package.json',
    `/data/../data/./x/${file.name}`,
    `/data/${file.name}/`,
    `/data/${file.name}%00`,
    '/data/toString',
  ])('knows nothing at %s', async (path) => {
    const { status, headers, body } = await ask(path);
    // A backslash makes it no address at all.
    expect(status).toBe(path.includes('\\') ? 400 : 404);
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(body.toString()).not.toContain('"workspaces"');
  });
});

describe.skipIf(skipWithoutChromium())('data in a browser', () => {
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    browser = await launchChromium();
    script = await bundled(`
      import { mnist, stateOfTheUnion, spamMails, useDataServer } from '@evenkeel/nn';
      window.look = async () => {
        const { train, test } = await mnist();
        const addresses = await stateOfTheUnion();
        return {
          digits: [train.length, test.length],
          sum: train.columns.images.data.reduce((total, each) => total + each, 0),
          labels: Array.from(test.columns.labels.data.subarray(0, 10)),
          addresses: addresses.length,
          last: addresses.at(-1).speaker,
        };
      };
      window.elsewhere = async () => {
        useDataServer('/elsewhere/');
        return spamMails().then(() => 'came', (error) => error.message);
      };`);
  }, 180_000);
  afterAll(() => browser?.close());

  it('is what it is in Node, is fetched once, and can be looked for elsewhere', async () => {
    const page = await (await browser.newContext()).newPage();
    const asked: string[] = [];
    await page.route(`${site.url}/look`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><script type=module src=/look.js></script>',
      }),
    );
    await page.route(`${site.url}/look.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    page.on('request', (each) => {
      const { pathname } = new URL(each.url());
      if (!pathname.startsWith('/look')) asked.push(pathname);
    });
    await page.goto(`${site.url}/look`);
    const seen = await page.evaluate('look()');
    const bytes = await readDataFile(file);
    const [images, labels] = [bytes.subarray(-7_850_000, -10_000), bytes.subarray(-10_000)];
    expect(seen).toEqual({
      digits: [8000, 2000],
      sum: images.subarray(0, 8000 * 784).reduce((total, each) => total + each, 0),
      labels: [...labels.subarray(8000, 8010)],
      addresses: 233,
      last: 'Joseph R Biden',
    });
    expect(asked.filter((each) => each.startsWith('/data/')).length).toBe(2);
    await page.reload();
    await page.route('**/data/**', (route) => route.abort());
    expect(await page.evaluate('look()')).toEqual(seen);
    expect(asked.filter((each) => each.startsWith('/data/')).length).toBe(2);
    expect(await page.evaluate('elsewhere()')).toMatch(
      /^spam-mails\.\w+\.json: http.*\/elsewhere\/spam-mails\.\w+\.json answered 404/,
    );
  }, 60_000);
});

/** A module as a page loads it, with what it imports. */
async function bundled(code: string): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['evenkeel-source', 'browser', 'module'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? '\0entry' : undefined),
        load: (id) => (id === '\0entry' ? code : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      rollupOptions: { input: 'entry', output: { inlineDynamicImports: true } },
    },
  });
  const [result] = [output].flat();
  if (!result || !('output' in result)) throw new Error('bundled: nothing was built');
  return result.output[0].code;
}
