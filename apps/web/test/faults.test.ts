import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Feed } from '@evenkeel/feed';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Attempts } from '../server/attempts.js';
import { createListener } from '../server/listener.js';
import { openLog } from '../server/log.js';
import { loadPages } from '../server/pages.js';
import { faultsOf } from './accessible.js';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { buildWhereMissing } from './site.js';

let server: Server;
let url: string;
const logged: string[] = [];
const log = openLog('info', { write: (line: string) => void logged.push(line) });

beforeAll(async () => {
  buildWhereMissing();
  const fail = () => Promise.reject(new Error('disk I/O error at /secret/place'));
  /** Whatever is asked fails. */
  const failing = <T extends object>(parts: Partial<T>): T =>
    new Proxy(parts as T, { get: (target, name) => Reflect.get(target, name) ?? fail });
  const feed = failing<Feed>({
    people: failing<Feed['people']>({}),
    digest: failing<Feed['digest']>({}),
  });
  const pages = await loadPages(new URL('../build/handler.js', import.meta.url));
  server = createServer(
    createListener(
      {
        feed,
        results: { of: fail, version: fail },
        version: fail,
        log,
        attempts: new Attempts(1),
        logsLinks: false,
        linksPerComputer: 1,
        submission: { requireClaim: true, maxAgeDays: 14 },
        intake: { submit: fail, index: fail },
      },
      pages,
      { rateLimit: { requests: 100 } },
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 180_000);

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

it.each(['/', '/papers/2501.04697', '/search?q=x', '/verdicts'])(
  'answers a fault behind %s with a page that says whose fault it is, and nothing of its cause',
  async (path) => {
    logged.length = 0;
    const response = await fetch(url + path);
    const page = await response.text();
    expect(response.status).toBe(500);
    expect(page).toContain('The fault is on this side');
    expect(page).not.toContain('secret');
    expect(logged.join('')).toContain('disk I/O error');
  },
);

it.skipIf(skipWithoutChromium())('shows that page so that everybody can read it', async () => {
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(url);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Something broke');
  expect(await faultsOf(page)).toEqual([]);
  await browser.close();
});

it('answers a fault behind the API in JSON, and nothing of its cause', async () => {
  const response = await fetch(`${url}/api/daily_papers`);
  expect(response.status).toBe(500);
  expect(response.headers.get('x-error-code')).toBe('InternalError');
  expect(await response.json()).toEqual({ error: 'something went wrong here' });
});

it('is not ready, but alive', async () => {
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await fetch(`${url}/metrics`)).status).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

it('logs requests in lines of JSON that tell nothing of who asked', async () => {
  logged.length = 0;
  await fetch(`${url}/u/secret-token?q=private`, { headers: { 'user-agent': 'someone', cookie: 'a=b' } });
  await vi.waitFor(() => expect(logged.some((line) => line.includes('"request"'))).toBe(true));
  const line = JSON.parse(logged.find((each) => each.includes('"request"'))!) as Record<string, unknown>;
  expect(line).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-/),
    method: 'GET',
    path: '/u/…',
    status: expect.any(Number),
    ms: expect.any(Number),
    msg: 'request',
  });
});
