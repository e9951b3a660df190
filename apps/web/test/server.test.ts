import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startServer } from '../server/index.js';
import { loadPages } from '../server/pages.js';
import { startTestSite, type TestSite } from './site.js';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
}, 180_000);
afterAll(() => site?.close());

describe('every response', () => {
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
});

describe('the server', () => {
  it('says that it is well', async () => {
    const response = await fetch(`${site.url}/healthz`);
    const search = { search: 'hybrid', model: 'latent semantic analysis' };
    expect(await response.json()).toEqual({ status: 'ok', ...search });
    const ready = await fetch(`${site.url}/readyz`);
    expect(await ready.json()).toEqual({
      status: 'ok',
      latestDay: '2025-12-12',
      search: {
        index: 'hybrid',
        model: { id: expect.stringMatching(/^lsa-/), name: 'latent semantic analysis', dimension: 13 },
        papers: 39,
        embedded: 39,
      },
    });
  });

  it('tells Prometheus what it does, by kind of request and never by address', async () => {
    await fetch(`${site.url}/papers/2501.04697?secret=1`);
    await vi.waitFor(async () => {
      const text = await (await fetch(`${site.url}/metrics`)).text();
      expect(text).toMatch(/evenkeel_http_request_seconds_count\{kind="papers",status="2xx"\} \d+/);
      expect(text).toContain('evenkeel_papers 39');
      expect(text).toContain('evenkeel_digest_waiting 0');
      expect(text).toContain('process_cpu_seconds_total');
      expect(text).not.toContain('secret');
    });
  });

  it('keeps its metrics from proxies, and from whoever lacks the token', async () => {
    const viaProxy = await fetch(`${site.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(viaProxy.status).toBe(403);
    const closed = await startTestSite({ metricsToken: 'a-token-of-length' });
    try {
      const ask = async (headers: HeadersInit) => (await fetch(`${closed.url}/metrics`, { headers })).status;
      expect(await ask({})).toBe(403);
      expect(await ask({ authorization: 'Bearer a-token-of-lengtH' })).toBe(403);
      expect(await ask({ authorization: 'Bearer a-token-of-length' })).toBe(200);
    } finally {
      await closed.close();
    }
  });

  it('answers GET, HEAD and POST only, and POST where there is something to send', async () => {
    expect((await fetch(site.url, { method: 'HEAD' })).status).toBe(200);
    const response = await fetch(site.url, { method: 'PUT', body: 'a=1' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
    for (const path of ['/', '/api/daily_papers', '/verdicts']) {
      const origin = { origin: site.url };
      const { status } = await fetch(site.url + path, { method: 'POST', body: 'a=1', headers: origin });
      expect([403, 404, 405], path).toContain(status);
    }
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
