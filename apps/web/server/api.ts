import { Hono } from 'hono';
import { etag } from 'hono/etag';
import Negotiator from 'negotiator';
import { ApiError, answerError } from './apiError.js';
import { limitRate, type RateLimit } from './rateLimit.js';
import { dailyRoutes } from './routes/daily.js';
import { answerData } from './routes/data.js';
import { previewRoutes, unsubscribeRoutes } from './routes/digest.js';
import { documentRoutes } from './routes/documents.js';
import { healthRoutes } from './routes/health.js';
import { paperRoutes } from './routes/papers.js';
import { peopleRoutes } from './routes/people.js';
import { pictureRoutes } from './routes/pictures.js';
import { resultRoutes } from './routes/results.js';
import { syndicationRoutes } from './routes/syndication.js';
import type { Site } from './site.js';

/** Everything that is no page: the papers API in Hugging Face's wire format, feeds, documents, pictures, data and health. */
export function createApi(site: Site, rateLimit: RateLimit): Hono {
  const api = new Hono();
  const { log } = site;
  api.onError((error, c) => answerError(error, c, log));
  api.notFound((c) => answerError(new ApiError(404, 'NotFound', `no such address: ${c.req.path}`), c, log));
  api.use('*', async (c, next) => {
    await next();
    if (!c.res.headers.has('content-security-policy'))
      c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-cache');
  });
  api.get('/data/:name', (c) => answerData(c, log));
  api.route('/', healthRoutes(site));
  // Mail providers ask for many readers from few addresses; tokens cannot be guessed.
  api.route('/', unsubscribeRoutes(site));
  api.use('*', limitRate(rateLimit));
  api.use('*', etag({ weak: true }));
  for (const routes of [
    dailyRoutes,
    peopleRoutes,
    paperRoutes,
    resultRoutes,
    syndicationRoutes,
    pictureRoutes,
    documentRoutes,
    previewRoutes,
  ]) {
    api.route('/', routes(site));
  }
  return api;
}

const apiPaths =
  /^\/(?:api(?:\/|$)|data\/|digest\/|feeds\/|u\/|pictures\/|healthz$|readyz$|llms\.txt$|robots\.txt$|sitemap(?:-\d+)?\.xml$)/;

/** Whether a request is answered here; everything else is a page or an asset. Papers are here as markdown. */
export function isApiRequest(url: string, accept: string | undefined): boolean {
  const path = url.replace(/\?.*/s, '');
  if (!path.startsWith('/papers/')) return apiPaths.test(path);
  return path.endsWith('.md') || prefersMarkdown(accept ?? '*/*');
}

/** Whether an `Accept` header wants markdown rather than a page, as those of agents do and those of browsers do not. */
const prefersMarkdown = (accept: string): boolean =>
  new Negotiator({ headers: { accept } }).mediaType(['text/html', 'text/markdown']) === 'text/markdown';
