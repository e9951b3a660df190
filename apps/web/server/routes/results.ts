import { Hono } from 'hono';
import { ApiError } from '../apiError.js';
import type { Site } from '../site.js';

/** `/api/results/{slug}`: what was recorded of a paper's experiment. */
export function resultRoutes({ results }: Site): Hono {
  const routes = new Hono();
  routes.get('/api/results/:slug', async (c) => {
    const slug = c.req.param('slug');
    const recorded = await results.of(slug);
    if (!recorded) throw new ApiError(404, 'ResultsNotFound', `results of ${slug}: none recorded`);
    return c.json(recorded);
  });
  return routes;
}
