import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Feed } from '@evenkeel/feed';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createListener } from '../server/listener.js';
import { loadPages } from '../server/pages.js';
import { buildWhereMissing } from './site.js';

let server: Server;
let url: string;
const log = vi.spyOn(console, 'error').mockImplementation(() => {});

beforeAll(async () => {
  buildWhereMissing();
  const fail = () => Promise.reject(new Error('disk I/O error at /secret/place'));
  const feed: Feed = {
    addCatalogue: fail,
    importSavedPage: fail,
    day: fail,
    days: fail,
    family: fail,
    families: fail,
    search: fail,
    paper: fail,
    close: fail,
  };
  const pages = await loadPages(new URL('../build/handler.js', import.meta.url));
  server = createServer(createListener({ feed, results: { of: fail } }, pages));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 180_000);

afterAll(() => {
  log.mockRestore();
  server?.closeAllConnections();
  server?.close();
});

it.each(['/', '/papers/2501.04697', '/search?q=x', '/verdicts'])(
  'answers a fault behind %s with a page that says whose fault it is, and nothing of its cause',
  async (path) => {
    log.mockClear();
    const response = await fetch(url + path);
    const page = await response.text();
    expect(response.status).toBe(500);
    expect(page).toContain('The fault is on this side');
    expect(page).not.toContain('secret');
    expect(String(log.mock.lastCall?.[1])).toContain('disk I/O error');
  },
);

it('answers a fault behind the API in JSON, and nothing of its cause', async () => {
  const response = await fetch(`${url}/api/daily_papers`);
  expect(response.status).toBe(500);
  expect(response.headers.get('x-error-code')).toBe('InternalError');
  expect(await response.json()).toEqual({ error: 'something went wrong here' });
});
