import { type Context, Hono } from 'hono';
import { ApiError, answerError } from './apiError.js';
import { dailyPage } from './daily.js';
import { dayParameter, integerParameter, queryParameter, refuseUnserved } from './parameters.js';
import type { Site } from './site.js';
import { flatPaper, listItem } from './wire.js';

/** The read API, in the wire format of Hugging Face's papers API, and the health check. */
export function createApi(site: Site): Hono {
  const { feed, results } = site;
  const api = new Hono();
  api.onError(answerError);
  api.notFound((c) => answerError(new ApiError(404, 'NotFound', `no such address: ${c.req.path}`), c));
  api.use('/api/*', async (c, next) => {
    await next();
    c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    c.header('cache-control', 'no-cache');
  });

  api.get('/healthz', async (c) => {
    const [latest] = await feed.days();
    return c.json({ status: 'ok', latestDay: latest?.date ?? null, search: 'full-text' });
  });

  api.get('/api/daily_papers', async (c) => {
    refuseUnserved(c, { week: [], month: [], submitter: [], sort: ['publishedAt'] });
    const limit = integerParameter(c, 'limit', { least: 1, most: 100, otherwise: 50 });
    const page = integerParameter(c, 'p', { least: 0, most: 1_000_000, otherwise: 0 });
    const { papers, more } = await dailyPage(feed, { date: dayParameter(c, 'date'), page, limit });
    if (more) c.header('link', `<${nextPage(c, page)}>; rel="next"`);
    return c.json(await Promise.all(papers.map((paper) => listItem(site, paper, c.req.url))));
  });

  api.get('/api/papers/search', async (c) => {
    const limit = integerParameter(c, 'limit', { least: 1, most: 120, otherwise: 120 });
    const { hits } = await feed.search(queryParameter(c, 'q', 250), { limit });
    return c.json(await Promise.all(hits.map(({ paper }) => listItem(site, paper, c.req.url))));
  });

  // Old arXiv ids have a slash, and whatever is asked for gets the same kind of answer.
  api.get('/api/papers/:id{[^]+}', async (c) => {
    const id = c.req.param('id');
    const paper = await feed.paper(id);
    if (!paper) throw new ApiError(404, 'PaperNotFound', `paper ${id}: not found`);
    return c.json(await flatPaper(site, paper, c.req.url));
  });

  api.get('/api/results/:slug', async (c) => {
    const slug = c.req.param('slug');
    const recorded = await results.of(slug);
    if (!recorded) throw new ApiError(404, 'ResultsNotFound', `results of ${slug}: none recorded`);
    return c.json(recorded);
  });
  return api;
}

function nextPage(c: Context, page: number): string {
  const url = new URL(c.req.url);
  url.searchParams.set('p', String(page + 1));
  return url.pathname + url.search;
}
