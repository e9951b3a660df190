import { Hono } from 'hono';
import type { Site } from '../site.js';

/**
 * `/healthz`: the process answers, and what searches go by. `/readyz`: its database answers too, and how far its data
 * reach.
 */
export function healthRoutes({ feed, log }: Site): Hono {
  const routes = new Hono();
  // Whoever asks need not know where the model lies; the log says what is wrong with it.
  const searchState = async () => {
    const { problem, ...state } = await feed.searchState();
    return problem === undefined ? state : { ...state, problem: 'the model that is set cannot be used' };
  };
  routes.get('/healthz', async (c) => {
    const search = await feed.searchState().catch(() => undefined);
    return c.json({
      status: 'ok',
      search: search?.index ?? 'unknown',
      ...(search?.model && { model: search.model.name }),
    });
  });
  routes.get('/readyz', async (c) => {
    try {
      const [latest] = await feed.days();
      return c.json({ status: 'ok', latestDay: latest?.date ?? null, search: await searchState() });
    } catch (error) {
      log.error({ err: error }, 'not ready');
      return c.json({ status: 'the database does not answer' }, 503);
    }
  });
  return routes;
}
