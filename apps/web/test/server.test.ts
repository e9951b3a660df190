import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../server/index.js';
import { loadPages } from '../server/pages.js';
import { startTestSite, type TestSite } from './site.js';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
}, 180_000);
afterAll(() => site?.close());

describe('every response', () => {
  const paths = {
    'a page': '/',
    'a page that is missing': '/nothing/here',
    'a redirect': '/papers/anyloss',
    'an asset': '/favicon.svg',
    'an asset that is missing': '/_app/immutable/nothing.js',
    'an answer of the API': '/api/daily_papers',
    'an error of the API': '/api/papers/nothing',
    'the health check': '/healthz',
    'an address that cannot be decoded': '/papers/%E0%A4%A',
  };

  it.each(Object.entries(paths))('isolates and protects %s', async (_, path) => {
    const { headers } = await fetch(site.url + path, { redirect: 'manual' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'strict-origin-when-cross-origin',
    });
  });

  it('isolates the scripts and styles that a page asks for', async () => {
    const html = await (await fetch(`${site.url}/`)).text();
    const assets = [...html.matchAll(/(?:href|src)="(\.?\/_app\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(assets.length).toBeGreaterThan(2);
    for (const asset of assets) {
      const response = await fetch(new URL(asset, `${site.url}/`));
      expect(response.status).toBe(200);
      expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    }
  });
});

describe('a page', () => {
  it('travels compressed when the reader takes it so', async () => {
    const { headers } = await fetch(`${site.url}/`, { headers: { 'accept-encoding': 'gzip' } });
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(headers.get('vary')).toMatch(/accept-encoding/i);
    const plain = await fetch(`${site.url}/`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
  });

  it('allows no script but its own, by a nonce of its own each time', async () => {
    const policies = await Promise.all(
      [1, 2].map(async () => (await fetch(`${site.url}/`)).headers.get('content-security-policy')),
    );
    for (const policy of policies) {
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval' 'nonce-[^']+'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
    }
    expect(policies[0]).not.toBe(policies[1]);
  });
});

describe('the server', () => {
  it('says that it is well', async () => {
    const response = await fetch(`${site.url}/healthz`);
    expect(await response.json()).toEqual({ status: 'ok', latestDay: '2025-12-12', search: 'full-text' });
  });

  it('answers GET and HEAD only', async () => {
    expect((await fetch(site.url, { method: 'HEAD' })).status).toBe(200);
    for (const path of ['/', '/api/daily_papers', '/favicon.svg']) {
      const response = await fetch(site.url + path, { method: 'POST', body: 'a=1' });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    }
  });

  it('turns large bodies away without reading them', async () => {
    const body = 'x'.repeat(20_000);
    expect((await fetch(`${site.url}/`, { method: 'POST', body })).status).toBe(413);
  });

  it('says in one line that its port is taken', async () => {
    const port = Number(new URL(site.url).port);
    await expect(startServer({ port, dataDir: `${site.folder}/data` })).rejects.toThrow(
      new Error(`serve: port ${port} is taken; choose another with --port N`),
    );
  });

  it('can be started again after it is closed, on the same data', async () => {
    const dataDir = `${site.folder}/again`;
    for (const _ of [1, 2]) {
      const server = await startServer({ port: 0, dataDir });
      expect((await fetch(`${server.url}/papers/2501.04697`)).status).toBe(200);
      await server.close();
      await expect(fetch(server.url)).rejects.toThrow();
    }
  });

  it('says in one line that the pages are not built', async () => {
    await expect(loadPages(pathToFileURL(`${site.folder}/handler.js`))).rejects.toThrow(
      new Error('serve: the site is not built; run `npm run build` first'),
    );
  });
});
