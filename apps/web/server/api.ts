import { Hono } from 'hono';
import type { Site } from './site.js';

/** The read API and the health check. */
export function createApi({ feed }: Site): Hono {
  const api = new Hono();
  api.get('/healthz', async (c) => {
    const papers = (await feed.days()).reduce((sum, { count }) => sum + count, 0);
    return c.json({ status: 'ok', papers });
  });
  return api;
}
